"""Parses only what is new: known entries are cut out of a document before feedparser sees it.

feedparser takes many times as long for an entry as a glance does, and most entries of most polls are known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime

from digest.feeds import document, glances, identity
from digest.feeds.glances import Glance, Item
from digest.feeds.urls import canonical_url
from digest.model import FeedDocument
from digest.model.packed import packed


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


def parse_new(
    body: bytes,
    headers: Mapping[str, str],
    url: str,
    known: Set[str],
    now: datetime | None = None,
    glanced: Glance | None = None,
) -> Unseen:
    """The entries of `parse` none of whose keys is known, with exactly the keys and fields that `parse` gives them.

    `glanced` is what was seen of this body before, if it was looked at. Falls back to the whole document where a glance
    tells nothing, and where the entries that are left do not turn out as they looked. Raises ParseError like `parse`.
    """
    found = _pruned(body, headers, url, known, now, glanced.items if glanced else ()) if known else None
    return found if found is not None else _whole(body, headers, url, known, now)


def _whole(body: bytes, headers: Mapping[str, str], url: str, known: Set[str], now: datetime | None) -> Unseen:
    read = document.parse(body, headers, url, now=now)
    if not known:
        return Unseen(read, 0, identity.shared(read.entries))
    fresh = packed(identity.unknown(read.entries, known))
    learnt = identity.shared(read.entries) + identity.more_keys(read.entries, known)
    return Unseen(replace(read, entries=fresh), len(read.entries) - len(fresh), learnt)


def _pruned(
    body: bytes,
    headers: Mapping[str, str],
    url: str,
    known: Container[str],
    now: datetime | None,
    items: Sequence[Item],
) -> Unseen | None:
    text, complaint = document.feed_text(body, headers, url)
    data = glances.utf8(text)
    del text  # it may be long
    if data is None:
        return None
    items = items or glances.items(data, url)
    cut = _known(items, known)
    if not cut:
        return None
    utf8 = {**headers, "content-type": "text/xml; charset=utf-8"}
    read = document.parse(_without(data, cut), utf8, url, now=now, others=len(cut))
    if read.complaint or not _as_it_looked(read, cut, len(items)):
        return None
    fresh = packed(identity.unknown(read.entries, known))
    learnt = identity.shared(read.entries) + identity.more_keys(read.entries, known)
    return Unseen(replace(read, entries=fresh, complaint=complaint), len(cut) + len(read.entries) - len(fresh), learnt)


def _without(data: bytes, cut: Iterable[Item]) -> bytes:
    """The document without these of its entries."""
    pieces, end = [], 0
    for item in sorted(cut):
        pieces.append(data[end : item.start])
        end = item.end
    return b"".join([*pieces, data[end:]])


def _known(items: Sequence[Item], known: Container[str]) -> list[Item]:
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


def _as_it_looked(read: FeedDocument, cut: list[Item], total: int) -> bool:
    """Nothing that was cut out could have shared an identity with what is left, and nothing was lost."""
    if not read.entries:
        return True
    keys = {key for entry in read.entries for key in identity.keys(entry)}
    pages = {canonical_url(entry.url) for entry in read.entries if entry.url}
    titles = {glances.words(entry.title) for entry in read.entries if entry.title}
    return len(read.entries) <= total - len(cut) and not any(
        keys & item.by_guid
        or any(glances.words(title) in titles for title in item.titles)
        or any(canonical_url(url) in pages or identity.url_key(url) in keys for url in item.urls)
        for item in cut
    )
