"""Decides what is the same: the keys of an entry, the fingerprint of a body."""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Set
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final, NamedTuple

from digest.feeds.urls import canonical_url, names_a_site
from digest.model import Entry, NewEntry
from digest.model.packed import packed

SUDDEN_SHARE: Final = 0.8  # Miniflux and Media Cloud see whole feeds come back under new ids
FEW: Final = 3
TELLING_TITLE: Final = 20  # characters; one of Chinese, Japanese or Korean says as much as three
_DENSE: Final = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
MAX_VERBATIM: Final = 200  # characters of a key; a longer identity is kept as its hash
SHARED: Final = "shared:"  # before a key that several entries of the feed have had: it names none of them

_PLACE: Final = re.compile("[0-9]{1,3}")
# A fragment that tells entries apart: a numbered place (a comment, a release) or a route of a single-page app. Names
# such as #comments or #rss, and parameters such as #xtor=RSS-1, only say how a reader comes.
_TELLING_FRAGMENT: Final = re.compile(r"[!/].+|[^=&~]*[0-9][^=&~]*", re.DOTALL)


def keys(entry: Entry) -> tuple[str, ...]:
    """The identities of one entry seen alone: guid, canonical URL, title with date. At least one, never empty.

    A match on any of them means the same entry. Within a feed, `with_keys` leaves out those that tell nothing.
    """
    return _found(entry) or (_last_resort(entry),)


def with_keys(entries: Collection[Entry], *, others: int = 0) -> Collection[Entry]:
    """The entries of one document that say something, each once and with its keys; a shared identity is no key.

    Entries equal in every key are one entry. What shares all its identities with others is known by a hash of
    all that it says, so that it is neither lost nor new at every poll. A link that several entries have counts
    together with the title only. `others` is how many entries the document holds beside these, at other links.
    """
    told = packed(
        _Identified(entry, _found(entry), canonical_url(entry.url) if entry.url else "")
        for entry in entries
        if entry.guid or entry.url or entry.title or entry.summary or entry.content
    )
    common = _shared_pages(told, len(entries) + others)
    shared = _repeated(key for each in told for key in each.keys)
    if shared:
        told = packed(_distinct(told, shared))
        shared = _repeated(key for each in told for key in each.keys)
    if doubtful := {key for each in told for key in each.keys if key.startswith("url:") and hash(key) in shared}:
        told = packed(each._replace(keys=_with_titles(each.entry, each.keys, doubtful)) for each in told)
        shared = _repeated(key for each in told for key in each.keys)
    return packed(_kept(told, shared, common))


class _Identified(NamedTuple):
    """An entry, the identities that it has by itself, and its comparable address."""

    entry: Entry
    keys: tuple[str, ...]
    page: str  # empty: it has none


def _repeated(identities: Iterable[str]) -> Set[int]:
    """The hashes of those that stand there more than once: the strings themselves would take ten times the room.

    Should two that differ have the same hash, it costs their entries a key each, and no entry is lost.
    """
    hashes = sorted(map(hash, identities))
    return {one for one, following in pairwise(hashes) if one == following}


def _distinct(found: Iterable[_Identified], repeated: Container[int]) -> Iterator[_Identified]:
    """Of those equal in all of their keys, the first."""
    met = set[tuple[str, ...]]()
    for each in found:
        entry, keys, _ = each
        if all(hash(key) in repeated for key in keys):
            # The text tells entries apart that have nothing but, say, the homepage as their link.
            named = bool(keys) and keys[0].startswith("guid:")
            said = (*keys, "" if named else _last_resort(entry))
            if said in met:
                continue
            met.add(said)
        yield each


def _kept(told: Iterable[_Identified], shared: Container[int], common: Container[str]) -> Iterator[Entry]:
    """The entries with the keys that are theirs alone, each once."""
    met = set[str]()
    for entry, keys, page in told:
        own = tuple(key for key in keys if hash(key) not in shared)
        if not own:
            last = _last_resort(entry)
            if last in met:
                continue
            met.add(last)
            own = (last,)
        shares = bool(page) and (page in common or names_a_site(page))
        yield replace(entry, keys=own, shares_page=shares)


def _shared_pages(found: Iterable[_Identified], total: int) -> Set[str]:
    """The addresses to which several entries lead, and which are no entry's own."""
    repeated = _repeated(each.page for each in found if each.page)
    # By address: the titles that lead there, and whether these entries have text of their own.
    pages: defaultdict[str, dict[str, bool]] = defaultdict(dict)
    for entry, _, page in found if repeated else ():
        if hash(page) in repeated:
            title, text = _plain(entry.title), entry.summary or entry.content
            pages[page][title or text] = bool(text)
    return {page for page, titles in pages.items() if _shared_page(titles, total)}


