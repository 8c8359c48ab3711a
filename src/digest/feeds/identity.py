"""Decides what is the same: the keys of an entry, the fingerprint of a body."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Container, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from digest.feeds.urls import canonical_url
from digest.model import Entry, NewEntry

SUDDEN_SHARE: Final = 0.8  # Miniflux and Media Cloud see whole feeds come back under new ids
FEW: Final = 3
TELLING_TITLE: Final = 20  # characters
MAX_VERBATIM: Final = 200  # characters of a key; a longer identity is kept as its hash


def keys(entry: Entry) -> tuple[str, ...]:
    """The identities of one entry seen alone: guid, canonical URL, title with date. At least one, never empty.

    A match on any of them means the same entry. Within a feed, `with_keys` leaves out those that tell nothing.
    """
    return _found(entry) or (_last_resort(entry),)


def with_keys(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """The entries of one document that say something, each once and with its keys; a shared identity is no key.

    Entries equal in every key are one entry. What shares all its identities with others is known by a hash of
    all that it says, so that it is neither lost nor new at every poll.
    """
    distinct: dict[tuple[str, ...], tuple[Entry, tuple[str, ...]]] = {}
    for entry in entries:
        if not (entry.guid or entry.url or entry.title or entry.summary or entry.content):
            continue  # it says nothing
        found = _found(entry)
        # The text tells entries apart that have nothing but, say, the homepage as their link.
        distinct.setdefault((*found, "" if entry.guid and found else _last_resort(entry)), (entry, found))
    uses = Counter(key for _, found in distinct.values() for key in found)
    kept: dict[tuple[str, ...], Entry] = {}
    for entry, found in distinct.values():
        own = tuple(key for key in found if uses[key] == 1) or (_last_resort(entry),)
        kept.setdefault(own, replace(entry, keys=own))
    return tuple(kept.values())


def fresh(entries: Iterable[Entry], known: Container[str], *, oldest: datetime | None = None) -> tuple[NewEntry, ...]:
    """The entries none of whose keys is known, in document order; those published before `oldest` are not wanted.

    What states no date is wanted: it may be new.
    """
    return tuple(
        NewEntry(entry, wanted=oldest is None or entry.published is None or entry.published >= oldest)
        for entry in entries
        if not any(key in known for key in entry.keys)
    )


def suddenly_new(fresh: Sequence[NewEntry], total: int) -> bool:
    """So much of a feed that was read before looks new that its publisher may have renumbered everything."""
    return len(fresh) >= FEW and len(fresh) > SUDDEN_SHARE * total


def renumbered(fresh: Sequence[NewEntry], titles: Iterable[str]) -> tuple[NewEntry, ...]:
    """The entries again, those not wanted whose title an earlier entry of the feed had: they are known, newly numbered.

    Only where that is true of half of them at least, and only by titles that are long and that no other entry has:
    a feed that fell behind brings "Morning briefing" anew each day, and none of these may be lost.
    """
    told = {_plain(title) for title in titles}
    uses = Counter(_plain(new.entry.title) for new in fresh)
    known = {title for title, times in uses.items() if times == 1 and len(title) >= TELLING_TITLE and title in told}
    if 2 * len(known) < len(fresh):
        return tuple(fresh)
    return tuple(replace(new, wanted=new.wanted and _plain(new.entry.title) not in known) for new in fresh)


def more_keys(entries: Iterable[Entry], known: Container[str]) -> tuple[tuple[str, str], ...]:
    """What known entries newly show: (a key that is known, a key that is not), for entries that have both."""
    found = []
    for entry in entries:
        anchor = next((key for key in entry.keys if key in known), None)
        if anchor is not None:
            found += [(anchor, key) for key in entry.keys if key not in known]
    return tuple(found)


def guid_key(guid: str) -> str:
    """The key of a guid."""
    return _key("guid", guid.strip())


def url_key(url: str) -> str | None:
    """The key of an entry's URL, None for a site's front page: feeds without real links name it in every entry."""
    canonical = canonical_url(url)
    return _key("url", canonical) if "/" in canonical or "?" in canonical else None


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
    said = "\x1f".join((entry.guid or "", entry.url or "", entry.title, entry.summary, entry.content))
    return "text:" + _hash(said.encode("utf-8", "replace"))


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
