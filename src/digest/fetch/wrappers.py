"""Sees through pages that only send a reader on: instant meta refreshes, and links that carry their target."""

from __future__ import annotations

import html
import re
from typing import Final
from urllib.parse import parse_qs, urlsplit

MAX_PAGE: Final = 64 * 1024  # bytes; a page that is larger has something to say itself
_REFRESH: Final = re.compile(rb"""<meta\s[^<>]{0,200}?http-equiv\s*=\s*["']?refresh\b[^<>]{0,2000}>""", re.IGNORECASE)
_CONTENT: Final = re.compile(
    r"""content\s*=\s*(["'])\s*0*[0-3](?:\.\d+)?\s*[;,]\s*(?:url\s*=\s*)?['"]?(?P<url>[^"'<>]{1,2000}?)['"]?\s*\1""",
    re.IGNORECASE,
)
# Hosts whose links name the article in a parameter, and the parameter.
_CARRIERS: Final = {
    "www.google.com/url": ("url", "q"),
    "news.google.com/news/url": ("url",),
    "www.bing.com/news/apiclick.aspx": ("url",),
    "l.facebook.com/l.php": ("u",),
    "lm.facebook.com/l.php": ("u",),
    "r.search.yahoo.com": ("ru",),
    "t.umblr.com/redirect": ("z",),
    "slack-redir.net/link": ("url",),
    "out.reddit.com": ("url",),
}


def carried(url: str) -> str:
    """The address that a link carries within itself, else the link: saves asking a wrapper that only counts clicks."""
    try:
        parts = urlsplit(url)
        names = _CARRIERS.get(f"{parts.hostname}{parts.path.rstrip('/')}", ())
        query = parse_qs(parts.query)
    except ValueError:
        return url
    for name in names:
        target = query.get(name, [""])[0]
        if target.startswith(("http://", "https://")):
            return target
    return url


def refresh(body: bytes) -> str | None:
    """Where a page sends its reader at once by a meta element (HTML, 4.2.5.3); None when it stays."""
    if len(body) > MAX_PAGE or not (element := _REFRESH.search(body)):
        return None
    content = _CONTENT.search(element[0].decode("utf-8", "replace"))
    return html.unescape(content["url"]).strip() if content else None
