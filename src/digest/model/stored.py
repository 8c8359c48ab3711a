"""What the store hands out: values with their place in it, and what it knows besides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from digest.model.collecting import Entry
from digest.model.judging import Hit, Match
from digest.model.mailing import ParcelState, Window
from digest.model.reading import Article


@dataclass(frozen=True, slots=True)
class WaitingEntry:
    """An entry whose article is wanted."""

    id: int
    feed: int  # the store's number of its feed


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry with its place in the store. `first_seen`, by our clock, is the date that decides."""

    id: int
    feed: str  # the feed's configured URL
    entry: Entry
    first_seen: datetime
    attempts: int = 0  # to get its page


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """An article with its place in the store, as backtests and new judgements read it."""

    entry_id: int
    feed: str  # configured URL
    feed_name: str
    article: Article
    first_seen: datetime
    shares_page: bool = False  # its URL is that of other entries too, and says nothing of which one it is


@dataclass(frozen=True, slots=True)
class SiteArticle:
    """An article with the hits of its matches, by match id."""

    entry_id: int
    article: Article
    hits: Mapping[int, tuple[Hit, ...]]


@dataclass(frozen=True, slots=True)
class JudgedMatch:
    """A match as it is stored. `mailed`: it stands in an edition of some digest."""

    id: int
    match: Match
    mailed: bool


@dataclass(frozen=True, slots=True)
class DigestState:
    """What the store knows of one configured digest."""

    id: str
    since: datetime  # first known to the store
    window_end: datetime | None = None  # of the last edition
    high_water: int = 0
    carried: tuple[int, ...] = ()

    @property
    def covered_until(self) -> datetime:
        """Where its next window begins."""
        return self.window_end or self.since


@dataclass(frozen=True, slots=True)
class StoredEdition:
    """An edition as it was frozen."""

    id: int
    digest: str
    window: Window
    html: str
    data: str  # the edition as JSON, as `--json` prints it


@dataclass(frozen=True, slots=True)
class Told:
    """That an article was in an edition, or settled by one: which, when, and who got it."""

    digest: str  # its id
    at: datetime
    readers: frozenset[str]  # envelope addresses; none where the edition was empty and not mailed


@dataclass(frozen=True, slots=True)
class Quarantined:
    """An input that killed worker processes and is left alone until its bytes change."""

    kind: str  # "feed" or "page"
    url: str
    reason: str  # of the last time
    last_at: datetime


@dataclass(frozen=True, slots=True)
class StoreSize:
    """The room that a store takes on its disk, and how much of it is free inside, to be used before it grows."""

    total_bytes: int
    free_bytes: int


@dataclass(frozen=True, slots=True)
class Counts:
    """How much the store holds, for `status`."""

    feeds: int = 0  # subscribed
    failing: int = 0  # of these
    stopped: int = 0  # of these
    entries: int = 0
    waiting: int = 0  # entries whose article is wanted
    articles: int = 0
    incomplete: int = 0  # of these
    matches: int = 0
    editions: int = 0
    outbox: Mapping[ParcelState, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recent:
    """What came in since then."""

    since: datetime
    entries: int
    matches: int
