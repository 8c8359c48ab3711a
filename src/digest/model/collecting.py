"""From a feed's address to its entries, and how a feed does."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from operator import attrgetter


@dataclass(frozen=True, slots=True)
class Validators:
    """ETag and Last-Modified, byte for byte as the server sent them (RFC 9110, 8.8)."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Redirect:
    """One hop: the status that sent us away and the absolute URL it named."""

    status: int
    url: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """Bytes plus response facts. `body` is decoded of its content encoding and empty when not modified."""

    url: str  # as asked for
    final_url: str  # as answered, after redirects
    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes
    validators: Validators
    redirects: tuple[Redirect, ...] = ()

    @property
    def not_modified(self) -> bool:
        """The server said 304: what we have is still true."""
        return self.status == 304


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A reference to an attached file; never downloaded."""

    url: str
    type: str | None = None
    length: int | None = None  # bytes, as claimed


@dataclass(frozen=True, slots=True)
class Entry:
    """One item as the feed states it. Dates are the publisher's claims and decide nothing."""

    guid: str | None  # verbatim
    url: str | None  # absolute
    title: str
    summary: str = ""  # HTML
    content: str = ""  # HTML, the fuller text where the feed carries one
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    updated: datetime | None = None
    language: str | None = None  # BCP 47
    enclosures: tuple[Enclosure, ...] = ()
    keys: tuple[str, ...] = ()  # our identities for it; a match on any is the same entry
    shares_page: bool = False  # other entries of its feed, with other titles, stand at the same page

    def __reduce__(self) -> tuple[type[Entry], tuple[object, ...]]:
        # Every entry comes from a worker. What dataclasses with slots do there looks up their fields for each object:
        # 17 microseconds there and back, where this takes 3.
        return Entry, _values(self)

    @property
    def own_guid(self) -> str | None:
        """Its guid, if that names it and no other: one that is none of its keys does not."""
        return self.guid if not self.keys or any(key.startswith("guid:") for key in self.keys) else None

    @property
    def picture(self) -> str | None:
        """The URL of the first picture that comes with it."""
        return next((it.url for it in self.enclosures if (it.type or "").startswith("image/")), None)


_values: Callable[[Entry], tuple[object, ...]] = attrgetter(*(each.name for each in fields(Entry)))


@dataclass(frozen=True, slots=True)
class PollHints:
    """What the document itself wishes about the next poll. Hours and weekdays (0 is Monday) are UTC."""

    ttl_s: float | None = None  # <ttl>, sy:updatePeriod / sy:updateFrequency: the longest
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()
    hub: str | None = None  # WebSub hub
    self_url: str | None = None


@dataclass(frozen=True, slots=True)
class FeedDocument:
    """A parsed feed: its entries in document order and what it says of itself."""

    title: str
    site_url: str | None
    language: str | None
    entries: Collection[Entry]
    hints: PollHints = PollHints()
    complaint: str | None = None  # what was malformed, when entries could be read all the same


@dataclass(frozen=True, slots=True)
class FeedState:
    """What the store knows of one subscribed feed. `url` is the configured one, and its identity."""

    url: str
    title: str = ""  # as the feed calls itself
    site_url: str | None = None
    language: str | None = None
    validators: Validators = Validators()
    validators_url: str | None = None  # the URL they came from; they are never sent elsewhere
    body_hash: str | None = None
    hints: PollHints = PollHints()
    next_poll_at: datetime | None = None  # None: never polled, due at once
    last_poll_at: datetime | None = None
    last_success_at: datetime | None = None
    last_new_at: datetime | None = None
    failures: int = 0  # in a row
    last_error: str | None = None
    gone_on: tuple[str, ...] = ()  # ISO dates on which it answered 410
    stopped: bool = False
    gap_s: float | None = None  # median seconds between first-seen times
    gaps_s: tuple[float, ...] = ()  # the latest of them, from which the median comes
    lost_window_at: datetime | None = None  # when a poll showed no overlap with the one before
    last_status: int | None = None  # the HTTP status of the last failure, where there was one
    moved_to: str | None = None  # where it is asked instead of `url`
    moving_to: str | None = None  # where a chain of permanent redirects leads,
    moving_since: datetime | None = None  # and since when it leads there
    last_full_at: datetime | None = None  # when the server last sent a body instead of a 304
    lied_at: datetime | None = None  # when it was caught saying 304 of what had changed
    pushed_until: datetime | None = None  # its hub tells of news until then; not changed by polls
    pushed_at: datetime | None = None  # when it last did; not changed by polls


class HubState(StrEnum):
    """Where a subscription stands with its hub."""

    ASKED = "asked"  # its check is awaited
    ACTIVE = "active"
    LEAVING = "leaving"  # unsubscribing; its check is awaited
    GONE = "gone"  # to be forgotten


@dataclass(frozen=True, slots=True)
class Subscription:
    """A hub that tells of one feed's news, or is asked to (W3C WebSub)."""

    feed: str  # configured URL
    hub: str
    topic: str  # the feed's URL as the hub knows it
    callback: str  # ours; nobody else can guess it
    secret: str = field(repr=False)  # with which the hub signs
    state: HubState
    next_at: datetime  # when the hub is asked again
    lease_until: datetime | None = None
    failures: int = 0  # askings in a row without a check


class FeedWord(StrEnum):
    """How a feed does, in one word; the worst comes first."""

    GONE = "gone"  # polled no more
    QUARANTINED = "quarantined"  # what it sends crashes our readers
    RATE_LIMITED = "rate-limited"
    FAILING = "failing"
    OFFLINE = "offline"  # we are, not the feed
    GAP = "gap"  # entries may have been lost
    LYING = "lying"  # its server says "not modified" of what has changed
    MOVED = "moved"
    SILENT = "silent"  # against its own rhythm
    NEW = "new"  # not polled yet
    OK = "ok"


@dataclass(frozen=True, slots=True)
class Health:
    """How a feed does, and what is to be done about it. `next_try` is None for what is polled no more."""

    word: FeedWord
    sentence: str
    next_try: datetime | None = None


@dataclass(frozen=True, slots=True)
class DueFeed:
    """A feed whose poll is due. `failing`: its last poll failed."""

    url: str  # configured
    failing: bool = False
