"""Finds the feeds that a web page points to."""

from __future__ import annotations

from typing import Final
from urllib.parse import urljoin, urlsplit

from digest.feeds import charsets, wording
from digest.feeds.plaintext import one_line, tree

TYPES: Final = {
    "application/rss+xml": "RSS",
    "application/atom+xml": "Atom",
    "application/rdf+xml": "RDF",
    "application/feed+json": "JSON Feed",
    "application/json": "JSON Feed",
    "application/xml": "XML",
    "text/xml": "XML",
}
# Where the usual systems put their feeds: WordPress, Ghost, Hugo, Jekyll, Blogger, Korean news systems.
COMMON_PATHS: Final = (
    "/feed",
    "/rss",
    "/rss.xml",
    "/feed.xml",
    "/atom.xml",
    "/index.xml",
    "/feed.json",
    "/feeds/posts/default",
    "/rss/allArticle.xml",
    "/rss/index.xml",
    "/feed/rss",
    "/blog/feed",
    "/news/rss",
    "/en/rss",
)
MAX_HEAD: Final = 1_000_000


def discover(body: bytes, url: str, content_type: str = "") -> list[tuple[str, str, str]]:
    """The feeds that the page announces, as (absolute URL, title, type) in its order; comment feeds come last.

    Feeds in link elements come first, then links in the text that look like feeds. Never raises.
    """
    root = tree(charsets.decode(body[:MAX_HEAD], content_type)[0])
    if root is None:
        return []
    base = next((found for each in root.iter("base") if (found := wording.link(each.get("href"), url))), url)
    announced, linked = [], []
    for each in root.iter("link"):
        kind = TYPES.get((each.get("type") or "").split(";")[0].strip().lower())
        relations = (each.get("rel") or "").lower().split()
        # application/json as an alternate is, since WordPress, more often an API than a feed.
        if (
            kind
            and "alternate" in relations
            and not ("json" in str(each.get("type")) and "wp-json" in str(each.get("href")))
        ):
            announced.append((each.get("href"), each.get("title") or "", kind))
    for each in root.iter("a"):
        path = _path(each.get("href") or "")
        if path.endswith((".rss", "/rss", "/feed", ".atom", "rss.xml", "feed.xml", "atom.xml", "feed.json")):
            linked.append((each.get("href"), "".join(each.itertext()), "unknown"))
    feeds: dict[str, tuple[str, str, str]] = {}
    for href, title, kind in announced + linked:
        if target := wording.link(href, base):
            feeds.setdefault(target, (target, one_line(title), kind))
    return sorted(feeds.values(), key=lambda each: "comment" in (each[0] + each[1]).lower() or "댓글" in each[1])


def _path(href: str) -> str:
    """The path of a URL without its last slash, in lower case; empty for what is no URL."""
    try:
        return urlsplit(href.strip()).path.rstrip("/").lower()
    except ValueError:
        return ""


def usual_places(url: str) -> list[str]:
    """Addresses worth asking when a page announces no feed, the likeliest first."""
    return [urljoin(url, path) for path in COMMON_PATHS]
