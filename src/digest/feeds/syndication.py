"""Reads RSS, RDF and Atom: from feedparser's dictionaries to our values."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from feedparser.mixin import _FeedParserMixin

from digest.errors import ParseError
from digest.feeds import dates, handlers, hints, wording
from digest.feeds.plaintext import MAX_CHARS, one_line, title
from digest.model import Enclosure, Entry, FeedDocument
from digest.model.packed import packed


def read(text: str, headers: Mapping[str, str], url: str, now: datetime | None) -> FeedDocument:
    """The document in `text`, well-formed or not; raises ParseError when nothing in it is a feed."""
    parser, complaint = handlers.parsed(text, url, headers.get("content-language"))
    if getattr(parser, "inentry", 0) and parser.entries:
        # The document breaks off within its last entry: half an entry may carry half a guid.
        parser.entries.pop()
    if not parser.version and not parser.entries and not parser.feeddata.get("title"):
        raise ParseError(f"this is XML but no feed that can be read{f' ({complaint})' if complaint else ''}")
    return _document(parser, headers, url, complaint, now)


def _document(
    parser: Any, headers: Mapping[str, str], url: str, complaint: str | None, now: datetime | None
) -> FeedDocument:
    feed = parser.feeddata
    language = wording.language(feed.get("language") or headers.get("content-language"))
    atom = parser.version.startswith("atom")
    shared = _authors(feed) if atom else ()  # Atom, 4.2.1: the feed's author is every entry's
    zone = dates.local_zone(language)
    entries = packed(_entry(_plain(entry), url, zone, now, language, shared) for entry in parser.every_entry())
    related = {str(each.get("rel")): each.get("href") for each in reversed(feed.get("links") or [])}
    announced = hints.link_relations(headers.get("link", ""))
    return FeedDocument(
        title=_title(feed),
        site_url=wording.link(feed.get("link"), url),
        language=language,
        entries=entries,
        hints=hints.hints(
            ttl=_text(feed, "ttl"),
            period=_text(feed, "sy_updateperiod"),
            frequency=_text(feed, "sy_updatefrequency"),
            hours=parser.hours,
            days=parser.days,
            hub=wording.link(related.get("hub") or announced.get("hub"), url),
            self_url=wording.link(related.get("self") or announced.get("self"), url),
        ),
        complaint=complaint,
    )


def _plain(entry: Any) -> dict[str, Any]:
    """What feedparser noted, as plain dicts: its own look twice at every key, for older names of it."""
    return {**entry, "links": [{**link} for link in entry.get("links") or []]}


def _entry(
    entry: Any, url: str, zone: timezone, now: datetime | None, feed_language: str | None, shared: tuple[str, ...]
) -> Entry:
    summary, content = (body[:MAX_CHARS] for body in _bodies(entry))
    language = _language(entry, feed_language)
    return Entry(
        guid=_text(entry, "id") or None,
        url=_url(entry, url, language),
        title=_title(entry),
        summary=summary,
        content=content,
        authors=_authors(entry) or shared,
        published=_date(entry, ("published", "created", "updated"), zone, now),
        updated=_date(entry, ("updated",), zone, now),
        language=language,
        enclosures=(*_enclosures(entry, url), *_pictures(entry, url)),
    )


def _text(context: Any, name: str) -> str:
    value = dict.get(context, name)  # feedparser's own get() answers `updated` with `published`
    return value.strip() if isinstance(value, str) else ""


def _language(entry: Any, feed_language: str | None) -> str | None:
    """The tag that the entry, else its body or title, sets against the feed's."""
    details = [*(entry.get("content") or []), entry.get("summary_detail") or {}, entry.get("title_detail") or {}]
    stated = dict.fromkeys((_text(entry, "language"), *(each.get("language") for each in details)))
    tags = (wording.language(each) for each in stated if each)
    return next((tag for tag in tags if tag and tag != feed_language), feed_language)


def _title(context: Any) -> str:
    kind = (context.get("title_detail") or {}).get("type")
    own = title(_text(context, "title"), markup=kind in _FeedParserMixin.html_types)
    return own or title(_text(context, "media_title"), markup=False)


