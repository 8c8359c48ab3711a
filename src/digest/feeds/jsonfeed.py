"""Reads JSON Feed, versions 1 and 1.1 (jsonfeed.org)."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from digest.errors import ParseError
from digest.feeds import dates, hints, wording
from digest.feeds.plaintext import MAX_CHARS, one_line
from digest.model import Enclosure, Entry, FeedDocument
from digest.model.packed import packed


def read(text: str, headers: Mapping[str, str], url: str, now: datetime | None) -> FeedDocument:
    """The document in `text`; raises ParseError when it is not JSON, or JSON but no feed."""
    try:
        feed = json.loads(text, strict=False)  # line breaks in strings are the commonest breach
    except (ValueError, RecursionError) as error:
        raise ParseError(f"this is JSON that breaks off or is malformed ({error})") from error
    if not isinstance(feed, dict) or not isinstance(feed.get("items"), list):
        raise ParseError("this is JSON but no JSON Feed: it has no list of items; ask the site for its feed's address")
    language = wording.language(_text(feed, "language") or headers.get("content-language"))
    zone = dates.local_zone(language)
    shared = _authors(feed)
    items = [item for item in feed["items"] if isinstance(item, dict)]
    hubs = [hub for hub in _list(feed, "hubs") if _text(hub, "type").lower() in ("websub", "pubsubhubbub")]
    announced = hints.link_relations(headers.get("link", ""))
    return FeedDocument(
        title=one_line(_text(feed, "title")),
        site_url=wording.link(_text(feed, "home_page_url"), url),
        language=language,
        entries=packed(_entry(item, url, zone, now, language, shared) for item in items),
        hints=hints.hints(
            hub=wording.link(next((_text(hub, "url") for hub in hubs), announced.get("hub")), url),
            self_url=wording.link(_text(feed, "feed_url") or announced.get("self"), url),
        ),
        complaint=None if "jsonfeed.org/version/" in _text(feed, "version") else "it names no version of JSON Feed",
    )


def _entry(
    item: dict[str, Any], url: str, zone: timezone, now: datetime | None, language: str | None, shared: tuple[str, ...]
) -> Entry:
    guid = _text(item, "id")
    plain = html.escape(_text(item, "content_text"), quote=False).replace("\n", "<br>\n")
    permalink = guid if guid.startswith(("http://", "https://")) else ""
    return Entry(
        guid=guid or None,
        url=wording.link(_text(item, "url") or _text(item, "external_url") or permalink, url),
        title=one_line(_text(item, "title")),
        summary=html.escape(_text(item, "summary"), quote=False)[:MAX_CHARS],
        content=(_text(item, "content_html") or plain)[:MAX_CHARS],
        authors=_authors(item) or shared,
        published=dates.read(_text(item, "date_published"), zone=zone, now=now),
        updated=dates.read(_text(item, "date_modified"), zone=zone, now=now),
        language=wording.language(_text(item, "language")) or language,
        enclosures=tuple(
            Enclosure(
                target,
                _text(each, "mime_type") or None,
                size if isinstance(size := each.get("size_in_bytes"), int) else None,
            )
            for each in _list(item, "attachments")
            if (target := wording.link(_text(each, "url"), url))
        )
        + tuple(
            Enclosure(target, "image/*")
            for key in ("image", "banner_image")
            if (target := wording.link(_text(item, key), url))
        ),
    )


def _text(context: dict[str, Any], name: str) -> str:
    """A member as text; numbers too, for ids that are written as numbers (which readers must accept)."""
    value = context.get(name)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    return value.encode("utf-8", "replace").decode("utf-8").strip() if isinstance(value, str) else ""


def _list(context: dict[str, Any], name: str) -> list[dict[str, Any]]:
    value = context.get(name)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _authors(context: dict[str, Any]) -> tuple[str, ...]:
    author = context.get("author")  # version 1
    stated = _list(context, "authors") or ([author] if isinstance(author, dict) else [])
    return wording.authors(_text(each, "name") for each in stated)
