"""Tells what a body is, and reads it if it is a feed of any kind."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from digest.errors import ParseError
from digest.feeds import charsets, discovery, identity, jsonfeed
from digest.feeds.plaintext import one_line
from digest.model import FeedDocument

_FEED_ROOTS: Final = frozenset({"rss", "feed", "rdf", "channel"})
_OTHER_ROOTS: Final = frozenset({"entry", "item", "error", "response", "svg", "envelope", "sitemap"})
_FEED_START: Final = re.compile(r"<(?:rss|feed|rdf:rdf|(?:atom|a):feed)\b", re.IGNORECASE)
_TAG_NAME: Final = re.compile(r"<([A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)")
_JUNK_BEFORE: Final = 65536


def parse(
    body: bytes, headers: Mapping[str, str], url: str, *, now: datetime | None = None, others: int = 0
) -> FeedDocument:
    """The feed in `body`: RSS, RDF, Atom or JSON Feed, well-formed or not; entries carry their keys.

    `headers` are the response's, names in lower case; `url` is the one that answered, against which links are
    resolved. Dates more than two days after `now` (without one, the response's Date) are not believed. `others`: how
    many entries at other links were taken out of the body. Raises ParseError, saying what the body is instead and
    what mends it; nothing else.
    """
    from digest.feeds import syndication  # brings feedparser: only the workers need it

    text, complaint = feed_text(body, headers, url)
    read = jsonfeed.read if is_json(text) else syndication.read
    document = read(text, headers, url, now or _server_time(headers))
    del text  # it may be long, and what comes now takes memory of its own
    said = [each for each in (complaint, document.complaint) if each]
    entries = identity.with_keys(document.entries, others=others)
    return replace(document, entries=entries, complaint="; ".join(said) or None)


def feed_text(body: bytes, headers: Mapping[str, str], url: str) -> tuple[str, str | None]:
    """The text of the feed in `body` from where it begins, and what was forgiven in its charset.

    Raises ParseError when the body is something else.
    """
    text, complaint = charsets.decode(body, headers.get("content-type", ""))
    text = text.lstrip("\ufeff\0 \t\r\n")
    if not text:
        raise ParseError("the answer is empty; if this stays so, look for the feed's new address")
    return (text if is_json(text) else _from_root(text, body, headers, url)), complaint


def is_json(text: str) -> bool:
    """Whether the text of a feed is JSON's rather than XML's."""
    return text[0] in "{["


def _server_time(headers: Mapping[str, str]) -> datetime | None:
    try:
        return parsedate_to_datetime(headers["date"]).astimezone(UTC)
    except (KeyError, ValueError, TypeError, OverflowError):
        return None


def _from_root(text: str, body: bytes, headers: Mapping[str, str], url: str) -> str:
    """The text from where the feed begins; raises ParseError when it is something else."""
    name = _root(text)
    if name not in _FEED_ROOTS:
        if name == "html" or re.match(r"<!doctype html", text, re.IGNORECASE):
            raise ParseError(_is_html(body, headers, url))
        # PHP warnings and the like before the feed.
        start = _FEED_START.search(text, 0, _JUNK_BEFORE)
        if not start:
            raise ParseError(_is_not_a_feed(name, text, body, headers, url))
        text = text[start.start() :]
    return text


def _root(text: str) -> str:
    """The name of the first element in lower case, without its prefix; empty when there is none."""
    position = 0
    for _ in range(1000):
        while position < len(text) and text[position].isspace():
            position += 1
        closing = next(
            (end for start, end in (("<?", "?>"), ("<!--", "-->")) if text.startswith(start, position)), None
        )
        if closing is None and text.startswith("<!", position):
            subset, end = text.find("[", position), text.find(">", position)
            closing = "]>" if 0 <= subset < end else ">"
        if closing is None:
            break
        end = text.find(closing, position)
        if end < 0:
            return ""
        position = end + len(closing)
    match = _TAG_NAME.match(text, position)
    return match[2].lower() if match else ""


def _is_html(body: bytes, headers: Mapping[str, str], url: str) -> str:
    found = discovery.discover(body, url, headers.get("content-type", ""))
    if found:
        return f"this is an HTML page, not a feed; it points to the feed {found[0][0]}"
    return "this is an HTML page, not a feed; it points to none: try `digest feeds discover` with the site's address"


def _is_not_a_feed(name: str, text: str, body: bytes, headers: Mapping[str, str], url: str) -> str:
    if body.startswith(b"%PDF-"):
        return "this is a PDF document, not a feed"
    if body[:2] in (b"\x1f\x8b", b"PK") or body[:4] in (b"\x89PNG", b"GIF8", b"\xff\xd8\xff\xe0"):
        return "this is a compressed or binary file, not a feed"
    if name in ("urlset", "sitemapindex"):
        return "this is a sitemap, not a feed; look for the site's feed with `digest feeds discover`"
    if name == "opml":
        return "this is a list of feeds (OPML), not a feed; read it with `digest feeds import`"
    if name and (text.startswith("<?xml") or name in _OTHER_ROOTS):
        return f"this is XML with the root <{name}>, not a feed"
    if name:
        return _is_html(body, headers, url)
    return f"this is text, not a feed; it begins with “{one_line(text[:200])[:60]}”"
