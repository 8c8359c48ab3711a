"""Dates an article: what feed and page declare, what the page shows, and a guess where it does neither."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import lxml.html

from digest.extract.declared import Declared, texts
from digest.model import FeedClaims

_PUBLISHED_METAS = """
    article:published_time datepublished parsely-pub-date og:published_time article:published dc.date.issued
    dcterms.created dcterms.issued citation_publication_date citation_date sailthru.date pubdate publishdate
    publish-date publish_date publication_date cxenseparse:recs:publishtime date dc.date dcterms.date
    last-published originalpublicationdate article.published rnews:datepublished
"""
_PUBLISHED = tuple(_PUBLISHED_METAS.split())
_MODIFIED = (
    "article:modified_time",
    "datemodified",
    "og:updated_time",
    "last-modified",
    "dcterms.modified",
    "lastmod",
    "revised",
)
_ISO_DAY = re.compile(r"(?<!\d)((?:19|20)\d\d)[-/.年](\d{1,2})[-/.月](\d{1,2})(?!\d)")
_EUROPEAN_DAY = re.compile(r"(?<!\d)(\d{1,2})\.\s?(\d{1,2})\.\s?((?:19|20)\d\d)(?!\d)")
_SAME = timedelta(minutes=1)
_EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)


def published(declared: Declared, claims: FeedClaims, tree: lxml.html.HtmlElement, url: str) -> datetime | None:
    """When it was first published: by the feed, by JSON-LD, by meta and time elements, by htmldate's guess.

    In the publisher's own zone, so that its day is the one that readers see; a feed's moment is put into the zone
    in which the page gives the same moment. Only the day known: 00:00 UTC. `tree` is read, not changed.
    """
    article = declared.article
    stated = [
        *texts(article.get("datePublished")),
        *texts(article.get("dateCreated")),
        *texts(article.get("uploadDate")),
    ]
    stated += [value for name in _PUBLISHED for value in declared.metas.get(name, ())[:1]]
    shown = _time_elements(tree)
    found = claims.published or _first(stated) or _first(shown)
    if found is not None:
        return _in_its_zone(found, (*stated, *shown))
    found = _first(value for node in declared.nodes for value in texts(node.get("datePublished")))
    if found is None:
        from htmldate import find_date  # only where pages are read: see body.core

        guess = find_date(tree, original_date=True, extensive_search=True, url=url or None)
        found = parse(guess) if guess else None
    return found


def modified(declared: Declared) -> datetime | None:
    """When the page says that it was last changed, in the publisher's own zone."""
    stated = [
        *texts(declared.article.get("dateModified")),
        *(value for name in _MODIFIED for value in declared.metas.get(name, ())[:1]),
    ]
    return _first(stated)


def parse(text: str) -> datetime | None:
    """A moment from what publishers write into machine-readable dates, in their own zone; None when it is none.

    Midnight in the publisher's own zone says that only the day is known.
    """
    text = text.strip()
    moment: datetime | None = None
    try:
        moment = datetime.fromisoformat(re.sub(r"\s+(?=[+-]\d\d:?\d\d$)", "", text.replace(" UTC", "+00:00")))
    except ValueError:
        if match := re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:?\d\d)?", text):
            try:
                moment = datetime.fromisoformat(match[0])
            except ValueError:
                moment = None
        elif re.match(r"(?:\w{3,9},?\s+)?\d{1,2}\s\w{3,9}\s\d{4}", text):
            try:
                moment = parsedate_to_datetime(text)
            except (ValueError, IndexError):
                moment = None
    if moment is None:
        moment = _day(text)
    if moment is None:
        return None
    if (moment.hour, moment.minute, moment.second) == (0, 0, 0):
        moment = moment.replace(tzinfo=UTC)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.replace(microsecond=0) if moment >= _EARLIEST else None


def _day(text: str) -> datetime | None:
    match = _ISO_DAY.search(text)
    parts = (match[1], match[2], match[3]) if match else None
    if parts is None and (match := _EUROPEAN_DAY.search(text)):
        parts = (match[3], match[2], match[1])
    if parts is None:
        return None
    try:
        return datetime(int(parts[0]), int(parts[1]), int(parts[2]), tzinfo=UTC)
    except ValueError:
        return None


def _in_its_zone(moment: datetime, stated: Iterable[str]) -> datetime:
    """The moment in the zone of another statement of it: what is declared in UTC is often shown in local time."""
    same = (parse(text) for text in stated) if moment.utcoffset() == timedelta(0) else ()
    return next((other for other in same if other and other.utcoffset() and abs(other - moment) < _SAME), moment)


def _first(stated: Iterable[str]) -> datetime | None:
    return next((moment for text in stated if (moment := parse(text))), None)


def _time_elements(tree: lxml.html.HtmlElement) -> list[str]:
    """The values of time elements: those marked as publication first, else the first of the page."""
    elements = [element for element in tree.iter("time") if element.get("datetime")][:30]
    marked = [
        element
        for element in elements
        if element.get("pubdate") is not None
        or re.search(
            r"(?i)publi|entry-date|posted|created", f"{element.get('itemprop', '')} {element.get('class', '')}"
        )
    ]
    itemprops = [
        element.get("content") or element.get("datetime") or element.text or ""
        for element in tree.xpath("//*[@itemprop='datePublished']")[:3]
    ]
    return [*itemprops, *(element.get("datetime", "") for element in marked or elements[:1])]
