"""Sees through what only sends a reader on: links that carry their target, meta refreshes, interstitial pages.

docs/decisions/105-wrappers.md gives the reasons.
"""

from __future__ import annotations

import html
import re
from base64 import urlsafe_b64decode
from binascii import Error as BadBase64
from typing import Final
from urllib.parse import parse_qs, parse_qsl, urljoin, urlsplit

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
    "consent.google.com/ml": ("continue",),
    "consent.google.com/m": ("continue",),
    "consent.youtube.com/m": ("continue",),
}
_NEWS_ID: Final = re.compile(r"/(?:rss/)?(?:articles|read)/([\w-]{20,2000})")  # of news.google.com
_AMP_VIEWER: Final = re.compile(r"https?://(?:www\.)?google\.[a-z.]{2,6}/amp/(s/)?([^/]+\.[^/]+/.*)", re.IGNORECASE)

MAX_WORDS: Final = 600  # characters of text on a page that only sends on
MAX_TELLING: Final = 200  # of one whose words say so: longer texts may tell of somebody who was redirected
MAX_SCRIPTED: Final = 4096  # bytes of a page whose script is believed: larger ones have scripts for many cases
_HIDING: Final = re.compile(r"<(script|style|noscript)\b|<!--")
_TAG: Final = re.compile(r"<[^<>]{0,3000}>")
_LINK: Final = re.compile(r"""<a\s[^<>]{0,500}?href\s*=\s*["']?([^"'<>\s]{1,2000})""", re.IGNORECASE)
_SCRIPTED: Final = re.compile(
    r"""location(?:\.href)?(?:\s*=\s*|\.(?:replace|assign)\s*\(\s*)["']([^"'<>\s]{1,2000})["']""", re.IGNORECASE
)
_SENDING: Final = re.compile(
    r"redirect|click here|continue to|you are leaving|leaving this site|weiterleit|weiter zu|redirection|vous quittez|"
    r"rediri[gj]|이동(?:합니다|하시|중)|移動します|リダイレクト|跳转|переход",
    re.IGNORECASE,
)


def carried(url: str) -> str:
    """The address that a link carries within itself, else the link: saves asking a wrapper that only counts clicks."""
    for _ in range(3):  # a consent page's link carries one to a news wrapper, which carries the article's
        inner = _carried_once(url)
        if inner == url:
            break
        url = inner
    return url


def _carried_once(url: str) -> str:
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
    if parts.hostname == "news.google.com" and (match := _NEWS_ID.fullmatch(parts.path)):
        return _within_news_id(match[1]) or url
    if match := _AMP_VIEWER.fullmatch(url):
        return f"http{'s' if match[1] else ''}://{match[2]}"
    return url


def _within_news_id(news_id: str) -> str | None:
    """The address in an id of Google News, None for the newer ids that are only looked up by its servers.

    The id is base64 of a protocol buffer whose field 4 is text: byte 0x22, its length as a varint, the text.
    """
    try:
        raw = urlsafe_b64decode(news_id + "=" * (-len(news_id) % 4))
    except (BadBase64, ValueError):
        return None
    start = raw.find(b'"', 0, 8) + 1
    if not start or start >= len(raw):
        return None
    length, shift = 0, 0
    for position in range(start, min(start + 3, len(raw))):
        length |= (raw[position] & 0x7F) << shift
        shift += 7
        if raw[position] < 0x80:
            text = raw[position + 1 : position + 1 + length]
            whole = len(text) == length and text.startswith((b"http://", b"https://")) and text.isascii()
            return text.decode("ascii") if whole else None
    return None


def onward(body: bytes, url: str) -> str | None:
    """Where the page at `url` sends its reader, None when it is the document itself."""
    return refresh(body) or _interstitial(body, url)


def _interstitial(body: bytes, url: str) -> str | None:
    """The only place that a page with hardly a word leads to, where something else says that it leads there too.

    A short notice with one link is an article as well. So a second witness is asked for: the page's own address has the
    target as a parameter, its script goes there, or its words say that it sends on.
    """
    if len(body) > MAX_PAGE:
        return None
    text = body.decode("utf-8", "replace")
    scripted = {_absolute(each.replace("\\/", "/"), url) for each in _SCRIPTED.findall(text)}
    words = " ".join(html.unescape(_TAG.sub(" ", _seen(text.lower()))).split())
    if len(words) > MAX_WORDS:
        return None
    here = urlsplit(url).hostname
    linked = {_absolute(html.unescape(each), url) for each in _LINK.findall(text)}
    away = {each for each in linked | scripted if each and urlsplit(each).hostname != here}
    if len(away) != 1:
        return None
    target = away.pop()
    asked = any(value.rstrip("/") == target.rstrip("/") for _, value in parse_qsl(urlsplit(url).query))
    told = target in scripted and len(body) <= MAX_SCRIPTED
    said = len(words) <= MAX_TELLING and _SENDING.search(words)
    return target if asked or told or said else None


def _seen(text: str) -> str:
    """What of a page in lower case is not within scripts, styles and comments. Linear, whatever the page."""
    seen, position = [], 0
    while start := _HIDING.search(text, position):
        seen.append(text[position : start.start()])
        close = f"</{start[1]}" if start[1] else "-->"
        end = text.find(close, start.end())
        position = len(text) if end < 0 else end + len(close)
    return " ".join([*seen, text[position:]])


def _absolute(link: str, base: str) -> str | None:
    try:
        target = urljoin(base, link.strip())
        return target if urlsplit(target).scheme in ("http", "https") and urlsplit(target).hostname else None
    except ValueError:
        return None


def refresh(body: bytes) -> str | None:
    """Where a page sends its reader at once by a meta element (HTML, 4.2.5.3); None when it stays."""
    if len(body) > MAX_PAGE or not (element := _REFRESH.search(body)):
        return None
    content = _CONTENT.search(element[0].decode("utf-8", "replace"))
    return html.unescape(content["url"]).strip() if content else None
