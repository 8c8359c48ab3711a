"""What changes in the store; each is applied whole or not at all."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from digest.model.collecting import Entry, FeedState, Subscription
from digest.model.judging import Hit, Match
from digest.model.mailing import Digest, Parcel, ParcelState
from digest.model.reading import Article, Lesson


@dataclass(frozen=True, slots=True)
class NewEntry:
    """An entry not seen before. `wanted`: its article is to be fetched; else it is only remembered."""

    entry: Entry
    wanted: bool


@dataclass(frozen=True, slots=True)
class PollUpdate:
    """The outcome of one poll: the feed's new state together with the entries its validators vouch for."""

    feed: FeedState
    entries: Collection[NewEntry] = ()
    now: datetime | None = None
    # keys that an already known entry has newly shown: (a key already stored, the new key)
    more_keys: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class HoldUpdate:
    """Feeds whose publisher asked for a pause: none of them is polled before its time here, by configured URL."""

    until: Mapping[str, datetime]


@dataclass(frozen=True, slots=True)
class SubscriptionUpdate:
    """A subscription's next state; one that is gone is forgotten."""

    subscription: Subscription


@dataclass(frozen=True, slots=True)
class PushUpdate:
    """A hub tells that a feed has news: poll it at `poll_at`, unless it is failing or stopped."""

    feed: str
    now: datetime
    poll_at: datetime


@dataclass(frozen=True, slots=True)
class ArticleUpdate:
    """The outcome of reading one entry: its article, every match, and what its page teaches of the site."""

    entry_id: int
    article: Article
    matches: tuple[Match, ...]
    now: datetime
    canonical_url: str | None = None
    lesson: Lesson | None = None
    shingles: tuple[int, ...] = ()  # by which copies of it are found: `stories.keys`


@dataclass(frozen=True, slots=True)
class RetryUpdate:
    """A page that could not be had yet: ask once more, not before `not_before`."""

    entry_id: int
    not_before: datetime


@dataclass(frozen=True, slots=True)
class KillUpdate:
    """A worker process that died or had to be killed over an input. `input` is a hash of its bytes."""

    input: str
    kind: str  # "feed" or "page"
    url: str
    reason: str
    now: datetime


@dataclass(frozen=True, slots=True)
class EditionUpdate:
    """One edition with its parcels; an edition without parcels only closes its window."""

    digest: Digest
    parcels: tuple[Parcel, ...]
    now: datetime


@dataclass(frozen=True, slots=True)
class RejudgeUpdate:
    """What an edited topic says of articles that were read before. Matches that were mailed stay as they are."""

    topic: str
    gained: tuple[tuple[int, Match], ...]  # by entry id
    renewed: tuple[tuple[int, Match], ...]  # by match id
    withdrawn: tuple[int, ...]  # match ids
    now: datetime


@dataclass(frozen=True, slots=True)
class RecleanUpdate:
    """An article's text without furniture, if it is still `before`, and the hits of its matches in the new text."""

    entry_id: int
    before: str
    text: str
    lead: str
    hits: Mapping[int, tuple[Hit, ...]]  # by match id


@dataclass(frozen=True, slots=True)
class ParcelUpdate:
    """A parcel's next state. With `seen`, only if it still is in that state: else the store says Stale.

    One that was sent stays so, and one that was dropped unless it was seen as that.
    """

    parcel_id: int
    state: ParcelState
    now: datetime
    reply: str | None = None
    attempts: int | None = None
    next_attempt_at: datetime | None = None
    seen: ParcelState | None = None


@dataclass(frozen=True, slots=True)
class HurryUpdate:
    """Every parcel that waits for its next attempt is due now."""

    now: datetime


Update = (
    PollUpdate
    | HoldUpdate
    | SubscriptionUpdate
    | PushUpdate
    | ArticleUpdate
    | RetryUpdate
    | KillUpdate
    | EditionUpdate
    | RejudgeUpdate
    | RecleanUpdate
    | ParcelUpdate
    | HurryUpdate
)
