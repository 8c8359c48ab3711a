"""Parses only what is new: a look at guids and links first, and known entries are cut out before feedparser sees them.

feedparser takes many times as long for an entry as libxml2 does, and most entries of most polls are known.
"""

from __future__ import annotations

import html
import re
import xml.parsers.expat
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Final

from lxml import etree

from digest.feeds import document, identity, wording
from digest.feeds.doctype import without_doctype
from digest.feeds.urls import canonical_url
from digest.model import FeedDocument
from digest.model.packed import packed

_ATOM: Final = frozenset({"http://www.w3.org/2005/Atom", "http://purl.org/atom/ns#"})
# The namespaces of entries that feedparser reads, and no namespace at all.
_CORE: Final = _ATOM | {
    "",
    "http://purl.org/rss/1.0/",
    "http://my.netscape.com/rdf/simple/0.9/",
    "http://backend.userland.com/rss",
    "http://backend.userland.com/rss2",
}
_RDF_ABOUT: Final = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
_PARENTS: Final = frozenset({"channel", "feed", "rss", "RDF"})
_TAG: Final = re.compile(r"<[^<>]*>")
_WEB: Final = re.compile(r"\s*https?://", re.IGNORECASE)
_NOT_A_WORD: Final = re.compile(r"\W+")


@dataclass(frozen=True, slots=True)
class Unseen:
    """What a document holds that is not known yet. `document.entries` are the unseen ones only."""

    document: FeedDocument
    seen: int  # entries left out because they are known
    # (a known key, a new key) of known entries that were parsed all the same, and of identities that entries share
    learnt: tuple[tuple[str, str], ...] = ()

    @property
    def total(self) -> int:
        """How many entries the document holds."""
        return len(self.document.entries) + self.seen


class _Item:
    """One entry at a glance: every identity that it could turn out to have, worked out when asked for."""

    __slots__ = ("_base", "_guids", "_links", "element")

    def __init__(self, element: etree._Element, base: str) -> None:
        self.element = element
        # lxml resolves nested xml:base attributes, but not against the document's own address. Cut out, it has none.
        self._base = (wording.link(element.base, base) or base) if element.base else base
        guids, links = [element.get(_RDF_ABOUT)], list[str | None]()
        for child in element.iterchildren(etree.Element):
            name = _name(child.tag)[1].lower()
            if name in ("guid", "id"):
                guids.append(_text(child))
            elif name in ("link", "origlink"):
                links += (_text(child), child.get("href"))
        self._guids = tuple([each for each in guids if each])
        self._links = tuple([each for each in links if each])

    @property
    def by_guid(self) -> set[str]:
        return {identity.guid_key(guid) for guid in self._guids}

    @property
    def telling(self) -> set[str]:
        """One that may be a place in the document says too little to leave its entry unread."""
        return {identity.guid_key(guid) for guid in self._guids if not identity.is_a_place(guid)}

    @property
    def urls(self) -> set[str]:
        # A guid that looks like a link may turn out to be it.
        named = (*self._links, *filter(_WEB.match, self._guids))
        return {found for each in named if (found := wording.link(each, self._base))}

    @property
    def by_url(self) -> set[str]:
        return {key for each in self.urls if (key := identity.url_key(each))}

    @property
    def words(self) -> set[str]:
        """Of its title, what two titles that could turn out equal have in common.

        Wherever one stands: where the entry has none of its own, a picture's or a group's may become it.
        """
        titles = (each for each in self.element.iter(etree.Element) if _name(each.tag)[1].lower() == "title")
        return {_words(_text(each)) for each in titles}


def scan(body: bytes, headers: Mapping[str, str], url: str) -> tuple[str, ...] | None:
    """One key for each entry: when all are known, the document holds nothing new. None: that can't be told so.

    Raises ParseError like `parse`.
    """
    glanced = _glance(document.feed_text(body, headers, url)[0], url)
    if glanced is None:
        return None
    keys = list[str]()
    for item in glanced[1]:
        if len(item.by_guid) > 1 or not item.telling:
            return None
        keys += item.telling
    return tuple(keys) if len(set(keys)) == len(keys) else None


def parse_new(
    body: bytes, headers: Mapping[str, str], url: str, known: Set[str], now: datetime | None = None
) -> Unseen:
    """The entries of `parse` none of whose keys is known, with exactly the keys and fields that `parse` gives them.

    Falls back to the whole document where lxml can't read it, and where the entries that are left do not turn out
    as they looked. Raises ParseError like `parse`.
    """
    found = _pruned(body, headers, url, known, now) if known else None
    return found if found is not None else _whole(body, headers, url, known, now)


