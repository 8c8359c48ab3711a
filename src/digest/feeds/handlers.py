"""feedparser's parsers, driven by us: without downloads, sanitiser and opinions on identity, and in less time."""

from __future__ import annotations

import html.entities
import re
import xml.parsers.expat
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Final
from xml.sax.xmlreader import AttributesNSImpl

import feedparser.api
import feedparser.exceptions
import feedparser.util
from feedparser.html import _cp1252
from feedparser.mixin import _FeedParserMixin
from feedparser.urls import _urifixer

from digest.errors import ParseError
from digest.feeds import wording
from digest.feeds.doctype import without_doctype
from digest.model import packed

# What feedparser is known to raise on hostile input: bad character references, broken markup, odd namespaces.
_FAILURES: Final = (ValueError, LookupError, TypeError, AttributeError, AssertionError, ArithmeticError, RecursionError)
_MAX_ATTRIBUTES: Final = 200  # of one element
_PIECE: Final = 1 << 16  # characters that expat takes in at once; it makes a copy of its own
# Three million elements in each other, in 9 MB, took 1 GB. What is malformed may leave each <br> without an end.
_MAX_DEPTH: Final = 1000
_MAX_UNCLOSED: Final = 100_000
_NAMED_REFERENCE: Final = re.compile(r"&([A-Za-z][A-Za-z0-9]{0,31});")
_BASE: Final = re.compile(r"base\s*=", re.IGNORECASE)
# Characters that XML 1.0 knows not, as such and as references: one of them makes a whole document malformed.
_NOT_XML: Final = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF))  # none, for str.translate
_NOT_XML_REFERENCE: Final = re.compile(
    r"&#(?:0*(?:[0-8]|1[124-9]|2\d|3[01])|x0*(?:[0-8bcef]|1[0-9a-f]|d[89ab][0-9a-f]{2}|fff[ef]));", re.IGNORECASE
)
_XML_ENTITIES: Final = frozenset({"amp", "lt", "gt", "quot", "apos"})
_BARE_AMPERSAND: Final = re.compile(r"&(?!#\d{1,7};|#[xX][0-9a-fA-F]{1,6};|[A-Za-z][A-Za-z0-9]{0,31};)")
_CDATA: Final = "<![CDATA["
_ODD_ELEMENTS: Final = frozenset({"rss", "feed", "rdf", "math", "svg"})
_ODD_ATTRIBUTES: Final = frozenset({"xml:base", "base", "xml:lang", "lang"})
_CLOSED_REFERENCE: Final = re.compile("&([A-Za-z0-9_]+);")
_TAGS: Final = frozenset({"category", "tags", "itunes_keywords"})
_OF_IMAGES: Final = frozenset({"title", "link", "description", "url", "href", "width", "height"})


class _Content(feedparser.util.FeedParserDict):  # type: ignore[misc]  # feedparser is untyped
    """What feedparser notes of the element it is in: looked at for every piece of text, and copied with every entry.

    None of its keys (`type`, `language`, `base`, `base64`, `mode`, `value`) is one that FeedParserDict renames, and
    none of its values can change: so it may do as a plain dict does, which takes a quarter off a feed's time.
    """

    get = dict.get
    __getitem__, __setitem__, __contains__ = dict.__getitem__, dict.__setitem__, dict.__contains__

    def __deepcopy__(self, _memo: object) -> _Content:
        return _Content(self)


class _EntryNotes(feedparser.util.FeedParserDict):  # type: ignore[misc]  # feedparser is untyped
    """What feedparser notes of an entry. Only a few keys need its ways, all others may do as a plain dict does."""

    _OWN_WAYS: Final = frozenset({*feedparser.util.FeedParserDict.keymap, "category", "enclosures", "license"}) | {
        "updated",
        "updated_parsed",
    }

    def __getitem__(self, key: str) -> Any:
        return super().__getitem__(key) if key in self._OWN_WAYS else dict.__getitem__(self, key)

    def __contains__(self, key: object) -> bool:
        return bool(super().__contains__(key)) if key in self._OWN_WAYS else dict.__contains__(self, key)

    def __setitem__(self, key: str, value: Any) -> None:
        if key in self._OWN_WAYS:
            super().__setitem__(key, value)
        else:
            dict.__setitem__(self, key, value)

    def get(self, key: str, default: Any = None) -> Any:
        return super().get(key, default) if key in self._OWN_WAYS else dict.get(self, key, default)

    def setdefault(self, key: str, default: Any) -> Any:
        return super().setdefault(key, default) if key in self._OWN_WAYS else dict.setdefault(self, key, default)


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

    def _add_tag(self, term: Any, scheme: Any, label: Any) -> None:
        """Nothing: nobody asks for an entry's categories."""

    def _start_category(self: Any, _: Any) -> None:
        self.push("category", 0)

    _start_keywords = _start_category

    def _end_category(self: Any) -> None:
        self.pop("category")

    _end_keywords = _end_category

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