def asked(entries: Iterable[Entry]) -> Collection[str]:
    """What has to be known of earlier polls before it can be told which of these entries are new."""
    return packed(key for entry in entries for key in _asked(entry))


def _asked(entry: Entry) -> Iterator[str]:
    links = _by_url(entry)
    for key in dict.fromkeys((*entry.keys, *links)):
        yield from (key, SHARED + key)
    yield from (_at(key, entry) for key in links)


def at_own_links(entries: Iterable[Entry], known: Container[str], *, alone: bool = False) -> Collection[Entry]:
    """The entries again, without the keys that several entries of their feed have shared at any earlier poll.

    A link among them counts together with the title only. `alone`: the document holds one entry, whose guid may be that
    of all before it.
    """
    own = (_at_own_link(entry, known) for entry in entries)
    return packed(_without_lasting_guid(entry, known) for entry in own) if alone else packed(own)


def _without_lasting_guid(entry: Entry, known: Container[str]) -> Entry:
    """The entry without a known guid when its link is another, and so are its title or date: "latest" names many."""
    others = tuple(key for key in entry.keys if not key.startswith("guid:"))
    dated = any(key.startswith("title:") for key in others)
    if len(others) > 1 and dated and not any(key in known for key in others):
        return replace(entry, keys=others)
    return entry


def _at_own_link(entry: Entry, known: Container[str]) -> Entry:
    links = _by_url(entry)
    was_shared = {key for key in (*entry.keys, *links) if SHARED + key in known}
    keys = tuple(key for key in _with_titles(entry, entry.keys, was_shared) if key not in was_shared)
    shares = entry.shares_page or not was_shared.isdisjoint(links)
    return replace(entry, keys=keys or (_last_resort(entry),), shares_page=shares)


def shared(entries: Iterable[Entry]) -> tuple[tuple[str, str], ...]:
    """For each identity of these entries that is none of their keys: (it, what is remembered so that it stays none)."""
    found = (key for entry in entries if not _whole(entry) for key in _found(entry) if key not in entry.keys)
    return tuple((key, SHARED + key) for key in dict.fromkeys(found))


def _whole(entry: Entry) -> bool:
    """It has a key of every kind that it could have: told without working them out."""
    kinds = {key.partition(":")[0] for key in entry.keys}
    wanted = (("guid", entry.guid), ("url", entry.url), ("title", entry.title and entry.published))
    return all(kind in kinds for kind, stated in wanted if stated)


def fresh(entries: Iterable[Entry], known: Container[str], *, oldest: datetime | None = None) -> Collection[NewEntry]:
    """The entries none of whose keys is known, in document order; those published before `oldest` are not wanted.

    What states no date is wanted: it may be new.
    """
    return packed(
        NewEntry(entry, wanted=oldest is None or entry.published is None or entry.published >= oldest)
        for entry in unknown(entries, known)
    )


def unknown(entries: Iterable[Entry], known: Container[str]) -> Iterator[Entry]:
    """The entries none of whose keys is known, in document order."""
    return (entry for entry in entries if not any(key in known for key in entry.keys))


def suddenly_new(fresh: Collection[NewEntry], total: int) -> bool:
    """So much of a feed that was read before looks new that its publisher may have renumbered everything."""
    return len(fresh) >= FEW and len(fresh) > SUDDEN_SHARE * total


def renumbered(fresh: Collection[NewEntry], titles: Iterable[str]) -> Collection[NewEntry]:
    """The entries again, those not wanted whose title an earlier entry of the feed had: they are known, newly numbered.

    Only where that is true of half of them at least, and only by titles that are long and that no other entry has:
    a feed that fell behind brings "Morning briefing" anew each day, and none of these may be lost.
    """
    told = {_plain(title) for title in titles}
    uses = Counter(_plain(new.entry.title) for new in fresh)
    known = {title for title, times in uses.items() if times == 1 and title in told and _tells(title)}
    if 2 * len(known) < len(fresh):
        return fresh
    return packed(replace(new, wanted=new.wanted and _plain(new.entry.title) not in known) for new in fresh)


def more_keys(entries: Iterable[Entry], known: Container[str]) -> tuple[tuple[str, str], ...]:
    """What known entries newly show: (a key that is known, a key that is not), for entries that have both.

    Where only its link is known and it has another guid, the next such guid at this link is a new entry's. So it is
    with a guid that may be a place in the document, and the next such link.
    """
    found = []
    for entry in entries:
        known_keys = [key for key in entry.keys if key in known]
        if not known_keys:
            continue
        anchor = known_keys[0]
        found += [(anchor, key) for key in entry.keys if key not in known]
        other_guid = guid_key(entry.guid) in entry.keys if entry.guid else False  # one that several have says nothing
        if (anchor,) == _by_url(entry) and other_guid and not _names_its_page(entry.guid or "", entry.url or ""):
            found += [(anchor, key) for key in (SHARED + anchor, _at(anchor, entry)) if key not in known]
        if is_a_place(entry.guid or "") and len(entry.keys) > 1 and known_keys == [guid_key(entry.guid or "")]:
            found.append((anchor, SHARED + anchor))
    return tuple(found)


