"""Reads RSS, RDF and Atom: feedparser's parsers, without its downloads, its sanitiser and its opinions on identity."""

from __future__ import annotations

import html.entities
import io
import re
import xml.sax
import xml.sax.handler
import xml.sax.xmlreader
from collections.abc import Mapping
from datetime import datetime, timezone
from itertools import islice
from typing import Any, Final
from xml.sax.xmlreader import AttributesNSImpl

import feedparser.api
import feedparser.util
from feedparser.mixin import _FeedParserMixin

from digest.errors import ParseError
from digest.feeds import dates, hints, wording
from digest.feeds.doctype import without_doctype
from digest.feeds.plaintext import one_line, title
from digest.model import Enclosure, Entry, FeedDocument

# What feedparser is known to raise on hostile input: bad character references, broken markup, odd namespaces.
_FAILURES: Final = (ValueError, LookupError, TypeError, AttributeError, AssertionError, ArithmeticError, RecursionError)
_MAX_ATTRIBUTES: Final = 200  # of one element
_NAMED_REFERENCE: Final = re.compile(r"&([A-Za-z][A-Za-z0-9]{0,31});")
_BASE: Final = re.compile(r"base\s*=", re.IGNORECASE)
# Characters that XML 1.0 knows not, as such and as references: one of them makes a whole document malformed.
_NOT_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_NOT_XML_REFERENCE: Final = re.compile(
    r"&#(?:0*(?:[0-8]|1[124-9]|2\d|3[01])|x0*(?:[0-8bcef]|1[0-9a-f]|d[89ab][0-9a-f]{2}|fff[ef]));", re.IGNORECASE
)
_XML_ENTITIES: Final = frozenset({"amp", "lt", "gt", "quot", "apos"})
_BARE_AMPERSAND: Final = re.compile(r"&(?!#\d{1,7};|#[xX][0-9a-fA-F]{1,6};|[A-Za-z][A-Za-z0-9]{0,31};)")
_CDATA: Final = "<![CDATA["


class _Content(feedparser.util.FeedParserDict):  # type: ignore[misc]  # feedparser is untyped
    """What feedparser notes of the element it is in: looked at for every piece of text, and copied with every entry.

    None of its keys (`type`, `language`, `base`, `base64`, `mode`, `value`) is one that FeedParserDict renames, and
    none of its values can change: so it may do as a plain dict does, which takes a quarter off a feed's time.
    """

    get = dict.get

    def __deepcopy__(self, _memo: object) -> _Content:
        return _Content(self)


class _Notes:
    """What feedparser drops: every skipped hour and day, and whether a guid claims to be a link.

    Guids stay verbatim: resolved against the answering URL (as feedparser does) a bare number would become another
    guid the day a site moves from http to https.
    """

    can_be_relative_uri = _FeedParserMixin.can_be_relative_uri - {"id"}

    def __init__(self, *args: Any) -> None:
        self.hours: list[str] = []
        self.days: list[str] = []
        super().__init__(*args)
        self.resolve_relative_uris = False
        self.sanitize_html = False
        self.contentparams = _Content()

    def push_content(self: Any, tag: str, attrs: Any, default_type: str, expecting_text: bool) -> None:
        super().push_content(tag, attrs, default_type, expecting_text)  # type: ignore[misc]  # feedparser's, untyped
        self.contentparams = _Content(self.contentparams)

    def resolve_uri(self: Any, uri: str) -> str:
        # An empty link is none, rather than one to the feed itself.
        return str(super().resolve_uri(uri)) if uri.strip() else ""  # type: ignore[misc]  # feedparser's, untyped

    def _end_hour(self: Any) -> None:
        self.hours.append(self.pop("hour") or "")

    def _end_day(self: Any) -> None:
        self.days.append(self.pop("day") or "")

    def _end_guid(self: Any) -> None:
        self.pop("id")
        self._get_context()["permalink"] = bool(self.guidislink)

    _end_id = _end_guid

    # Dates are read by `dates`; feedparser would try nine parsers on each.
    def _end_published(self: Any) -> None:
        self.pop("published")

    _end_issued = _end_pubdate = _end_published

    def _end_updated(self: Any) -> None:
        self.pop("updated")

    _end_modified = _end_lastbuilddate = _end_updated

    def _end_created(self: Any) -> None:
        self.pop("created")

    def _end_author(self: Any) -> None:
        name = self.pop("author") or ""
        self.inauthor = 0
        if name and self._get_context().get("authors"):
            self._get_context()["authors"][-1].setdefault("name", name)

    def _sync_author_detail(self, key: str = "author") -> None:
        """Nothing: it takes a mail address apart wrongly (`x@a.example` leaves `ple`) and in quadratic time."""

    # What media and podcast elements say of a picture or a show is not the entry's own title or text.
    def _start_media_title(self: Any, _: Any) -> None:
        self.push("media_title", 1)

    def _end_media_title(self: Any) -> None:
        self.pop("media_title")

    def _start_media_description(self: Any, _: Any) -> None:
        self.push("media_description", 1)

    def _end_media_description(self: Any) -> None:
        self.pop("media_description")

    def _start_itunes_summary(self: Any, _: Any) -> None:
        self.push("itunes_summary", 1)

    def _end_itunes_summary(self: Any) -> None:
        self.pop("itunes_summary")


