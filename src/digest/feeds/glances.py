"""Sees at a glance which entries a feed holds: where each stands, and every identity that it could turn out to have.

With expat, which is feedparser's own parser: what it refuses is read by other means, so nothing is said of it here.
"""

from __future__ import annotations

import html
import re
import xml.parsers.expat
from collections.abc import Mapping
from typing import Final, NamedTuple

from digest.feeds import document, identity, wording
from digest.feeds.doctype import without_doctype

_ATOM: Final = frozenset({"http://www.w3.org/2005/Atom", "http://purl.org/atom/ns#"})
# The namespaces of entries that feedparser reads, and no namespace at all.
_CORE: Final = _ATOM | {
    "",
    "http://purl.org/rss/1.0/",
    "http://my.netscape.com/rdf/simple/0.9/",
    "http://backend.userland.com/rss",
    "http://backend.userland.com/rss2",
}
_PARENTS: Final = frozenset({"channel", "feed", "rss", "RDF"})
_DEEPEST: Final = 100  # elements around an entry; there are two or three
_ENTRIES: Final = frozenset({"item", "entry"})
_ROLES: Final = {"guid": "guid", "id": "guid", "link": "link", "origlink": "link", "title": "title"}
_NOTHING: Final = -1
_RDF_ABOUT: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns# about"
_XML_BASE: Final = "http://www.w3.org/XML/1998/namespace base"
_TAG: Final = re.compile(r"<[^<>]*>")
_WEB: Final = re.compile(r"\s*https?://", re.IGNORECASE)
_NOT_A_WORD: Final = re.compile(r"\W+")


class Item(NamedTuple):
    """One entry at a glance. From byte `start` up to `end` is all of it, in the text's UTF-8."""

    start: int
    end: int
    guids: tuple[str, ...]
    links: tuple[str, ...]
    # Wherever in it they stand: where it has none of its own, a picture's or a group's may become it.
    titles: tuple[str, ...]
    base: str  # against which its links are resolved

    @property
    def by_guid(self) -> set[str]:
        return {identity.guid_key(guid) for guid in self.guids}

    @property
    def telling(self) -> set[str]:
        """One that may be a place in the document says too little to leave its entry unread."""
        return {identity.guid_key(guid) for guid in self.guids if not identity.is_a_place(guid)}

    @property
    def urls(self) -> set[str]:
        # A guid that looks like a link may turn out to be it.
        named = (*self.links, *filter(_WEB.match, self.guids))
        return {found for each in named if (found := wording.link(each, self.base))}

    @property
    def by_url(self) -> set[str]:
        return {key for each in self.urls if (key := identity.url_key(each))}


class Glance(NamedTuple):
    """What a document shows. `keys`: one for each entry, which is known when its key is; none where that can't be told,
    as of a single entry: it may have the guid of the one that stood there before.

    Without `items` it was not looked at, or is to be read as a whole.
    """

    keys: tuple[str, ...] = ()
    items: tuple[Item, ...] = ()


def glance(body: bytes, headers: Mapping[str, str], url: str) -> Glance:
    """What the feed in `body` shows. Raises ParseError like `parse`."""
    data = utf8(document.feed_text(body, headers, url)[0])
    found = items(data, url) if data is not None else ()
    return Glance(_keys(found), found)


def scan(body: bytes, headers: Mapping[str, str], url: str) -> Glance:
    """The same without the items, of which a long feed has too many to be sent from process to process."""
    return Glance(glance(body, headers, url).keys)


def items(data: bytes, url: str) -> tuple[Item, ...]:
    """The entries of a well-formed feed; none where feedparser's view of it could be another than ours."""
    look = _Look(data, url)
    try:
        look.parser.Parse(data, True)
    except (xml.parsers.expat.ExpatError, _Odd):
        return ()
    finally:
        del look.parser  # they hold each other, and the whole document
    return tuple(look.items)


