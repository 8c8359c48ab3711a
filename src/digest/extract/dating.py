"""Dates an article: what feed and page declare, what the page shows, and a guess where it does neither."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time, timedelta, timezone
from email.utils import parsedate_to_datetime

import lxml.html

from digest.extract import marks
from digest.extract.blocks import Block, key
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
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_ISO_DAY = re.compile(r"(?<!\d)((?:19|20)\d\d)[-/.年년]\s?(\d{1,2})[-/.月월]\s?(\d{1,2})(?!\d)")
_EUROPEAN_DAY = re.compile(r"(?<!\d)(\d{1,2})\.\s?(\d{1,2})\.\s?((?:19|20)\d\d)(?!\d)")
# 28/4/2023 and 4/28/2023 alike: of two numbers up to twelve nobody can tell which is the month.
_NUMBERED_DAY = re.compile(r"(?<![\d/-])(\d{1,2})([/-])(\d{1,2})\2((?:19|20)\d\d)(?!\d)")
# 28. April 2023 · 28 de abril de 2023 · 28 अप्रैल 2023 · April 28th, 2023
_DAY_FIRST = re.compile(
    r"(?<![\d.,])(\d{1,2})(?:\.|st|nd|rd|th|er|º)?\s(?:de\s)?((?:[^\W\d_]|[\u0900-\u0963]){2,12})\.?,?\s(?:del?\s)?"
    r"((?:19|20)\d\d)(?!\d)"
)
_VIETNAMESE_DAY = re.compile(r"(?<!\d)(\d{1,2}) tháng (\d{1,2})(?:,| năm)? ((?:19|20)\d\d)(?!\d)", re.IGNORECASE)
_MONTH_FIRST = re.compile(r"(?<![^\W_])([^\W\d_]{3,10})\.?\s(\d{1,2})(?:st|nd|rd|th)?,?\s((?:19|20)\d\d)(?!\d)")
# How the months begin in English, German, French, Spanish, Portuguese, Italian, Dutch, the languages of the north,
# Polish, Czech, Romanian, Russian, Ukrainian, Greek, Turkish, Indonesian, Arabic, Hebrew and Hindi.
_MONTHS = """
    jan ene gen ian янв січ ιαν oca sty led tam ينا ינו जनव | feb fév fev фев лют φεβ şub lut úno hel فبر פבר
    फरव फ़र | mar mär mrt мар бер μαρ bře maal مار מרץ मार | apr abr avr апр кві απρ nis kwi dub huh أبر ابر
    אפר अप् | may mai maj mag mei май мая тра μαΐ μαϊ kvě tou ماي מאי मई | jun juin iun giu июн чер ιουν haz
    cze čer kes يون יונ जून | jul juil iul lug июл лип ιουλ tem lip črv hei يول יול जुल | aug aoû ago agu авг
    сер αυγ ağu sie srp elo أغس اغس אוג अगस | sep set сен вер σεπ eyl wrz zář syy سبت ספט सित | oct okt out
    ott окт жов οκτ eki paź říj lok أكت اكت אוק अक् | nov noi ноя лис νοε kas lis marr نوف נוב नवं | dec déc
    dez dic des дек гру δεκ ara gru pro jou ديس דצמ दिस
"""
_MONTH = {start: number for number, starts in enumerate(_MONTHS.split("|"), 1) for start in starts.split()}
_SAYS_PUBLISHED = re.compile(
    r"(?i)\W*(?:datum|date|published|written|posted|veröffentlicht|erschienen|erstellt|publié|publicado|pubblicato|"
    r"gepubliceerd|publisert|publicerad|udgivet|opublikowano|yayınlanma|опубликовано)\b"
)
_SAYS_CHANGED = re.compile(
    r"(?i)updat|aktualis|mis à jour|modif|actualizad|atualizad|aggiornat|güncell|oppdatert|uppdatera"
)
_HEADLINES = 5  # headings looked at
_BESIDE = range(-3, 11)  # blocks after the headline among which the date stands
_DATE_LINE = 70  # characters of a line that is about the date, and names the author at most
_NO_ZONE = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?")
_SAME = timedelta(minutes=1)
_ZONE_STEP = timedelta(minutes=30)
_ZONES = timedelta(hours=14)
_EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)
_LATEST = datetime(2080, 1, 1, tzinfo=UTC)  # the year 9999 is somebody's "never", and has no date in every time zone


def published(
    declared: Declared,
    claims: FeedClaims,
    tree: lxml.html.HtmlElement,
    blocks: Sequence[Block],
    title: str,
    url: str,
) -> datetime | None:
    """When it was first published: by feed, JSON-LD, meta and time elements, a visible date, htmldate's guess.

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
    times = _time_elements(tree)
    found = claims.published or _first(stated) or _first(times)
    if found is not None:
        return _in_its_zone(found, (*stated, *times))
    found = _first(value for node in declared.nodes for value in texts(node.get("datePublished")))
    found = found or _visible(blocks, title)
    if found is None:
        from htmldate import find_date  # only where pages are read: see body.core

        guess = find_date(tree, original_date=True, extensive_search=True, url=url or None)
        found = parse(guess) if guess else None
        if found is not None and _is_a_year_only(found, blocks):
            return None
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
    return moment.replace(microsecond=0) if _EARLIEST <= moment < _LATEST else None


