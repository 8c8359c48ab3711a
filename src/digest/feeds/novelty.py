"""Which entries of a document are new, and what else is learnt about the known ones."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from digest.model import Entry, NewEntry


def fresh(entries: Sequence[Entry], known: Collection[str], *, oldest: datetime | None = None) -> tuple[NewEntry, ...]:
    """The entries none of whose keys is known, in document order.

    `oldest` is given on a feed's first look: what claims to be older is remembered, but not wanted. An entry
    without a date is wanted, since it may be new.
    """
    return tuple(
        NewEntry(entry, wanted=not _older(entry, oldest)) for entry in entries if known_key(entry, known) is None
    )


def learnt(entries: Sequence[Entry], known: Collection[str]) -> tuple[tuple[str, str], ...]:
    """Keys that known entries show for the first time, each behind a key that is known.

    A publisher that changes its guids, say, keeps URL and title: the next time the new guid alone will do.
    """
    pairs = []
    for entry in entries:
        anchor = known_key(entry, known)
        if anchor is not None:
            pairs.extend((anchor, key) for key in entry.keys if key not in known)
    return tuple(pairs)


def known_key(entry: Entry, known: Collection[str]) -> str | None:
    """The first of an entry's keys that is known. One is enough: it is the same entry."""
    return next((key for key in entry.keys if key in known), None)


def _older(entry: Entry, oldest: datetime | None) -> bool:
    claimed = entry.published or entry.updated
    return oldest is not None and claimed is not None and claimed < oldest