class _Quicker(_Notes):
    """The same in fewer steps."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.contentparams = _Content()
        self._depths: dict[str, int] = {}  # at which each value of the latest entry stood
        self._put_away: list[packed.Packed[Any]] = []

    def every_entry(self: Any) -> Iterator[Any]:
        """What was noted of each entry, in document order."""
        return chain(*self._put_away, self.entries)

    def _start_item(self: Any, attrs: Any) -> None:
        if len(self.entries) >= packed.PORTION:  # feedparser looks back at the latest only
            self._put_away.append(packed.Packed(self.entries))
            self.entries.clear()
            self.property_depth_map.clear()
        self._depths = {}
        super()._start_item(attrs)  # type: ignore[misc]  # feedparser's, untyped
        entry = self.entries[-1]
        entry.__class__ = _EntryNotes
        self._depths = self.property_depth_map.setdefault(entry, self._depths)

    _start_entry = _start_item

    def push(self: Any, element: str, expecting_text: int) -> None:
        if len(self.elementstack) > _MAX_UNCLOSED:
            raise ParseError(f"this is no feed: more than {_MAX_UNCLOSED:,} elements in it have no end")
        self.elementstack.append([element, expecting_text, []])  # as feedparser does

    def push_content(self: Any, tag: str, attrs: Any, default_type: str, expecting_text: bool) -> None:
        self.incontent += 1
        if self.lang:
            self.lang = self.lang.replace("_", "-")
        kind = self.map_content_type(attrs.get("type", default_type))
        self.contentparams = _Content(type=kind, language=self.lang, base=self.baseuri)
        self.contentparams["base64"] = self._is_base64(attrs, self.contentparams)
        self.push(tag, expecting_text)

    def resolve_uri(self: Any, uri: str) -> str:
        if self.baseuri or not uri.strip():
            return super().resolve_uri(uri)
        # What feedparser does before it joins; without a base it joins nothing.
        return str(_urifixer.sub(r"\1\3", uri)) if ":///" in uri else uri


def _pair(name: str) -> tuple[str | None, str]:
    """Namespace and local name of what expat gives as `namespace local prefix`."""
    parts = name.split()
    if len(parts) > 3:
        raise ValueError("a namespace with white space in it")
    return (parts[0], parts[1]) if len(parts) > 1 else (None, name)


def _qname(name: str) -> str:
    """The same as it stands in the document."""
    return ":".join(reversed(name.split()[1:])) or name


@dataclass(frozen=True, slots=True)
class _Name:
    """What becomes of the elements of one name: worked out once a document, where feedparser does it at every tag."""

    pair: tuple[str | None, str]  # namespace and local name, as xml.sax gives them
    key: str  # where feedparser keeps what it has no handler for, `dc_creator`
    start: Callable[[Any, Any], object] | None
    end: Callable[[Any], object] | None
    odd: bool  # feedparser looks at more than the name
    ends_textinput: bool
    ends_image: bool


class _Strict(_Quicker, feedparser.api.StrictFeedParser):  # type: ignore[misc]  # feedparser is untyped
    """Fed by expat directly, where feedparser is fed by xml.sax.

    Elements outside of titles and bodies, whose attributes say nothing of language or base, go straight to feedparser's
    handler of their name. Everything else takes its whole way: it gets there by `startElementNS` and `endElementNS`.
    """

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._inside = 0  # of how many elements within a title or a body we are
        self._names: dict[str, _Name] = {}
        self._attributes: dict[str, tuple[str, ...]] = {}

    def read(self, text: str) -> None:
        """Take in the whole document. Raises ExpatError where it is not well-formed, and what feedparser raises."""
        # Stronger than what the XML declaration says: the text is decoded already.
        parser = xml.parsers.expat.ParserCreate("utf-8", " ")
        parser.namespace_prefixes = True
        parser.buffer_text = True  # else every line and every reference would come as a piece of its own
        parser.StartNamespaceDeclHandler = self._declared
        parser.StartElementHandler = self._starts
        parser.EndElementHandler = self._ends
        parser.CharacterDataHandler = self.handle_data
        # No document type reaches it, so there is no entity to expand or load.
        for start in range(0, len(text), _PIECE):
            parser.Parse(text[start : start + _PIECE].encode("utf-8", "replace"), False)
        parser.Parse(b"", True)

    def _declared(self, prefix: str | None, uri: str | None) -> None:
        self._names.clear()  # what a name means may be another thing now
        self.startPrefixMapping(prefix, uri)

    def _starts(self, name: str, attrs: dict[str, str]) -> None:
        if self.depth > _MAX_DEPTH:
            raise ValueError(f"nested more than {_MAX_DEPTH:,} elements deep")
        how = self._names.get(name) or self._meaning(name)
        if len(attrs) > _MAX_ATTRIBUTES:
            attrs = dict(islice(attrs.items(), _MAX_ATTRIBUTES))
        # With a base, feedparser joins it anew at every tag.
        if how.odd or self.incontent or self.baseuri or self.decls:
            self._inside += bool(self.incontent)
            self._starts_oddly(how, attrs)
            return
        plain: dict[str, str] = {}
        if attrs:  # most have none
            for qualified, value in attrs.items():
                for each in self._attributes.get(qualified) or self._attribute(qualified):
                    plain[each] = value.lower() if each in ("rel", "type") else value
            if not _ODD_ATTRIBUTES.isdisjoint(plain):
                self._starts_oddly(how, attrs)
                return
        self.depth += 1
        self.basestack.append(self.baseuri)
        self.langstack.append(self.lang)
        if how.ends_textinput:
            self.intextinput = 0
        if how.ends_image:
            self.inimage = 0
        if how.start is not None:
            try:
                how.start(self, plain)
                return
            except AttributeError:  # feedparser takes it for a missing handler
                pass
        if plain:
            self._get_context()[how.key] = plain
        else:
            self.push(how.key, 1)

    def _starts_oddly(self, how: _Name, attrs: Mapping[str, str]) -> None:
        qnames = {_pair(each): _qname(each) for each in attrs}
        values = {_pair(each): value for each, value in attrs.items()}
        self.startElementNS(how.pair, None, AttributesNSImpl(values, qnames))

    def _ends(self, name: str) -> None:
        how = self._names.get(name) or self._meaning(name)
        if how.odd or self._inside or self.svgOK:
            self._inside -= bool(self._inside)
            self.endElementNS(how.pair, None)
            return
        try:
            if how.end is not None:
                how.end(self)
            else:
                self.pop(how.key)
        except AttributeError:  # as above
            self.pop(how.key)
        self.basestack.pop()
        if self.basestack and self.basestack[-1]:
            self.baseuri = self.basestack[-1]
        self.langstack.pop()
        if self.langstack:
            self.lang = self.langstack[-1]
        self.depth -= 1

    def pop(self, element: str, strip_whitespace: int = 1) -> Any:
        """The text of the element that ends, noted in its entry, as feedparser's own does.

        What stands outside of entries, in base64 or in XHTML goes feedparser's way.
        """
        stack: Any = self.elementstack
        kind: Any = self.contentparams
        if (
            not self.inentry
            or self.insource
            or (kind and (kind.get("base64") or kind.get("type") == "application/xhtml+xml"))
            or not stack
            or stack[-1][0] != element
        ):
            return super().pop(element, strip_whitespace)
        _, expecting_text, pieces = stack.pop()
        text = "".join(pieces)
        if strip_whitespace:
            text = text.strip()
        if not expecting_text:
            return text
        if text and element in self.can_be_relative_uri:
            text = self.resolve_uri(text)
        if kind:
            kind.pop("mode", None)
            kind.pop("base64", None)
            if (
                kind.get("type") == "text/plain"
                and ("<" in text or "&" in text)
                and not self.version.startswith("atom")
                and self.looks_like_html(text)
            ):
                kind["type"] = "text/html"
        if not text.isascii():
            text = _repaired(text)
        if element not in _TAGS and not (element == "title" and -1 < self.title_depth <= self.depth):
            self._note(self.entries[-1], element, text)
        return text

    def _note(self, entry: Any, element: str, text: str) -> None:
        if element == "link":
            if not self.inimage:
                # What was `?a=1&b=2` has become `?a=1&b;=2`.
                if "&" in text:
                    text = _CLOSED_REFERENCE.sub(r"&\g<1>", text.replace("&amp;", "&"))
                entry["link"] = text
                if text:
                    entry["links"][-1]["href"] = text
            return
        if element == "content":
            entry.setdefault("content", []).append(_Content(self.contentparams, value=text))
            return
        name = "summary" if element == "description" else element
        if self.depth <= self._depths.get(name, self.depth):
            self._depths[name] = self.depth
            entry[name] = text
        if self.incontent:
            entry[f"{name}_detail"] = _Content(self.contentparams, value=text)

    def _meaning(self, name: str) -> _Name:
        namespace, local = pair = _pair(name)
        known = self._matchnamespaces.get((namespace or "").lower())
        tag = local
        if known:
            tag = f"{known}:{tag}"
        elif namespace:
            tag = next(
                (f"{each}:{tag}" for each, uri in self.namespaces_in_use.items() if each and uri == namespace), tag
            )
        prefix, _, suffix = tag.lower().rpartition(":")
        prefix = self.namespacemap.get(prefix, prefix)
        key = f"{prefix}_{suffix}" if prefix else suffix
        how = _Name(
            pair,
            key,
            getattr(type(self), f"_start_{key}", None),
            getattr(type(self), f"_end_{key}", None),
            # Userland's namespace has many spellings; the language of a root is the feed's.
            odd="backend.userland.com" in (namespace or "").lower() or local.lower() in _ODD_ELEMENTS,
            ends_textinput=not prefix and suffix not in ("title", "link", "description", "name"),
            ends_image=not prefix and suffix not in _OF_IMAGES,
        )
        self._names[name] = how
        return how

    def _attribute(self, qualified: str) -> tuple[str, ...]:
        """The names under which feedparser shows an attribute: with its namespace's usual prefix, and with its own."""
        namespace, local = _pair(qualified)
        known = self._matchnamespaces.get((namespace or "").lower(), "")
        names = tuple(dict.fromkeys(((f"{known}:{local}" if known else local).lower(), _qname(qualified).lower())))
        self._attributes[qualified] = names
        return names


