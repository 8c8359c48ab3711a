"""The store's face: open it, ask it, change it."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine

from digest import planner
from digest.config import KeepSettings
from digest.errors import StoreError
from digest.feeds import without_credentials
from digest.model import (
    Article,
    Counts,
    Coverage,
    DigestState,
    DueFeed,
    FailingFeed,
    FeedState,
    Flagged,
    Hit,
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
    copies,
    database,
    hubs,
    integrity,
    learning,
    ledger,
    looking,
    quarantine,
    retention,
    rows,
    sizes,
    timekeeping,
    updates,
)
from digest.store.lock import Lock
from digest.store.opening import open_database
from digest.store.tables import (
    AT_ONCE,
    FEED_NAME,
    articles,
    digests,
    editions,
    entries,
    feeds,
    matches,
    parcels,
    storable,
    subscriptions,
)
from digest.store.together import Together

TITLES = 1000  # more than any feed shows at once
ARTICLES_A_PAGE = 200
TOGETHER = 50  # tasks that share a transaction or a query: so few that none waits for long
LINGER_S = 0.1  # how long a poll's outcome waits for others; docs/decisions/026-polls-share-transactions.md
BRIEFLY_S = 0.01  # the same for a parcel: its turn at the relay's connections is a while off, or over
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
        self._known_reads = Together(self.known_each, TOGETHER)
        self._parcel_reads = Together(self.parcel_each, TOGETHER, linger_s=BRIEFLY_S)
        self._quarantine_reads = Together(self.quarantined_each, TOGETHER)
        self._lock = lock

    # --- open and close -----------------------------------------------------------------------------

    @classmethod
    def open(cls, url: str, *, lock: bool) -> Self:
        """The store at a SQLAlchemy URL (`sqlite:///FILE`, `postgresql+psycopg://...`), made or migrated as needed.

        `lock`: be the one instance that works on it. Raises StoreLocked when another one is, and StoreError
        when the place can't be written, holds something else, is damaged, or was written by a newer digest.
        """
        parsed = database.parse(url)
        engine, held = open_database(parsed, lock=lock)
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
        return cls.open(f"sqlite:///{copy}", lock=False)

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
        """Close every connection, and let another instance work on the store."""
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

    def check(self) -> None:
        """Read the whole of a SQLite store, looking for damage. Raises StoreError that says what to do."""
        if path := database.sqlite_path(self._url):
            with database.in_words(self._name):
                integrity.check(path)

    def size(self) -> StoreSize:
        """How much room the store takes."""
        with self._read() as connection:
            return sizes.size(connection, database.sqlite_path(self._url))

    # --- ask: collecting ----------------------------------------------------------------------------

    def due(self, now: datetime, *, since: datetime | None = None, limit: int | None = None) -> list[DueFeed]:
        """The subscribed feeds whose next poll is due, the longest overdue first; with `since`, due only since then."""
        query = (
            sa.select(feeds.c.url, feeds.c.failures > 0)
            .where(feeds.c.subscribed.is_(True), feeds.c.stopped.is_(False), feeds.c.next_poll_at <= now)
            .order_by(feeds.c.next_poll_at, feeds.c.id)
            .limit(limit)
        )
        if since is not None:
            query = query.where(feeds.c.next_poll_at >= since)
        with self._read() as connection:
            return [DueFeed(url, bool(failing)) for url, failing in connection.execute(query)]

    def feed(self, url: str) -> FeedState:
        """One feed, subscribed or not. Raises StoreError for one that was never subscribed."""
        state = self.feed_each([url])[0]
        if isinstance(state, StoreError):
            raise state
        return state

    async def ask_feed(self, url: str) -> FeedState:
        """The same for the tasks of an event loop: those who ask together share a query."""
        return await self._feed_reads.ask(url)

    def feed_each(self, urls: Sequence[str]) -> list[FeedState | StoreError]:
        """As `feed`, for several callers."""
        asked = [storable(url) for url in urls]
        with self._read() as connection:
            found = {
                row.url: rows.feed_state(row)
                for chunk in updates.chunks(asked)
                for row in connection.execute(sa.select(feeds).where(feeds.c.url.in_(chunk)))
            }
        return [
            found.get(stored) or StoreError(f"the store knows no feed {url}; subscribe to it first")
            for url, stored in zip(urls, asked, strict=True)
        ]

    def feeds(self) -> list[FeedState]:
        """Every subscribed feed, in the order of subscription."""
        query = sa.select(feeds).where(feeds.c.subscribed.is_(True)).order_by(feeds.c.id)
        with self._read() as connection:
            return [rows.feed_state(row) for row in connection.execute(query)]

    def titles(self, feed_url: str) -> list[str]:
        """The titles of a feed's latest entries, as far as they are kept."""
        latest = sa.select(entries.c.entry).join(feeds).where(feeds.c.url == feed_url)
        with self._read() as connection:
            found = connection.scalars(latest.order_by(entries.c.id.desc()).limit(TITLES))
            return [entry.title for entry in found]

    def subscriptions(self) -> list[Subscription]:
        """All subscriptions with hubs, the next to be asked first."""
        with self._read() as connection:
            return [hubs.subscription(row) for row in connection.execute(hubs.QUERY)]

    def subscription(self, callback: str) -> Subscription | None:
        """The subscription with this callback."""
        with self._read() as connection:
            row = connection.execute(hubs.QUERY.where(subscriptions.c.callback == callback)).one_or_none()
        return hubs.subscription(row) if row else None

    def known(self, feed_url: str, keys: Collection[str]) -> set[str]:
        """Those of the keys that an entry of this feed was seen with, ever."""
        return self.known_each([(feed_url, keys)])[0]

    async def ask_known(self, feed_url: str, keys: Collection[str]) -> set[str]:
        """The same for the tasks of an event loop: those who ask together share a query."""
        return await self._known_reads.ask((feed_url, keys)) if keys else set()

    def known_each(self, asked: Sequence[tuple[str, Collection[str]]]) -> list[set[str]]:
        """As `known`, for several callers."""
        hashed = [dict(zip(rows.keys(feed_url, keys), keys, strict=True)) for feed_url, keys in asked]
        with self._read() as connection:
            known = updates.known_keys(connection, {key for each in hashed for key in each})
        return [{identity for key, identity in each.items() if key in known} for each in hashed]

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

    def waiting(self, now: datetime, *, since: datetime | None = None, after: int = 0) -> list[WaitingEntry]:
        """Entries of subscribed feeds whose article is to be had by now, the longest waiting first.

        With `since`: only those that came to wait since then, or have an id above `after`.
        """
        subscribed = feeds.c.subscribed.is_(True)
        query = (
            sa.select(entries.c.id, entries.c.feed_id)
            # No join: SQLite would go through all entries of each feed, 45 ms among 100,000 entries instead of 0.1.
            .where(entries.c.read_after <= now, sa.exists().where(feeds.c.id == entries.c.feed_id, subscribed))
            .order_by(entries.c.read_after, entries.c.id)
        )
        wanted = [query]
        if since is not None:  # two queries instead of an OR: each has its index
            wanted = [query.where(entries.c.read_after >= since), query.where(entries.c.id > after)]
        with self._read() as connection:
            found = [(entry_id, feed_id) for each in wanted for entry_id, feed_id in connection.execute(each)]
        return [WaitingEntry(*each) for each in dict.fromkeys(found)]

    def entry(self, entry_id: int) -> StoredEntry:
        """One entry. Raises StoreError when there is none."""
        query = sa.select(entries, feeds.c.url).join(feeds).where(entries.c.id == entry_id)
        with self._read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise StoreError(f"the store knows no entry {entry_id}")
        return rows.stored_entry(row)

    def article_at(self, canonical_url: str) -> Article | None:
        """The article of this address if it was read before, through whichever feed; a complete one if there is one."""
        query = (
            sa.select(articles)
            .where(articles.c.canonical_url == canonical_url)
            .order_by(articles.c.complete.desc(), articles.c.entry_id.desc())
            .limit(1)
        )
        with self._read() as connection:
            row = connection.execute(query).one_or_none()
        return rows.article(row) if row else None

    def articles(self, since: datetime) -> Iterator[StoredArticle]:
        """Every article whose entry was first seen since then, in order of insertion; never all in memory at once."""
        last = 0
        while page := self._articles_after(last, since):
            yield from page
            last = page[-1].entry_id

    def _articles_after(self, entry_id: int, since: datetime) -> list[StoredArticle]:
        query = (
            sa.select(articles, entries.c.first_seen, feeds.c.url.label("feed"), FEED_NAME.label("feed_name"))
            .select_from(articles.join(entries).join(feeds))
            .where(articles.c.entry_id > entry_id, entries.c.first_seen >= since)
            .order_by(articles.c.entry_id)
            .limit(ARTICLES_A_PAGE)
        )
        with self._read() as connection:
            return [rows.stored_article(row) for row in connection.execute(query)]

    def site(self, site: str, now: datetime) -> SiteKnowledge:
        """What recurs on the pages of a site; nothing for one that taught nothing yet."""
        with self._read() as connection:
            return learning.known(connection, site, now)

    def articles_of(self, site: str) -> Iterator[SiteArticle]:
        """Every whole article of a site with the hits in it, in order of insertion; never all in memory at once."""
        address = articles.c.canonical_url
        if self._engine.dialect.name == "sqlite":  # up to "example.org0": what follows the slash; found by the index
            within = sa.or_(address.between(f"{site}/", f"{site}0"), address.between(f"{site}?", f"{site}@"))
        else:  # where the order of texts is a matter of language
            within = sa.or_(*(address.startswith(f"{site}{mark}", autoescape=True) for mark in "/?"))
        wanted = sa.select(articles.c.entry_id).where(sa.or_(address == site, within), articles.c.complete.is_(True))
        with self._read() as connection:
            ids = connection.scalars(wanted.order_by(articles.c.entry_id)).all()
        for chunk in updates.chunks(ids, ARTICLES_A_PAGE):
            query = sa.select(articles).where(articles.c.entry_id.in_(chunk)).order_by(articles.c.entry_id)
            found = sa.select(matches.c.entry_id, matches.c.id, matches.c.hits).where(matches.c.entry_id.in_(chunk))
            hits: dict[int, dict[int, tuple[Hit, ...]]] = {}
            with self._read() as connection:
                page = connection.execute(query).all()
                for row in connection.execute(found):
                    hits.setdefault(row.entry_id, {})[row.id] = row.hits
            yield from (SiteArticle(row.entry_id, rows.article(row), hits.get(row.entry_id, {})) for row in page)

    def matches(self, topic: str, since: datetime) -> dict[str, Match]:
        """What was flagged by a topic, by the article's URL, of the entries first seen since then."""
        query = (
            sa.select(articles.c.url, matches.c.topic, matches.c.score, matches.c.why, matches.c.hits)
            .select_from(matches.join(articles).join(entries))
            .where(matches.c.topic == topic, entries.c.first_seen >= since)
        )
        with self._read() as connection:
            return {row.url: Match(row.topic, row.score, row.why, row.hits) for row in connection.execute(query)}

    def judged(self, topic: str, since: datetime) -> dict[int, JudgedMatch]:
        """The matches of a topic by entry, of the entries first seen since then."""
        with self._read() as connection:
            return looking.judged(connection, topic, since)

    # --- ask: digests -------------------------------------------------------------------------------

    def digest_state(self, digest_id: str, now: datetime, *, from_now_on: bool = False) -> DigestState:
        """What is known of a digest. One that is asked for the first time is known since `now`.

        `from_now_on`: what was matched before then is none of its business.
        """
        query = sa.select(digests).where(digests.c.id == digest_id)
        with self._read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            with self._write() as connection:
                updates.begin_digest(connection, digest_id, now, from_now_on=from_now_on)
                row = connection.execute(query).one()
        return rows.digest_state(row)

    def digest_states(self) -> dict[str, DigestState]:
        """What is known of the digests by id. Unlike `digest_state`, it makes none known."""
        with self._read() as connection:
            return looking.digest_states(connection)

    def pending(
        self, state: DigestState, topics: Collection[str], *, least: int | None = None, images: bool = False
    ) -> list[Flagged]:
        """The matches of these topics that the digest has not settled: carried over, or made since; by match id.

        `least`: those of so many points at least. `images`: with the picture that the feed names, for which the
        whole entry is read.
        """
        query = (
            sa.select(
                articles,
                matches.c.id.label("match_id"),
                matches.c.topic,
                matches.c.score,
                matches.c.why,
                matches.c.hits,
                entries.c.first_seen,
                entries.c.guid,
                *([entries.c.entry] if images else []),
                feeds.c.url.label("feed"),
                FEED_NAME.label("feed_name"),
            )
            .select_from(matches.join(articles).join(entries).join(feeds))
            .where(matches.c.topic.in_(topics), *([matches.c.score >= least] if least is not None else []))
        )
        with self._read() as connection:
            found = [rows.flagged(row) for row in connection.execute(query.where(matches.c.id > state.high_water))]
            for chunk in updates.chunks(match_id for match_id in state.carried if match_id <= state.high_water):
                found += [rows.flagged(row) for row in connection.execute(query.where(matches.c.id.in_(chunk)))]
        return sorted(found, key=lambda flagged: flagged.match_id)

    def waits(self, state: DigestState, topic: str, least: int) -> bool:
        """Whether `pending` holds anything for this topic with so many points."""
        carried = matches.c.id.in_(state.carried[: updates.CHUNK])
        query = sa.select(matches.c.id).where(
            matches.c.topic == topic, matches.c.score >= least, sa.or_(matches.c.id > state.high_water, carried)
        )
        with self._read() as connection:
            return connection.execute(query.limit(1)).first() is not None

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
        subscribed = feeds.c.subscribed.is_(True)
        seen = entries.c.first_seen.between(window.start, now)
        # An error without a failure that counts: we were offline, and have read nothing all the same.
        broken = sa.or_(feeds.c.failures > 0, feeds.c.stopped.is_(True), feeds.c.last_error.is_not(None))
        shown = sa.select(feeds, FEED_NAME.label("shown")).where(subscribed).order_by(feeds.c.id)
        gaps = sa.select(FEED_NAME).where(subscribed, feeds.c.lost_window_at.between(window.start, now))
        incomplete = articles.join(entries)
        with self._read() as connection:
            return Coverage(
                feeds=_count(connection, feeds, subscribed),
                polled=_count(connection, feeds, subscribed, feeds.c.last_success_at.between(window.start, now)),
                failing=tuple(_failing(row, now) for row in connection.execute(shown.where(broken))),
                gaps=tuple(connection.scalars(gaps.order_by(feeds.c.id))),
                entries=_count(connection, entries, seen),
                incomplete=_count(connection, incomplete, seen, articles.c.complete.is_(False)),
                notices=tuple(_notices(connection.execute(shown.where(sa.not_(broken))), window.start, now)),
            )

    def windows(self, digest_id: str) -> dict[int, Window]:
        """The window of each edition of a digest that has a page, by its id, the oldest first."""
        query = (
            sa.select(editions.c.id, editions.c.window_start, editions.c.window_end, editions.c.slots)
            .where(editions.c.digest == digest_id, editions.c.html != "")
            .order_by(editions.c.window_end, editions.c.id)
        )
        with self._read() as connection:
            return {row.id: Window(row.window_start, row.window_end, row.slots) for row in connection.execute(query)}

    def edition(self, edition_id: int) -> StoredEdition:
        """One edition as it was frozen. Raises StoreError when there is none."""
        with self._read() as connection:
            row = connection.execute(sa.select(editions).where(editions.c.id == edition_id)).one_or_none()
        if row is None:
            raise StoreError(f"the store knows no edition {edition_id}")
        window = Window(row.window_start, row.window_end, row.slots)
        return StoredEdition(row.id, row.digest, window, row.html, row.data)

    # --- ask: the outbox ----------------------------------------------------------------------------

    def outbox(
        self, states: Collection[ParcelState], due_by: datetime | None = None, *, contents: bool = True
    ) -> list[Parcel]:
        """The parcels in these states, the oldest first; with `due_by`, those whose next attempt is due by then.

        Without `contents` their `raw`, `html`, `text` and `data` are left empty: a thousand of them are 200 MB.
        """
        wanted = parcels.c.state.in_([state.value for state in states])
        query = (_PARCELS if contents else _ENVELOPES).where(wanted).order_by(parcels.c.id)
        if due_by is not None:
            query = query.where(parcels.c.next_attempt_at <= due_by)
        with self._read() as connection:
            return [rows.parcel(row) for row in connection.execute(query)]

    def parcel(self, parcel_id: int) -> Parcel:
        """One parcel. Raises StoreError when there is none."""
        (found,) = self.parcel_each([parcel_id])
        if isinstance(found, StoreError):
            raise found
        return found

    async def ask_parcel(self, parcel_id: int) -> Parcel:
        """The same for the tasks of an event loop: those who ask together share a query."""
        return await self._parcel_reads.ask(parcel_id)

    def parcel_each(self, parcel_ids: Sequence[int]) -> list[Parcel | StoreError]:
        """As `parcel`, for several callers."""
        with self._read() as connection:
            found = {
                row.id: rows.parcel(row) for row in connection.execute(_PARCELS.where(parcels.c.id.in_(parcel_ids)))
            }
        return [
            found.get(parcel_id) or StoreError(f"the outbox holds no parcel {parcel_id}; see `digest outbox list`")
            for parcel_id in parcel_ids
        ]

    def recent(self, since: datetime) -> Recent:
        """How much came in since then."""
        with self._read() as connection:
            return looking.recent(connection, since)

    def pressing(self) -> Counts:
        """Of `counts`, what may ask for somebody: feeds, what waits to be read, the outbox. Quick in any store."""
        subscribed = feeds.c.subscribed.is_(True)
        states = sa.select(parcels.c.state, sa.func.count()).group_by(parcels.c.state)
        with self._read() as connection:
            return Counts(
                feeds=_count(connection, feeds, subscribed),
                failing=_count(connection, feeds, subscribed, feeds.c.failures > 0),
                stopped=_count(connection, feeds, subscribed, feeds.c.stopped.is_(True)),
                waiting=_count(connection, entries, entries.c.read_after >= AT_ONCE),
                outbox={ParcelState(state): count for state, count in connection.execute(states)},
            )

    def counts(self) -> Counts:
        """How much the store holds. Reads whole tables: a fifth of a second for 100,000 articles."""
        pressing = self.pressing()
        with self._read() as connection:
            return replace(
                pressing,
                entries=_count(connection, entries),
                articles=_count(connection, articles),
                incomplete=_count(connection, articles, articles.c.complete.is_(False)),
                matches=_count(connection, matches),
                editions=_count(connection, editions),
            )

    # --- transactions -------------------------------------------------------------------------------

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        with database.in_words(self._name), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        with database.in_words(self._name), self._one_writer, self._writing.begin() as connection:
            yield connection


_PARCELS = sa.select(parcels, editions.c.digest, editions.c.html, editions.c.text, editions.c.data).join_from(
    parcels, editions
)
_ENVELOPES = sa.select(
    *(column for column in parcels.c if column is not parcels.c.raw),
    editions.c.digest,
    sa.literal(b"").label("raw"),
    *(sa.literal("").label(name) for name in ("html", "text", "data")),
).join_from(parcels, editions)


def _count(connection: Connection, table: sa.FromClause, *conditions: sa.ColumnElement[bool]) -> int:
    return connection.scalar(sa.select(sa.func.count()).select_from(table).where(*conditions)) or 0


def _failing(row: sa.Row[Any], now: datetime) -> FailingFeed:
    health = planner.health(rows.feed_state(row), now)
    return FailingFeed(without_credentials(row.url), _shown(row), health.sentence, health.next_try)


def _notices(found: Iterable[sa.Row[Any]], since: datetime, now: datetime) -> Iterator[str]:
    for row in found:
        if told := planner.remark(rows.feed_state(row), since, now):
            yield f"{_shown(row)}: {told}"


def _shown(row: sa.Row[Any]) -> str:
    return without_credentials(row.url) if row.shown == row.url else str(row.shown)
