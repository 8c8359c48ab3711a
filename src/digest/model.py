"""The values that flow from poll to email: frozen, plain, without behaviour that does I/O.

They stand here in the order in which an entry meets them:

    Fetched -> Entry -> Page -> Article -> Match -> Flagged -> Story -> Digest -> Message -> Parcel

Datetimes are aware and in UTC, but for the dates of an article just read. Offsets are in code points. Text fields
hold plain text, never markup, unless their comment says HTML.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

# --- collecting ---------------------------------------------------------------------------------


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

    @property
    def picture(self) -> str | None:
        """The URL of the first picture that comes with it."""
        return next((it.url for it in self.enclosures if (it.type or "").startswith("image/")), None)


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
    entries: tuple[Entry, ...]
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


# --- reading ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Page:
    """A linked HTML document as it was fetched."""

    url: str  # that answered
    body: bytes
    content_type: str = "text/html"  # the whole header, charset included


@dataclass(frozen=True, slots=True)
class FeedClaims:
    """What a feed said about an entry, as plain text: the extractor's second source."""

    title: str = ""
    summary: str = ""  # plain text
    content: str = ""  # plain text, paragraphs separated by one empty line
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    language: str | None = None
    site: str = ""


@dataclass(frozen=True, slots=True)
class SiteKnowledge:
    """What earlier pages of a site taught: hashes of text blocks and on how many articles each was seen."""

    site: str = ""  # its host
    pages: int = 0  # distinct articles seen
    blocks: Mapping[str, int] = field(default_factory=dict)  # those that recur


@dataclass(frozen=True, slots=True)
class Lesson:
    """What one article teaches of its site: the hashes of its text blocks.

    `paragraphs` are those of them that are long enough to tell one article from another.
    """

    site: str  # its host
    blocks: tuple[str, ...]
    paragraphs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Article:
    """The extracted article. `text` is paragraphs separated by one empty line, without furniture.

    `lead` is the standfirst where the page has one; then `text` begins with it. `complete` is false
    when the text is only what the feed carried, or known to be cut off; `error` then says why.
    `published` and `modified` are in the publisher's own zone when they come from the page, and in UTC when they
    come from the store. A date of which only the day is known stands at 00:00 UTC exactly.
    """

    url: str
    title: str
    text: str
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    modified: datetime | None = None
    language: str | None = None  # ISO 639-1
    site: str | None = None
    description: str | None = None
    lead: str = ""
    complete: bool = True
    error: str | None = None


# --- judging ------------------------------------------------------------------------------------


class Field(StrEnum):
    """The fields of an article that rules look at. `lead` is the beginning of the body."""

    TITLE = "title"
    LEAD = "lead"
    BODY = "body"


@dataclass(frozen=True, slots=True)
class Hit:
    """One occurrence of a term: the slice [start, end) of the article's `title` or `text`."""

    field: Field  # TITLE or BODY
    start: int
    end: int
    term: str  # as the rule writes it


@dataclass(frozen=True, slots=True)
class Why:
    """One reason of a match. The points of all of a match's reasons add up to its score."""

    points: int
    rule: str  # the condition in words, as the topic file has it
    terms: tuple[str, ...]  # what was found, as the article writes it
    field: Field | None
    at: str  # "topics/korea.yaml:9"


@dataclass(frozen=True, slots=True)
class Match:
    """One topic satisfied by one article. Hits are in text order, title first, and never overlap."""

    topic: str
    score: int
    why: tuple[Why, ...]
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class Flagged:
    """A match with its article, as the store hands it out."""

    match_id: int  # grows with every insertion; membership of digests goes by it
    entry_id: int
    feed: str  # configured URL
    feed_name: str  # what the reader calls it
    article: Article
    match: Match
    first_seen: datetime
    guid: str | None = None
    image: str | None = None  # URL of the picture that the feed names; only where it was asked for


@dataclass(frozen=True, slots=True)
class Snippet:
    """Text around hits, with the hits as slices of it; no markup."""

    text: str
    hits: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class AlsoIn:
    """Another place that carries the story."""

    feed: str  # name
    title: str
    url: str
    kind: str  # "copy" | "excerpt" | "same story"


@dataclass(frozen=True, slots=True)
class Story:
    """One article in front and its copies behind. `members` are all match ids that it settles."""

    front: Flagged
    also_in: tuple[AlsoIn, ...] = ()
    snippets: tuple[Snippet, ...] = ()
    members: tuple[int, ...] = ()
    also_topics: tuple[str, ...] = ()  # the other topics that flagged it: ids; their titles once in a digest

    @property
    def score(self) -> int:
        """The points of the article in front."""
        return self.front.match.score


# --- mailing ------------------------------------------------------------------------------------


ALERT = "alert."
"""How the ids of alerts begin, with the topic's behind it. No digest's id has a dot."""


@dataclass(frozen=True, slots=True)
class Window:
    """The stretch of time [start, end) that one edition covers; `slots` scheduled times were merged into it."""

    start: datetime
    end: datetime
    slots: int = 1

    @property
    def stamp(self) -> str:
        """Its end as a name for files and links, of one digest never the same twice: `2026-11-22T220000Z`."""
        end = self.end.astimezone(UTC)
        return f"{end:%Y-%m-%dT%H%M%S}{f'{end.microsecond:06}' if end.microsecond else ''}Z"


@dataclass(frozen=True, slots=True)
class Repeat:
    """A story that its readers have had before, of which copies have turned up since: noted, not told again."""

    title: str
    url: str
    feed: str  # name
    at: datetime  # when they had it
    alerted: bool  # as an alert
    also_in: tuple[AlsoIn, ...]  # where it has turned up
    members: tuple[int, ...]  # match ids that it settles