def _url(entry: Any, base: str, language: str | None) -> str | None:
    for named in (_text(entry, "feedburner_origlink"), _own_link(entry, language)):
        if found := wording.link(named, base):
            return found
    for each in entry["links"]:
        if each.get("rel") == "alternate" and (found := wording.link(each.get("href"), base)):
            return found
    guid = _text(entry, "id")
    # A guid is a link only when it says so and looks like one: many are bare numbers.
    return wording.link(guid, base) if entry.get("permalink") and re.match(r"https?://", guid, re.IGNORECASE) else None


def _own_link(entry: Any, language: str | None) -> str:
    """feedparser's link, the last one to a page; but none to a translation (Atom, 4.2.7.4) beside the entry's own."""
    link = _text(entry, "link")
    pages = [
        each
        for each in entry["links"]
        if each.get("rel") == "alternate" and each.get("type") in _FeedParserMixin.html_types
    ]
    if not any(each.get("hreflang") and each.get("href") == link for each in pages):
        return link
    spoken = (language or "").lower().partition("-")[0]
    own = [each for each in pages if (each.get("hreflang") or spoken).lower().partition("-")[0] == spoken]
    return str(own[-1].get("href") or "") if own else link


def _bodies(entry: Any) -> tuple[str, str]:
    """Summary and content as HTML, the fuller one as content; what stands in both is content only."""
    bodies = entry.get("content") or []
    said, texts = _text(entry, "summary"), [_text(each, "value") for each in bodies]
    summary = _markup(said, entry.get("summary_detail") or {})
    content = max(map(_markup, texts, bodies), key=len, default="")
    if not summary or said in texts:
        return ("", content) if content else (_aside(entry), "")
    return (content, summary) if content and len(summary) > len(content) else (summary, content)


def _aside(entry: Any) -> str:
    """What describes the entry where it has no text of its own."""
    described = _text(entry, "itunes_summary") or _text(entry, "media_description")
    return _markup(described, {"type": "text/plain"}) if described else ""


def _markup(text: str, detail: Any) -> str:
    return html.escape(text, quote=False).replace("\n", "<br>\n") if detail.get("type") == "text/plain" else text


def _authors(context: Any) -> tuple[str, ...]:
    return wording.authors(str(each.get("name") or "") for each in context.get("authors") or [])


def _date(entry: Any, names: tuple[str, ...], zone: timezone, now: datetime | None) -> datetime | None:
    for name in names:
        if (instant := dates.read(_text(entry, name), zone=zone, now=now)) is not None:
            return instant
    return None


def _pictures(entry: Any, base: str) -> tuple[Enclosure, ...]:
    """What Media RSS calls a picture or a thumbnail, the largest first as far as their widths are told."""
    named = [each for each in entry.get("media_content") or [] if _is_picture(each)]
    named += entry.get("media_thumbnail") or []
    named.sort(key=lambda each: -_pixels(each.get("width")))
    kinds = {
        target: kind if (kind := one_line(str(each.get("type") or ""))).startswith("image/") else "image/*"
        for each in named
        if (target := wording.link(each.get("url"), base))
    }
    return tuple(Enclosure(url, kind) for url, kind in kinds.items())


def _pixels(claimed: Any) -> int:
    return int(claimed) if re.fullmatch(r"[0-9]{1,5}", str(claimed or ""), re.ASCII) else 0


def _is_picture(content: Any) -> bool:
    return content.get("medium") == "image" or str(content.get("type") or "").startswith("image/")


def _enclosures(entry: Any, base: str) -> tuple[Enclosure, ...]:
    found = []
    for each in entry["links"]:
        if each.get("rel") == "enclosure" and (target := wording.link(each.get("href"), base)):
            length = str(each.get("length") or "").strip()
            found.append(
                Enclosure(
                    url=target,
                    type=kind if (kind := one_line(str(each.get("type") or ""))) not in ("", "text/html") else None,
                    length=int(length) if length.isascii() and length.isdecimal() and len(length) < 16 else None,
                )
            )
    return tuple(found)