class _Strict(_Notes, feedparser.api.StrictFeedParser):  # type: ignore[misc]  # feedparser is untyped
    def startElementNS(self, name: Any, qname: Any, attrs: Any) -> None:  # noqa: N802  # xml.sax names it
        if len(attrs) > _MAX_ATTRIBUTES:
            # xml.sax looks every attribute up by a scan of all: 100,000 of them take minutes.
            kept = dict(islice(attrs.items(), _MAX_ATTRIBUTES))
            attrs = AttributesNSImpl(kept, {each: attrs.getQNameByName(each) for each in kept})
        super().startElementNS(name, qname, attrs)


class _Loose(_Notes, feedparser.api.LooseFeedParser):  # type: ignore[misc]  # feedparser is untyped
    pass


def read(text: str, headers: Mapping[str, str], url: str, now: datetime | None) -> FeedDocument:
    """The document in `text`, well-formed or not; raises ParseError when nothing in it is a feed."""
    parser, complaint = _parsed(without_doctype(text), url, headers.get("content-language"))
    if getattr(parser, "inentry", 0) and parser.entries:
        # The document breaks off within its last entry: half an entry may carry half a guid.
        parser.entries.pop()
    if not parser.version and not parser.entries and not parser.feeddata.get("title"):
        raise ParseError(f"this is XML but no feed that can be read{f' ({complaint})' if complaint else ''}")
    return _document(parser, headers, url, complaint, now)


def _parsed(text_and_entities: tuple[str, dict[str, str]], url: str, language: str | None) -> tuple[Any, str | None]:
    text, entities = text_and_entities
    lang = wording.language(language)
    # Without a base feedparser leaves links as they are (we resolve them) and is a third faster: else it joins
    # the base anew at every tag.
    url = url if _BASE.search(text) else ""
    parser, error = _strictly(text, url, lang)
    if error is None:
        return parser, None
    clean = _NOT_XML_REFERENCE.sub("", _NOT_XML.sub("", text))
    mended = _mended(clean, entities)
    if mended != text:
        parser, still = _strictly(mended, url, lang)
        if still is None:
            return parser, error
    return _loosely(clean, url, lang, entities), error


def _strictly(text: str, url: str, language: str | None) -> tuple[Any, str | None]:
    parser = _Strict(url, language, "utf-8")
    sax = xml.sax.make_parser()  # noqa: S317  # no document type reaches it, so there is no entity to expand
    sax.setFeature(xml.sax.handler.feature_namespaces, True)
    sax.setFeature(xml.sax.handler.feature_external_ges, False)
    sax.setFeature(xml.sax.handler.feature_external_pes, False)
    sax.setContentHandler(parser)
    sax.setErrorHandler(parser)
    source = xml.sax.xmlreader.InputSource()
    source.setEncoding("utf-8")  # stronger than what the XML declaration says: the text is decoded already
    source.setByteStream(io.BytesIO(text.encode("utf-8", "replace")))
    try:
        sax.parse(source)
    except xml.sax.SAXParseException as error:
        return parser, f"line {error.getLineNumber()}: {error.getMessage()}"
    except (xml.sax.SAXException, feedparser.exceptions.UndeclaredNamespace) as error:
        return parser, str(error)
    except _FAILURES as error:
        return parser, f"{type(error).__name__}: {error}"
    return parser, None