def utf8(text: str) -> bytes | None:
    """The text of a feed without its document type, in which items have their places. None: it is not looked at."""
    if document.is_json(text):
        return None
    text, entities = without_doctype(text)
    return None if entities else text.encode("utf-8", "replace")


def words(title: str) -> str:
    """What two titles that could turn out equal have in common."""
    for _ in range(3 if "&" in title else 0):
        title = html.unescape(title)
    return _NOT_A_WORD.sub("", _TAG.sub("", title)).casefold()


def _keys(found: tuple[Item, ...]) -> tuple[str, ...]:
    keys = list[str]()
    for item in found:
        if len(item.guids) != 1 and len(item.by_guid) != 1:
            return ()
        keys += item.telling
    return tuple(keys) if 1 < len(found) == len(keys) == len(set(keys)) else ()


class _Odd(Exception):
    """An element stands where it says more or less than it seems to."""


class _Look:
    """One passage through a document. Elements' names are expat's: the namespace, a blank, the local name."""

    def __init__(self, data: bytes, url: str) -> None:
        self.parser = xml.parsers.expat.ParserCreate("utf-8", " ")
        self.items: list[Item] = []
        self._data = data
        self._base = url
        self._around: list[tuple[str, str]] = []  # elements that we are in, up to the entry: local name, base outside
        self._start = 0
        self._depth = 0  # within the entry
        self._roles: dict[str, str] = {}  # by element's name, each worked out once
        self._told: dict[str, list[str]] = {}  # by role
        self._pieces: list[str] = []  # of the text that is being noted,
        self._noting = _NOTHING  # and how deep its element stands
        self.parser.StartElementHandler = self._starts
        self.parser.EndElementHandler = self._ends

    def _starts(self, name: str, attributes: dict[str, str]) -> None:
        namespace, _, local = name.rpartition(" ")
        self._around.append((local, self._base))
        if _XML_BASE in attributes:
            self._base = wording.link(attributes[_XML_BASE], self._base) or self._base
        if local.lower() in _ENTRIES:
            if namespace not in _CORE or len(self._around) < 2 or self._around[-2][0] not in _PARENTS:
                raise _Odd
            about = attributes.get(_RDF_ABOUT)
            self._told = {"guid": [about] if about else [], "link": [], "title": []}
            self._start = self.parser.CurrentByteIndex
            self.parser.StartElementHandler = self._starts_inside
            self.parser.EndElementHandler = self._ends_inside
        elif len(self._around) > _DEEPEST:
            raise _Odd

    def _ends(self, _name: str) -> None:
        _, self._base = self._around.pop()

    def _starts_inside(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        role = self._roles.get(name)
        if role is None:
            local = name.rpartition(" ")[2].lower()
            role = self._roles[name] = "entry" if local in _ENTRIES else _ROLES.get(local, "")
        if not role or (self._depth > 1 and role not in ("title", "entry")):
            return
        if role == "entry" or self._noting != _NOTHING:
            raise _Odd
        self._noting, self._pieces = self._depth, []
        self.parser.CharacterDataHandler = self._pieces.append
        if role == "link" and attributes.get("href"):
            self._told["link"].append(attributes["href"])

    def _ends_inside(self, name: str) -> None:
        if self._depth == self._noting:
            self._noting = _NOTHING
            self.parser.CharacterDataHandler = None
            if text := "".join(self._pieces).strip():
                self._told[self._roles[name]].append(text)
        if self._depth:
            self._depth -= 1
            return
        # (An empty `<item/>` ends for expat behind itself. Without a key it is never cut out.)
        end = self._data.index(b">", self.parser.CurrentByteIndex) + 1
        guids, links, titles = map(tuple, self._told.values())
        self.items.append(Item(self._start, end, guids, links, titles, self._base))
        self.parser.StartElementHandler = self._starts
        self.parser.EndElementHandler = self._ends
        self._ends(name)