def _repaired(text: str) -> str:
    """What feedparser makes of UTF-8 that was read as Latin-1 and written again, and of Windows' characters."""
    with suppress(UnicodeError):
        text = text.encode("iso-8859-1").decode("utf-8")
    return text.translate(_cp1252)


class _Loose(_Quicker, feedparser.api.LooseFeedParser):  # type: ignore[misc]  # feedparser is untyped
    pass


def parsed(text: str, url: str, language: str | None) -> tuple[Any, str | None]:
    """feedparser's parser after it has read a document without its document type, and what had to be forgiven.

    `url` is the one that answered, `language` what HTTP says of it. Raises ParseError when it can't be read.
    """
    text, entities = without_doctype(text)
    lang = wording.language(language)
    # Without a base feedparser leaves links as they are (we resolve them) and is a third faster: else it joins
    # the base anew at every tag.
    url = url if _may_have_base(text) else ""
    parser, error = _strictly(text, url, lang)
    if error is None:
        return parser, None
    clean = _NOT_XML_REFERENCE.sub("", text.translate(_NOT_XML))
    mended = _mended(clean, entities)
    if mended != text:
        parser, still = _strictly(mended, url, lang)
        if still is None:
            return parser, error
    return _loosely(clean, url, lang, entities), error


def _may_have_base(text: str) -> bool:
    """An attribute may set a base. Most feeds have none, which `in` tells five times as quickly as the expression."""
    pieces = (text[start : start + _PIECE + len("base")] for start in range(0, len(text), _PIECE))
    return any("base" in piece.lower() for piece in pieces) and _BASE.search(text) is not None


def _strictly(text: str, url: str, language: str | None) -> tuple[Any, str | None]:
    parser = _Strict(url, language, "utf-8")
    try:
        parser.read(text)
    except xml.parsers.expat.ExpatError as error:
        return parser, f"line {error.lineno}: {xml.parsers.expat.ErrorString(error.code)}"
    except feedparser.exceptions.UndeclaredNamespace as error:
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