def _loosely(text: str, url: str, language: str | None, entities: dict[str, str]) -> Any:
    parser = _Loose(url, language, "utf-8", entities)
    try:
        parser.feed(text)
    except _FAILURES as error:
        if not parser.entries:
            raise ParseError(f"this can't be read as a feed: {type(error).__name__}: {error}") from error
    return parser


def _mended(text: str, entities: Mapping[str, str]) -> str:
    """The text with the two commonest breaches of XML healed: HTML's named entities, and bare ampersands.

    CDATA sections stay as they are: there neither is a breach.
    """

    def resolved(match: re.Match[str]) -> str:
        name = match[1]
        if name in _XML_ENTITIES:
            return f"&{name};"
        plain = entities.get(name) or html.entities.html5.get(f"{name};")
        return "".join(f"&#{ord(char)};" for char in plain) if plain else f"&amp;{match[0][1:]}"

    pieces = []
    for number, piece in enumerate(text.split(_CDATA)):
        data, end, rest = piece.partition("]]>") if number else ("", "", piece)
        if number and not end:
            data, rest = piece, ""
        rest = _BARE_AMPERSAND.sub("&amp;", _NAMED_REFERENCE.sub(resolved, rest))
        pieces.append((_CDATA if number else "") + data + end + rest)
    return "".join(pieces)


# --- from feedparser's dictionaries to our values --------------------------------------------------


def _document(
    parser: Any, headers: Mapping[str, str], url: str, complaint: str | None, now: datetime | None
) -> FeedDocument:
    feed = parser.feeddata
    language = wording.language(feed.get("language") or headers.get("content-language"))
    atom = parser.version.startswith("atom")
    shared = _authors(feed) if atom else ()  # Atom, 4.2.1: the feed's author is every entry's
    zone = dates.local_zone(language)
    entries = tuple(_entry(entry, url, zone, now, language, shared) for entry in parser.entries)
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


def _entry(
    entry: Any, url: str, zone: timezone, now: datetime | None, feed_language: str | None, shared: tuple[str, ...]
) -> Entry:
    summary, content = _bodies(entry)
    return Entry(
        guid=_text(entry, "id") or None,
        url=_url(entry, url),
        title=_title(entry),
        summary=summary,
        content=content,
        authors=_authors(entry) or shared,
        published=_date(entry, ("published", "created", "updated"), zone, now),
        updated=_date(entry, ("updated",), zone, now),
        language=_language(entry, feed_language),
        enclosures=(*_enclosures(entry, url), *_pictures(entry, url)),
    )


def _text(context: Any, name: str) -> str:
    value = dict.get(context, name)  # feedparser's own get() answers `updated` with `published`
    return value.strip() if isinstance(value, str) else ""


def _language(entry: Any, feed_language: str | None) -> str | None:
    """The tag that the entry, else its body or title, sets against the feed's."""
    details = [*(entry.get("content") or []), entry.get("summary_detail") or {}, entry.get("title_detail") or {}]
    stated = [wording.language(each) for each in (_text(entry, "language"), *(d.get("language") for d in details))]
    return next((tag for tag in stated if tag and tag != feed_language), feed_language)


def _title(context: Any) -> str:
    kind = (context.get("title_detail") or {}).get("type")
    own = title(_text(context, "title"), markup=kind in _FeedParserMixin.html_types)
    return own or title(_text(context, "media_title"), markup=False)


def _url(entry: Any, base: str) -> str | None:
    links = [each for each in entry.get("links") or [] if each.get("rel") == "alternate" and each.get("href")]
    candidates = [_text(entry, "feedburner_origlink"), _text(entry, "link"), *(each["href"] for each in links)]
    for candidate in candidates:
        if found := wording.link(candidate, base):
            return found
    guid = _text(entry, "id")
    # A guid is a link only when it says so and looks like one: many are bare numbers.
    return wording.link(guid, base) if entry.get("permalink") and re.match(r"https?://", guid, re.IGNORECASE) else None


def _bodies(entry: Any) -> tuple[str, str]:
    """Summary and content as HTML, the fuller one as content; what stands in both is content only."""
    bodies = entry.get("content") or []
    summary = _markup(_text(entry, "summary"), entry.get("summary_detail") or {})
    content = max((_markup(_text(each, "value"), each) for each in bodies), key=len, default="")
    if not summary or _text(entry, "summary") in [_text(each, "value") for each in bodies]:
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
    for each in entry.get("links") or []:
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