def _day(text: str) -> datetime | None:
    match = _ISO_DAY.search(text)
    parts = (match[1], match[2], match[3]) if match else None
    if parts is None and (match := _EUROPEAN_DAY.search(text)):
        parts = (match[3], match[2], match[1])
    if parts is None and (match := _NUMBERED_DAY.search(text)) and max(int(match[1]), int(match[3])) > 12:
        day_first = int(match[1]) > 12
        parts = (match[4], match[3], match[1]) if day_first else (match[4], match[1], match[3])
    if parts is None and (match := _VIETNAMESE_DAY.search(text)):
        parts = (match[3], match[2], match[1])
    if parts is None and (match := _DAY_FIRST.search(text)):
        parts = (match[3], _month(match[2]), match[1])
    if parts is None and (match := _MONTH_FIRST.search(text)):
        parts = (match[3], _month(match[1]), match[2])
    if parts is None:
        return None
    try:
        return datetime(int(parts[0]), int(parts[1]), int(parts[2]), tzinfo=UTC)
    except ValueError:
        return None


def _month(name: str) -> str:
    """The number of a month by its name, "0" when it is none."""
    name = name.lower().removeprefix("ב")  # "in", in Hebrew
    return str(_MONTH.get(name[:4]) or _MONTH.get(name[:3], 0))


def _visible(blocks: Sequence[Block], title: str) -> datetime | None:
    """The day in a line that calls it the publication's, else in a short line just below the headline or above it."""
    lines = [block for block in blocks if len(block.text) < _DATE_LINE and _YEAR.search(block.text)]
    title_key = key(title)
    headlines = [block.number for block in blocks if block.key == title_key]
    headlines += [block.number for block in blocks if block.heading == 1]
    beside = [
        block
        for headline in headlines[:_HEADLINES]
        for block in sorted(lines, key=lambda block: block.number < headline)
        if block.number - headline in _BESIDE and block.link_share < 0.5 and not marks.is_caption(block)
    ]
    named = [block for block in lines if _SAYS_PUBLISHED.match(block.text)]
    return _first_day(block.text for block in (*named, *beside) if not _SAYS_CHANGED.search(block.text[:20]))


def _is_a_year_only(guess: datetime, blocks: Sequence[Block]) -> bool:
    """htmldate makes the first of January of a year without a day, which is mostly that of a copyright notice."""
    if (guess.month, guess.day) != (1, 1):
        return False
    return not any(_day(block.text) == guess for block in blocks if str(guess.year) in block.text)


def _first_day(lines: Iterable[str]) -> datetime | None:
    return next((day for line in lines if (day := _day(line))), None)


def _in_its_zone(moment: datetime, stated: Iterable[str]) -> datetime:
    """The moment in the zone of another statement of it: what is declared in UTC is often shown in local time.

    Local time may lack its zone: then it is told by being so many half hours away.
    """
    if moment.utcoffset() != timedelta(0):
        return moment
    for text in stated:
        if (other := parse(text)) is None:
            continue
        if other.utcoffset() and abs(other - moment) < _SAME:
            return other
        offset = other - moment
        local = _NO_ZONE.fullmatch(text.strip()) and moment.time() != time.min  # midnight: only the day is known
        if local and abs(offset) <= _ZONES and offset % _ZONE_STEP == timedelta(0):
            return moment.astimezone(timezone(offset))
    return moment


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
