"""The store's face: open it, ask it, change it."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Self, TypeVar

from sqlalchemy.engine import URL, Connection, Engine

from digest.config import KeepSettings
from digest.errors import StoreError
from digest.model import (
    Article,
    Counts,
    Coverage,
    DigestState,
    DueFeed,
    FeedState,
    Flagged,
    JudgedMatch,
    Match,
    Parcel,
    ParcelState,
    Quarantined,
    Recent,
    SiteArticle,
    SiteKnowledge,
    StoredArticle,
    StoredEdition,
    StoredEntry,
    StoreSize,
    Subscription,
    Told,
    Update,
    WaitingEntry,
    Window,
)
from digest.store import (
    collecting,
    copies,
    counting,
    database,
    hubs,
    integrity,
    learning,
    ledger,
    looking,
    mailing,
    outbox,
    quarantine,
    reading,
    retention,
    sizes,
    timekeeping,
    updates,
)
from digest.store.lock import Lock
from digest.store.opening import open_database
from digest.store.together import Together

T = TypeVar("T")

ARTICLES_A_PAGE = 200
TOGETHER = 50  # tasks that share a transaction or a query: so few that none waits for long
LINGER_S = 0.1  # how long a poll's outcome waits for others; docs/decisions/026-polls-share-transactions.md
BRIEFLY_S = 0.01  # the same for a parcel, whose turn at the relay's connections is a while off, and for known keys
FORGOTTEN_AT_ONCE = 200  # rows in one transaction: other writers wait some ten milliseconds


class Store:
    """One database. Safe to use from several threads; writers wait for one another.

    Every method raises StoreError when the database can't be read or written.
    """

    def __init__(self, url: URL, engine: Engine, lock: Lock | None) -> None:
        self._url = url
        self._name = database.shown(url)
        self._engine = engine
        self._writing = engine.execution_options(writes=True)
        self._one_writer = threading.Lock()
        self._writes = Together(self.apply_each, TOGETHER, linger_s=BRIEFLY_S)
        self._poll_writes = Together(self.apply_each, TOGETHER, linger_s=LINGER_S)
        self._feed_reads = Together(self.feed_each, TOGETHER)
        self._known_reads = Together(self.known_each, TOGETHER, linger_s=BRIEFLY_S)
        self._parcel_reads = Together(self.parcel_each, TOGETHER, linger_s=BRIEFLY_S)
        self._quarantine_reads = Together(self.quarantined_each, TOGETHER)
        self._lock = lock
        path = database.sqlite_path(url)
        self._look = integrity.Look(path) if path else None

    # --- open and close -----------------------------------------------------------------------------

    @classmethod
    def open(cls, url: str, *, lock: bool, look: bool = True) -> Self:
        """The store at a SQLAlchemy URL (`sqlite:///FILE`, `postgresql+psycopg://...`), made or migrated as needed.

        `lock`: be the one instance that works on it, and `look` for damage first; who does not want to wait for that
        says no, and calls `check` beside the work. Raises StoreLocked when another instance works on it, and StoreError
        when the place can't be written, holds something else, is damaged, or was written by a newer digest.
        """
        parsed = database.parse(url)
        engine, held = open_database(parsed, lock=lock, look=look)
        return cls(parsed, engine, held)

    @classmethod
    def look(cls, url: str) -> Self | None:
        """The store at this URL to be read only, leaving no trace on it; None where there is none yet.

        Raises StoreError when it can't be read, or has the schema of another version.
        """
        parsed = database.parse(url)
        with database.in_words(database.shown(parsed)):
            engine = looking.open_to_look(parsed)
        return None if engine is None else cls(parsed, engine, None)

    @classmethod
    def rehearsal(cls, url: str, scratch: Path) -> Self:
        """A throw-away copy of the store at `url`, made in the directory `scratch`, which is the caller's to remove.

        The original is left as it is, byte for byte; one that does not exist stays so, and its copy is empty. A copy
        of an older schema is migrated.
        """
        copy = scratch / "rehearsal.db"
        parsed = database.parse(url)
        with database.in_words(database.shown(parsed)):
            copies.copy(parsed, copy)
        try:
            return cls.open(f"sqlite:///{copy}", lock=False)
        except StoreError as error:  # what is wrong with the copy is wrong with the original, which the user knows
            raise StoreError(str(error).replace(str(copy), database.shown(parsed))) from error

    @property
    def place(self) -> str:
        """Where it is, as people are shown it: without a password."""
        return self._name

    @property
    def directory(self) -> Path | None:
        """Where its file lies, or None for a database server's."""
        path = database.sqlite_path(self._url)
        return path.parent if path else None

    def close(self) -> None:
        """Close every connection, and let another instance work on the store. A `check` that still reads gives up."""
        if self._look:
            self._look.end()
        self._engine.dispose()
        if self._lock:
            self._lock.release()
            self._lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    # --- change -------------------------------------------------------------------------------------

    def apply(self, *changes: Update) -> None:
        """Write all of it or nothing of it: one transaction, on the disk when this returns.

        What is stored already is not stored twice: an entry with a known key, the article of an entry that was
        read, the edition of a window that has one.
        """
        with self._write() as connection:
            updates.apply(connection, changes)

    async def write(self, *changes: Update) -> None:
        """The same for the tasks of an event loop: those who wait while a transaction is written share the next."""
        await self._writes.ask(changes, hurry=True)

    async def write_along(self, *changes: Update) -> None:
        """The same, along with the next that `write` writes, or after a hundredth of a second: nobody waits for it."""
        await self._writes.ask(changes)

    async def write_in_company(self, *changes: Update) -> None:
        """The same, and the first waits a moment for others: for what comes in crowds and is in no hurry."""
        await self._poll_writes.ask(changes)

    def apply_each(self, batches: Sequence[Sequence[Update]]) -> list[Exception | None]:
        """Write several callers' changes in one transaction; one of them that fails takes no other along.

        Returns what `apply` would have raised to each. When the database itself fails, that is everybody's answer:
        tried again for each of them, it would keep them waiting for nothing.
        """
        try:
            self.apply(*(change for batch in batches for change in batch))
        except Exception as error:  # noqa: BLE001 - it goes to its caller
            if len(batches) == 1 or (isinstance(error, StoreError) and error.__cause__ is not None):
                return [error] * len(batches)
            return [self.apply_each([batch])[0] for batch in batches]
        return [None] * len(batches)

    def subscribe(self, urls: Iterable[str] | Mapping[str, str], now: datetime) -> None:
        """Let exactly these feeds be polled; a mapping also gives the names readers know them by.

        A new feed is due at once. One that is taken out keeps its history and is not due any more.
        """
        names = dict(urls) if isinstance(urls, Mapping) else dict.fromkeys(urls, "")
        with self._write() as connection:
            updates.subscribe(connection, names, now)

    def prove(self) -> None:
        """Raises StoreError when it takes no writes any more, or may have become another instance's."""
        with self._write():
            if self._lock:
                self._lock.prove()

    # --- look after it ------------------------------------------------------------------------------

    def set_right(self, now: datetime) -> int:
        """Mend what was written while the clock was ahead of `now`, so that it is due again; how many rows."""
        with self._write() as connection:
            return timekeeping.set_right(connection, now)

    def forget(self, keep: KeepSettings, now: datetime, mailings: Mapping[str, Collection[str]]) -> int:
        """Remove some of what is kept no longer, in one short transaction; how many rows. 0: nothing is left to do.

        `mailings` are the topics of each digest: an article that one of them has yet to mail stays.
        """
        with self._write() as connection:
            return retention.forget(connection, keep, now, mailings, FORGOTTEN_AT_ONCE)

    def give_room_back(self) -> bool:
        """Shorten the file by some of the room that was set free; whether there is more to give."""
        if self._engine.dialect.name != "sqlite":  # PostgreSQL's autovacuum looks after it
            return False
        with database.in_words(self._name), self._one_writer, self._engine.connect() as connection:
            return sizes.give_room_back(connection)

    def check(self, *, within_s: float | None = None) -> None:
        """Read a SQLite store, looking for damage: the whole of it, or what `within_s` suffices for.

        Raises StoreError that says what to do.
        """
        if self._look:
            with database.in_words(self._name):
                self._look.check(within_s=within_s)

    def size(self) -> StoreSize:
        """How much room the store takes."""
        with self._read() as connection:
            return sizes.size(connection, database.sqlite_path(self._url))

    # --- ask: collecting ----------------------------------------------------------------------------

    def due(self, now: datetime, *, since: datetime | None = None, limit: int | None = None) -> list[DueFeed]:
        """The subscribed feeds whose next poll is due, the longest overdue first; with `since`, due only since then."""
        with self._read() as connection:
            return collecting.due(connection, now, since, limit)

    def feed(self, url: str) -> FeedState:
        """One feed, subscribed or not. Raises StoreError for one that was never subscribed."""
        return _or_raise(self.feed_each([url])[0])

    async def ask_feed(self, url: str) -> FeedState:
        """The same for the tasks of an event loop: those who ask together share a query."""
        return await self._feed_reads.ask(url)

    def feed_each(self, urls: Sequence[str]) -> list[FeedState | StoreError]:
        """As `feed`, for several callers."""
        with self._read() as connection:
            return collecting.states(connection, urls)

    def feeds(self) -> list[FeedState]:
        """Every subscribed feed, in the order of subscription."""
        with self._read() as connection:
            return collecting.subscribed(connection)

    def titles(self, feed_url: str) -> list[str]:
        """The titles of a feed's latest entries, as far as they are kept."""
        with self._read() as connection:
            return collecting.titles(connection, feed_url)

    def subscriptions(self) -> list[Subscription]:
        """All subscriptions with hubs, the next to be asked first."""
        with self._read() as connection:
            return hubs.listed(connection)

    def subscription(self, callback: str) -> Subscription | None:
        """The subscription with this callback."""
        with self._read() as connection:
            return hubs.of(connection, callback)

    async def ask_known(self, feed_url: str, keys: Collection[str]) -> set[str]:
        """Those of the keys that an entry of this feed was seen with, ever. Tasks that ask together share a query."""
        return await self._known_reads.ask((feed_url, keys)) if keys else set()

    def known_each(self, asked: Sequence[tuple[str, Collection[str]]]) -> list[set[str]]:
        """The same for several callers."""
        with self._read() as connection:
            return collecting.known(connection, asked)

    async def ask_quarantined(self, input_hash: str) -> bool:
        """Whether an input has killed worker processes twice: then it is left alone."""
        return await self._quarantine_reads.ask(input_hash)

    def quarantined_each(self, inputs: Sequence[str]) -> list[bool]:
        """The same for several callers."""
        with self._read() as connection:
            found = quarantine.among(connection, inputs)
        return [each in found for each in inputs]

    def quarantine(self) -> tuple[Quarantined, ...]:
        """The inputs that are left alone, the latest first."""
        with self._read() as connection:
            return quarantine.listed(connection)

    # --- ask: reading and judging -------------------------------------------------------------------

    def waiting(self, now: datetime, *, since: datetime | None = None, after: int = 0) -> list[WaitingEntry]:
        """Entries of subscribed feeds whose article is to be had by now, the longest waiting first.

        With `since`: only those that came to wait since then, or have an id above `after`.
        """
        with self._read() as connection:
            return reading.waiting(connection, now, since, after)

    def entry(self, entry_id: int) -> StoredEntry:
        """One entry. Raises StoreError when there is none."""
        with self._read() as connection:
            return reading.entry(connection, entry_id)

    def article_at(self, canonical_url: str) -> Article | None:
        """The article of this address if it was read before, through whichever feed; a complete one if there is one."""
        with self._read() as connection:
            return reading.article_at(connection, canonical_url)

    def articles(self, since: datetime) -> Iterator[StoredArticle]:
        """Every article whose entry was first seen since then, in order of insertion; never all in memory at once."""
        last = 0
        while True:
            with self._read() as connection:
                page = reading.articles_after(connection, last, since, ARTICLES_A_PAGE)
            if not page:
                return
            yield from page
            last = page[-1].entry_id

    def site(self, site: str, now: datetime) -> SiteKnowledge:
        """What recurs on the pages of a site; nothing for one that taught nothing yet."""
        with self._read() as connection:
            return learning.known(connection, site, now)

    def articles_of(self, site: str) -> Iterator[SiteArticle]:
        """Every whole article of a site with the hits in it, in order of insertion; never all in memory at once."""
        with self._read() as connection:
            entry_ids = reading.whole_of(connection, site)
        for chunk in updates.chunks(entry_ids, ARTICLES_A_PAGE):
            with self._read() as connection:
                page = reading.with_hits(connection, chunk)
            yield from page

    def matches(self, topic: str, since: datetime) -> dict[str, Match]:
        """What was flagged by a topic, by the article's URL, of the entries first seen since then."""
        with self._read() as connection:
            return reading.flagged_by(connection, topic, since)

    def judged(self, topic: str, since: datetime) -> dict[int, JudgedMatch]:
        """The matches of a topic by entry, of the entries first seen since then."""
        with self._read() as connection:
            return reading.judged(connection, topic, since)

    # --- ask: digests -------------------------------------------------------------------------------

    def digest_state(self, digest_id: str, now: datetime, *, from_now_on: bool = False) -> DigestState:
        """What is known of a digest. One that is asked for the first time is known since `now`, and looks back a week.

        `from_now_on`: what was matched before then is none of its business.
        """
        with self._read() as connection:
            known = mailing.state(connection, digest_id)
        if known is not None:
            return known
        with self._write() as connection:
            return updates.begin_digest(connection, digest_id, now, from_now_on=from_now_on)

    def digest_states(self) -> dict[str, DigestState]:
        """What is known of the digests by id. Unlike `digest_state`, it makes none known."""
        with self._read() as connection:
            return mailing.states(connection)

    def pending(
        self, state: DigestState, topics: Collection[str], *, least: int | None = None, images: bool = False
    ) -> list[Flagged]:
        """The matches of these topics that the digest has not settled: carried over, or made since; by match id.

        `least`: those of so many points at least. `images`: with the picture that the feed names, for which the
        whole entry is read.
        """
        with self._read() as connection:
            return mailing.pending(connection, state, topics, least, images=images)

    def pending_count(self, state: DigestState, topics: Collection[str], least: int | None = None) -> int:
        """How many `pending` holds, without reading them."""
        with self._read() as connection:
            return mailing.pending_count(connection, state, topics, least)

    def alike(self, entry_ids: Sequence[int], since: datetime) -> list[StoredArticle]:
        """Other articles, first seen since then, that may be copies of these: of a common address or common words."""
        with self._read() as connection:
            return ledger.alike(connection, entry_ids, since)

    def told(self, entry_ids: Collection[int], since: datetime) -> Mapping[int, tuple[Told, ...]]:
        """The editions made since then that settled these entries, by entry, the first one first."""
        with self._read() as connection:
            return ledger.told(connection, entry_ids, since)

    def mailed(self, digest_id: str, since: datetime) -> tuple[datetime, ...]:
        """The ends of the windows, from then on, whose editions of this digest were mailed to anybody; in order."""
        with self._read() as connection:
            return ledger.mailed(connection, digest_id, since)

    def coverage(self, window: Window, now: datetime) -> Coverage:
        """How the feeds did from the window's start until now: what an edition that is made now rests on."""
        with self._read() as connection:
            return mailing.coverage(connection, window, now)

    def windows(self, digest_id: str) -> dict[int, Window]:
        """The window of each edition of a digest that has a page, by its id, the oldest first."""
        with self._read() as connection:
            return mailing.windows(connection, digest_id)

    def edition(self, edition_id: int) -> StoredEdition:
        """One edition as it was frozen. Raises StoreError when there is none."""
        with self._read() as connection:
            return mailing.edition(connection, edition_id)

    # --- ask: the outbox ----------------------------------------------------------------------------

    def outbox(self, states: Collection[ParcelState], due_by: datetime | None = None) -> list[Parcel]:
        """The parcels in these states, the oldest first; with `due_by`, those whose next attempt is due by then.

        Their `raw`, `html`, `text` and `data` are left empty, which `parcel` fills: a thousand of them are 200 MB.
        """
        with self._read() as connection:
            return outbox.listed(connection, states, due_by)

    def parcel(self, parcel_id: int) -> Parcel:
        """One parcel. Raises StoreError when there is none."""
        return _or_raise(self.parcel_each([parcel_id])[0])

    async def ask_parcel(self, parcel_id: int) -> Parcel:
        """The same for the tasks of an event loop: those who ask together share a query."""
        return await self._parcel_reads.ask(parcel_id)

    def parcel_each(self, parcel_ids: Sequence[int]) -> list[Parcel | StoreError]:
        """As `parcel`, for several callers."""
        with self._read() as connection:
            return outbox.each(connection, parcel_ids)

    # --- ask: how much there is ---------------------------------------------------------------------

    def recent(self, since: datetime) -> Recent:
        """How much came in since then."""
        with self._read() as connection:
            return counting.recent(connection, since)

    def pressing(self) -> Counts:
        """Of `counts`, what may ask for somebody: feeds, what waits to be read, the outbox. Quick in any store."""
        with self._read() as connection:
            return counting.pressing(connection)

    def counts(self) -> Counts:
        """How much the store holds. Reads whole tables: a fifth of a second for 100,000 articles."""
        with self._read() as connection:
            return counting.everything(connection)

    # --- transactions -------------------------------------------------------------------------------

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        with database.in_words(self._name), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        with database.in_words(self._name), self._one_writer, self._writing.begin() as connection:
            yield connection


def _or_raise(found: T | StoreError) -> T:
    if isinstance(found, StoreError):
        raise found
    return found