def _whole(body: bytes, headers: Mapping[str, str], url: str, known: Set[str], now: datetime | None) -> Unseen:
    read = document.parse(body, headers, url, now=now)
    if not known:
        return Unseen(read, 0, identity.shared(read.entries))
    fresh = packed(identity.unknown(read.entries, known))
    learnt = identity.shared(read.entries) + identity.more_keys(read.entries, known)
    return Unseen(replace(read, entries=fresh), len(read.entries) - len(fresh), learnt)


def _pruned(
    body: bytes, headers: Mapping[str, str], url: str, known: Container[str], now: datetime | None
) -> Unseen | None:
    text, complaint = document.feed_text(body, headers, url)
    glanced = _glance(text, url)
    if glanced is None:
        return None
    root, found = glanced
    items = list(found)
    cut = _known(items, known)
    if not cut:
        return None
    for item in cut:
        _remove(item.element)
    rest = etree.tostring(root, encoding="unicode").encode("utf-8")
    utf8 = {**headers, "content-type": "text/xml; charset=utf-8"}
    read = document.parse(rest, utf8, url, now=now, others=len(cut))
    if read.complaint or not _as_it_looked(read, cut, len(items)):
        return None
    fresh = packed(identity.unknown(read.entries, known))
    learnt = identity.shared(read.entries) + identity.more_keys(read.entries, known)
    return Unseen(replace(read, entries=fresh, complaint=complaint), len(cut) + len(read.entries) - len(fresh), learnt)


def _known(items: list[_Item], known: Container[str]) -> list[_Item]:
    """The entries that are known by an identity which no other entry could have: what is shared is no key."""
    guids = Counter(key for item in items for key in item.by_guid)
    cut = [item for item in items if any(guids[key] == 1 and key in known for key in item.telling)]
    found = {id(item) for item in cut}
    left = [(item, linked) for item in items if id(item) not in found if (linked := _among(item.by_url, known))]
    if left:
        urls = Counter(key for item in items for key in item.by_url)
        cut += [item for item, linked in left if any(urls[key] == 1 for key in linked)]
    return cut


def _among(keys: Iterable[str], known: Container[str]) -> list[str]:
    return [key for key in keys if key in known]


def _as_it_looked(read: FeedDocument, cut: list[_Item], total: int) -> bool:
    """Nothing that was cut out could have shared an identity with what is left, and nothing was lost."""
    if not read.entries:
        return True
    keys = {key for entry in read.entries for key in identity.keys(entry)}
    pages = {canonical_url(entry.url) for entry in read.entries if entry.url}
    words = {_words(entry.title) for entry in read.entries if entry.title}
    return len(read.entries) <= total - len(cut) and not any(
        keys & item.by_guid
        or words & item.words
        or any(canonical_url(url) in pages or identity.url_key(url) in keys for url in item.urls)
        for item in cut
    )


def _glance(text: str, url: str) -> tuple[etree._Element, Iterator[_Item]] | None:
    """The tree of a well-formed feed and its entries; None where feedparser's view could be another than ours."""
    if document.is_json(text):
        return None
    text, entities = without_doctype(text)
    data = text.encode("utf-8", "replace")
    if entities or not _well_formed(data):
        return None
    try:
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, encoding="utf-8")
        root = etree.fromstring(data, parser)
    except (etree.LxmlError, ValueError):
        return None
    elements = []
    for element in root.iter("{*}item", "{*}entry"):
        parent = element.getparent()
        if parent is None or _name(parent.tag)[1] not in _PARENTS or _name(element.tag)[0] not in _CORE:
            return None
        elements.append(element)
    return (root, (_Item(element, url) for element in elements)) if elements else None


def _well_formed(data: bytes) -> bool:
    """feedparser's own parser, expat, takes it: what only libxml2 takes would be read by other means."""
    try:
        xml.parsers.expat.ParserCreate("utf-8", " ").Parse(data, True)
    except xml.parsers.expat.ExpatError:
        return False
    return True


@lru_cache(maxsize=512)
def _name(tag: str) -> tuple[str, str]:
    """Namespace and local name of an element."""
    namespace, _, name = tag.rpartition("}")
    return namespace[1:], name


def _text(element: etree._Element) -> str:
    return "".join(element.itertext()).strip() if len(element) else (element.text or "").strip()


def _words(title: str) -> str:
    for _ in range(3):
        title = html.unescape(title)
    return _NOT_A_WORD.sub("", _TAG.sub("", title)).casefold()


def _remove(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is not None:
        element.tail = None
        parent.remove(element)