def guid_key(guid: str) -> str:
    """The key of a guid."""
    return _key("guid", guid.strip())


def is_a_place(guid: str) -> bool:
    """It may be the entry's place in its document: home-made feeds number their entries anew each time."""
    return _PLACE.fullmatch(guid.strip()) is not None


def url_key(url: str) -> str | None:
    """The key of an entry's URL, None for a site's front page: feeds without real links name it in every entry."""
    canonical = canonical_url(url)
    fragment = url.partition("#")[2].strip() if "#" in url else ""
    if fragment and _TELLING_FRAGMENT.fullmatch(fragment):
        canonical = f"{canonical}#{fragment}"
    return None if names_a_site(canonical) else _key("url", canonical)


def _shared_page(titles: Mapping[str, bool], total: int) -> bool:
    """So many titles lead to it that it is none's own. Two of them are more often an article and its new headline.

    Except where they are all that the document holds, and have text of their own, so that nothing is lost.
    """
    return len(titles) >= FEW or (total == len(titles) == 2 and all(titles.values()))


def _by_url(entry: Entry) -> tuple[str, ...]:
    """The key of its link, if that counts: by itself, or with the title."""
    by_url = url_key(entry.url) if entry.url else None
    return (by_url,) if by_url and not {by_url, _at(by_url, entry)}.isdisjoint(entry.keys) else ()


def _with_titles(entry: Entry, keys: tuple[str, ...], doubtful: Container[str]) -> tuple[str, ...]:
    """The keys with the title beside each doubtful link."""
    return tuple(_at(key, entry) if key in doubtful and key.startswith("url:") else key for key in keys)


def _at(by_url: str, entry: Entry) -> str:
    """The key of a link and a title together."""
    return _key("at", f"{by_url.removeprefix('url:')} {_plain(entry.title)}")


def _names_its_page(guid: str, url: str) -> bool:
    """The guid is the link, perhaps with a count of its versions (BBC: `#0`, `#1`)."""
    return canonical_url(guid) == canonical_url(url)


def _tells(title: str) -> bool:
    return len(title) + 2 * len(_DENSE.findall(title)) >= TELLING_TITLE


def _plain(title: str) -> str:
    return " ".join(title.split()).casefold()


def _found(entry: Entry) -> tuple[str, ...]:
    found = []
    if entry.guid and entry.guid.strip():
        found.append(guid_key(entry.guid))
    if entry.url and (by_url := url_key(entry.url)):
        found.append(by_url)
    if entry.title and entry.published:
        found.append(
            _key(
                "title",
                f"{entry.published.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')} {entry.title}",
            )
        )
    return tuple(found)


def _last_resort(entry: Entry) -> str:
    """The key of its whole text; how that is wrapped and indented, which tools do anew, is no part of it."""
    said = (entry.guid or "", entry.url or "", entry.title, entry.summary, entry.content)
    plain = (" ".join(each.split()).replace("> <", "><") for each in said)
    return "text:" + _hash("\x1f".join(plain).encode("utf-8", "replace"))


def _key(kind: str, identity: str) -> str:
    if len(identity) > MAX_VERBATIM:
        identity = "sha256:" + _hash(identity.encode("utf-8", "replace"))
    return f"{kind}:{identity}"


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:40]


# lastBuildDate moves without the feed changing (rss2email #11), and so do the comments in which generators
# boast of their speed. Bounded repetition keeps the expressions linear on hostile bodies.
_RESTLESS: Final = re.compile(rb"<lastBuildDate>[^<>]{0,100}</lastBuildDate>|<!--[^<>]{0,500}-->", re.IGNORECASE)
_RESTLESS_IN_HEAD: Final = re.compile(rb"<(pubDate|updated|dc:date)>[^<>]{0,100}</\1>", re.IGNORECASE)
_FIRST_ENTRY: Final = re.compile(rb"<(?:[\w.-]{1,20}:)?(?:item|entry)\b", re.IGNORECASE)


def fingerprint(body: bytes) -> str:
    """A hash of what a feed's bytes say: equal when only its build date or its comments have moved."""
    first = _FIRST_ENTRY.search(body)
    head, rest = (body[: first.start()], body[first.start() :]) if first else (body, b"")
    digest = hashlib.sha256(_RESTLESS_IN_HEAD.sub(b"", _RESTLESS.sub(b"", head)))
    digest.update(_RESTLESS.sub(b"", rest))
    return digest.hexdigest()