@dataclass(frozen=True, slots=True)
class Section:
    """One topic of a digest with its stories, best first."""

    topic: str
    title: str
    stories: tuple[Story, ...]


@dataclass(frozen=True, slots=True)
class FailingFeed:
    """A feed that could not be read, for the footer and `status`."""

    url: str  # without credentials
    name: str
    error: str
    next_poll_at: datetime | None


@dataclass(frozen=True, slots=True)
class Coverage:
    """How the digest came about: "quiet" and "broken" must look different."""

    feeds: int = 0  # subscribed
    polled: int = 0  # reached within the window
    failing: tuple[FailingFeed, ...] = ()
    gaps: tuple[str, ...] = ()  # names of feeds of which entries may have been lost
    entries: int = 0  # new within the window
    incomplete: int = 0  # articles of which only the feed's text is known
    notices: tuple[str, ...] = ()  # e.g. a template or an edit that was refused


@dataclass(frozen=True, slots=True)
class Digest:
    """One edition, composed and not yet rendered."""

    id: str
    title: str
    window: Window
    timezone: str  # IANA name; the reader's
    sections: tuple[Section, ...]
    omitted: int = 0  # stories carried over to the next edition
    coverage: Coverage = Coverage()
    carried: tuple[int, ...] = ()  # match ids that wait for the next edition
    high_water: int = 0  # the highest match id that this edition has looked at
    repeats: tuple[Repeat, ...] = ()
    language: str = "en"  # of the labels and dates; the reader's

    @property
    def alert(self) -> bool:
        """It is one of a topic's alerts."""
        return self.id.startswith(ALERT)

    @property
    def stories(self) -> tuple[Story, ...]:
        """Every story, in reading order."""
        return tuple(story for section in self.sections for story in section.stories)


@dataclass(frozen=True, slots=True)
class Message:
    """The rendered email, before it is addressed."""

    subject: str
    text: str
    html: str
    language: str = "en"


CHANNEL = "notify:"  # begins the recipient of a parcel for a chat or a webhook; its name follows


class ParcelState(StrEnum):
    """Where an outbox row stands. See design, section 7.4."""

    READY = "ready"
    SENDING = "sending"  # committed before connecting
    DATA_SENT = "data_sent"  # committed before the final dot
    SENT = "sent"
    FAILED = "failed"  # refused for good
    UNKNOWN = "unknown"  # lost after the dot
    DROPPED = "dropped"  # by the operator


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message for one recipient with its frozen bytes. Never rendered again."""

    id: int  # 0 before it is stored
    digest: str
    edition: int  # 0 before it is stored
    sender: str  # envelope address
    recipient: str  # envelope address
    message_id: str
    raw: bytes  # RFC 5322, CRLF
    state: ParcelState = ParcelState.READY
    attempts: int = 0
    next_attempt_at: datetime | None = None
    reply: str | None = None  # the server's last word
    subject: str = ""
    html: str = ""  # for directory deliveries and previews
    text: str = ""
    data: str = ""  # the edition as JSON, as `--json` prints it
    created_at: datetime | None = None  # None before it is stored


@dataclass(frozen=True, slots=True)
class DigestState:
    """What the store knows of one configured digest."""

    id: str
    since: datetime  # first known to the store
    window_end: datetime | None = None  # of the last edition
    high_water: int = 0
    carried: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredEdition:
    """An edition as it was frozen."""

    id: int
    digest: str
    window: Window
    html: str
    data: str  # the edition as JSON, as `--json` prints it


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """An article with its place in the store, as backtests and new judgements read it."""

    entry_id: int
    feed: str  # configured URL
    feed_name: str
    article: Article
    first_seen: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """That an article was in an edition, or settled by one: which, when, and who got it."""

    digest: str  # its id
    at: datetime
    readers: frozenset[str]  # envelope addresses; none where the edition was empty and not mailed


@dataclass(frozen=True, slots=True)
class StoreSize:
    """The room that a store takes on its disk, and how much of it is free inside, to be used before it grows."""

    total_bytes: int
    free_bytes: int


@dataclass(frozen=True, slots=True)
class JudgedMatch:
    """A match as it is stored. `mailed`: it stands in an edition of some digest."""

    id: int
    match: Match
    mailed: bool


@dataclass(frozen=True, slots=True)
class SiteArticle:
    """An article with the hits of its matches, by match id."""

    entry_id: int
    article: Article
    hits: Mapping[int, tuple[Hit, ...]]


@dataclass(frozen=True, slots=True)
class Quarantined:
    """An input that killed worker processes and is left alone until its bytes change."""

    kind: str  # "feed" or "page"
    url: str
    reason: str  # of the last time
    last_at: datetime


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


# --- what changes in the store, each applied whole or not at all ---------------------------------


@dataclass(frozen=True, slots=True)
class NewEntry:
    """An entry not seen before. `wanted`: its article is to be fetched; else it is only remembered."""

    entry: Entry
    wanted: bool


@dataclass(frozen=True, slots=True)
class PollUpdate:
    """The outcome of one poll: the feed's new state together with the entries its validators vouch for."""

    feed: FeedState
    entries: tuple[NewEntry, ...] = ()
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
    """A parcel's next state."""

    parcel_id: int
    state: ParcelState
    now: datetime
    reply: str | None = None
    attempts: int | None = None
    next_attempt_at: datetime | None = None


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
)
