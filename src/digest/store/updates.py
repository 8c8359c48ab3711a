"""Write what changed. Everything here runs inside the one transaction of `Store.apply`, and may be repeated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from digest import planner
from digest.errors import Stale, StoreError
from digest.model import (
    ArticleUpdate,
    DigestState,
    EditionUpdate,
    FeedState,
    HoldUpdate,
    HurryUpdate,
    KillUpdate,
    Parcel,
    ParcelState,
    ParcelUpdate,
    PollUpdate,
    PushUpdate,
    RecleanUpdate,
    RejudgeUpdate,
    RetryUpdate,
    SubscriptionUpdate,
    Update,
)
from digest.model.packed import portions
from digest.store import hubs, learning, quarantine, rows
from digest.store.database import ORDER_LOCK, insert
from digest.store.tables import (
    AT_ONCE,
    KEY_BYTES,
    PlainText,
    articles,
    contents,
    digests,
    edition_matches,
    editions,
    entries,
    entry_keys,
    feeds,
    matches,
    parcels,
    shingles,
    storable,
)

CHUNK = 5_000
"""Values in one IN list: SQLite takes 32,766 parameters, PostgreSQL 65,535."""

ENTRIES_AT_ONCE = 1_000
"""Held as rows while they are inserted: many polls' worth of ordinary feeds, a part of an archive of 50,000."""

NEW_LOOKS_BACK = timedelta(days=7)
"""How far a new digest looks back, as far as a feed's first look: all that was ever matched would be years of news."""

REMEMBERED = timedelta(days=14)
"""How long copies of an article are found: as long as `digest.stories` asks for them."""
FORGOTTEN_EVERY, FORGOTTEN_AT_ONCE = 50, 200  # articles: what comes in pays for what goes

# Made once, as every poll needs them: to build them anew takes longer than to run them.
_HELD = sa.select(feeds.c.url, feeds.c.id, feeds.c.pushed_at).where(
    feeds.c.url.in_(sa.bindparam("urls", expanding=True))
)
_POLLED = feeds.update().where(feeds.c.id == sa.bindparam("feed_id"))

# All keys in one value: twice as quick as an IN list. Of those each length is another statement, and sqlite3 keeps the
# last 128 of a connection prepared, half a megabyte each with 5,000 values. A row for each would take SQLAlchemy longer
# to hand over than SQLite to store.
_PLACES = """
    WITH RECURSIVE place(at) AS (SELECT 1 UNION ALL SELECT at + :width FROM place WHERE at + :width < length(:keys))
    SELECT %s FROM place %s
"""
_KNOWN = sa.text(_PLACES % ("key", "JOIN entry_keys ON key = substr(:keys, at, :width)")).bindparams(width=KEY_BYTES)
_REMEMBER = sa.text("INSERT OR IGNORE INTO entry_keys (key)" + _PLACES % ("substr(:keys, at, :width)", "")).bindparams(
    width=KEY_BYTES
)

T = TypeVar("T")


def chunks(values: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """The values in lists of at most `size`; none for no values."""
    return portions(values, size)


def apply(connection: Connection, updates: Sequence[Update]) -> None:
    """Write all of them."""
    _Writing(connection).apply(updates)


def known_keys(connection: Connection, keys: Iterable[bytes]) -> set[bytes]:
    """Those of the keys that are stored."""
    asked = list(keys)
    if connection.dialect.name == "sqlite":
        return {bytes(key) for key in connection.scalars(_KNOWN, {"keys": b"".join(asked)})} if asked else set()
    query = sa.select(entry_keys.c.key)
    return {
        bytes(key) for chunk in chunks(asked) for key in connection.scalars(query.where(entry_keys.c.key.in_(chunk)))
    }


def subscribe(connection: Connection, names: Mapping[str, str], now: datetime) -> None:
    """Let exactly the feeds with these URLs be subscribed, under these names."""
    rows_by_url = {
        row.url: row for row in connection.execute(sa.select(feeds.c.url, feeds.c.name, feeds.c.subscribed, feeds.c.id))
    }
    wanted = {storable(url): storable(name) for url, name in names.items()}
    new = [rows.new_feed(url, name, now) for url, name in wanted.items() if url not in rows_by_url]
    changed = [
        {"feed_id": row.id, "name": wanted.get(url, row.name), "subscribed": url in wanted}
        for url, row in rows_by_url.items()
        if (row.name, row.subscribed) != (wanted.get(url, row.name), url in wanted)
    ]
    if new:
        connection.execute(feeds.insert(), new)
    if changed:
        connection.execute(feeds.update().where(feeds.c.id == sa.bindparam("feed_id")), changed)


def begin_digest(connection: Connection, digest_id: str, since: datetime, *, from_now_on: bool) -> DigestState:
    """Know a digest since then, unless it is known already; `from_now_on`: without the matches that there are."""
    foreign = sa.true() if from_now_on else matches.c.made_at <= since - NEW_LOOKS_BACK
    highest = connection.scalar(sa.select(sa.func.max(matches.c.id)).where(foreign))
    _Writing(connection).inserted(digests, rows.new_digest(digest_id, since) | {"high_water": highest or 0})
    return rows.digest_state(connection.execute(sa.select(digests).where(digests.c.id == digest_id)).one())


def _when(update: PollUpdate) -> datetime:
    now = update.now or update.feed.last_poll_at
    if now is None:
        raise ValueError("a poll with entries says when it was")
    return now


class _Writing:
    """One transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def apply(self, updates: Sequence[Update]) -> None:
        # Matches must become visible in the order of their ids: an edition remembers the highest one it saw, and a
        # lower one that another worker commits later would never be mailed. SQLite has one writer anyway.
        if self._connection.dialect.name == "postgresql" and any(
            isinstance(update, ArticleUpdate | RejudgeUpdate) for update in updates
        ):
            self._connection.execute(sa.select(sa.func.pg_advisory_xact_lock(ORDER_LOCK)))
        polls = [update for update in updates if isinstance(update, PollUpdate)]
        if polls:
            self._polls(polls)
        for update in updates:
            match update:
                case PollUpdate():
                    pass  # all of them together, above
                case HoldUpdate():
                    self._hold(update)
                case SubscriptionUpdate():
                    hubs.change(self._connection, update)
                case PushUpdate():
                    hubs.pushed(self._connection, update)
                case ArticleUpdate():
                    self._article(update)
                case RetryUpdate():
                    self._retry(update)
                case KillUpdate():
                    quarantine.note(self._connection, update)
                case EditionUpdate():
                    self._edition(update)
                case RejudgeUpdate():
                    self._rejudge(update)
                case RecleanUpdate():
                    self._reclean(update)
                case HurryUpdate():
                    self._hurry(update)
                case ParcelUpdate():
                    pass  # all of them together, below
        moves = [update for update in updates if isinstance(update, ParcelUpdate)]
        self._parcels([update for update in moves if update.seen is None])
        self._parcels([update for update in moves if update.seen is not None])

    # --- polls --------------------------------------------------------------------------------------

    def _polls(self, updates: Sequence[PollUpdate]) -> None:
        held = self._held_feeds({update.feed.url for update in updates})
        ids = {url: feed_id for url, (feed_id, _pushed_at) in held.items()}
        self._feed_states(
            [(ids[update.feed.url], planner.not_overtaken(update.feed, held[update.feed.url][1])) for update in updates]
        )
        self._entries(updates, ids)

    def _held_feeds(self, urls: Iterable[str]) -> dict[str, tuple[int, datetime | None]]:
        """By URL: the feed's id, and when its hub told of news."""
        asked = {storable(url): url for url in urls}
        found = {
            asked[url]: (feed_id, pushed_at)
            for chunk in chunks(asked)
            for url, feed_id, pushed_at in self._connection.execute(_HELD, {"urls": chunk})
        }
        missing = asked.values() - found.keys()
        if missing:
            raise StoreError(f"the store knows no feed {', '.join(sorted(missing))}; subscribe to it first")
        return found

    def _feed_states(self, states: Sequence[tuple[int, FeedState]]) -> None:
        self._connection.execute(
            _POLLED, [{"feed_id": feed_id, **rows.feed_values(state)} for feed_id, state in states]
        )

    def _hold(self, update: HoldUpdate) -> None:
        if update.until:
            later = sa.bindparam("until", type_=feeds.c.next_poll_at.type)
            self._connection.execute(
                feeds.update()
                .where(feeds.c.url == sa.bindparam("held"), feeds.c.next_poll_at < later)
                .values(next_poll_at=later),
                [{"held": storable(url), "until": until} for url, until in update.until.items()],
            )

    def _entries(self, updates: Sequence[PollUpdate], ids: Mapping[str, int]) -> None:
        arrived = (
            (new, rows.keys(update.feed.url, rows.identities(new.entry)), ids[update.feed.url], _when(update))
            for update in updates
            for new in update.entries
        )
        for some in chunks(arrived, ENTRIES_AT_ONCE):
            known = known_keys(self._connection, {key for _new, keys, _feed_id, _now in some for key in keys})
            fresh: list[dict[str, Any]] = []
            shown = list[bytes]()
            for new, keys, feed_id, now in some:
                if new.wanted and known.isdisjoint(keys):
                    fresh.append(rows.entry_values(new.entry, feed_id, now))
                shown.extend(keys)
                known.update(keys)
            if fresh:
                self._connection.execute(entries.insert(), fresh)
            self._remember_keys(shown)
        learnt = (key for update in updates for key in rows.keys(update.feed.url, [key for _, key in update.more_keys]))
        self._remember_keys(learnt)

    def _remember_keys(self, keys: Iterable[bytes]) -> None:
        new = list(dict.fromkeys(keys))
        if new and self._connection.dialect.name == "sqlite":
            self._connection.execute(_REMEMBER, {"keys": b"".join(new)})
        elif new:
            self._connection.execute(self._insert_new(entry_keys), [{"key": key} for key in new])

    # --- articles -----------------------------------------------------------------------------------

    def _article(self, update: ArticleUpdate) -> None:
        """Store the article and its matches. Who reads an entry first is right: hits are slices of that text."""
        values = rows.article_values(update.entry_id, update.article, update.canonical_url, update.now)
        if self.inserted(articles, values):
            if update.lesson is not None:
                learning.learn(self._connection, update.lesson, update.now)
        elif not self._same_text(update):
            return
        self._connection.execute(
            entries.update()
            .where(entries.c.id == update.entry_id)
            .values(read_after=None, attempts=entries.c.attempts + 1)
        )
        if update.shingles:
            self._remember(update)
        for match in update.matches:
            self.inserted(matches, rows.match_values(update.entry_id, match, update.now))

    def _remember(self, update: ArticleUpdate) -> None:
        """Let copies of an article be found for as long as `REMEMBERED`; forget, in small steps, older ones."""
        keys = [{"key": key, "entry_id": update.entry_id} for key in dict.fromkeys(update.shingles)]
        self._connection.execute(self._insert_new(shingles), keys)
        if update.entry_id % FORGOTTEN_EVERY == 0:
            recent = sa.select(entries.c.id).where(entries.c.first_seen >= update.now - REMEMBERED)
            kept = recent.order_by(entries.c.first_seen, entries.c.id).limit(1).scalar_subquery()
            expired = sa.select(shingles.c.entry_id).where(shingles.c.entry_id < kept).distinct()
            some = expired.order_by(shingles.c.entry_id).limit(FORGOTTEN_AT_ONCE)
            self._connection.execute(shingles.delete().where(shingles.c.entry_id.in_(some)))

    def _same_text(self, update: ArticleUpdate) -> bool:
        query = sa.select(articles.c.title, articles.c.text).where(articles.c.entry_id == update.entry_id)
        stored = self._connection.execute(query).one()
        return (stored.title, stored.text) == (storable(update.article.title), storable(update.article.text))

    def _rejudge(self, update: RejudgeUpdate) -> None:
        mailed = sa.exists().where(edition_matches.c.match_id == matches.c.id)
        for chunk in chunks(update.withdrawn):
            self._connection.execute(matches.delete().where(matches.c.id.in_(chunk), ~mailed))
        for match_id, match in update.renewed:
            values = rows.match_values(0, match, update.now)
            changed = {name: values[name] for name in ("score", "why", "hits")}
            self._connection.execute(matches.update().where(matches.c.id == match_id, ~mailed).values(**changed))
        kept = set[int]()  # an article may have been forgotten since it was judged
        for chunk in chunks(entry_id for entry_id, _match in update.gained):
            kept.update(self._connection.scalars(sa.select(articles.c.entry_id).where(articles.c.entry_id.in_(chunk))))
        for entry_id, match in update.gained:
            if entry_id in kept:
                self.inserted(matches, rows.match_values(entry_id, match, update.now))

    def _reclean(self, update: RecleanUpdate) -> None:
        values = {"text": update.text, "lead": update.lead}
        here = (articles.c.entry_id == update.entry_id, articles.c.text == storable(update.before))
        if self._connection.execute(articles.update().where(*here).values(**values)).rowcount == 1:
            for match_id, hits in update.hits.items():
                self._connection.execute(matches.update().where(matches.c.id == match_id).values(hits=hits))

    def _retry(self, update: RetryUpdate) -> None:
        self._connection.execute(
            entries.update()
            .where(entries.c.id == update.entry_id, entries.c.read_after.is_not(None))
            .values(read_after=update.not_before, attempts=entries.c.attempts + 1)
        )

    # --- editions and parcels -----------------------------------------------------------------------

    def _edition(self, update: EditionUpdate) -> None:
        digest = update.digest
        # Another process (`digest send`) may have made an edition since this one was composed; with `catch_up: skip`
        # the two need not begin at the same time, and would tell the same.
        covered = sa.select(digests.c.window_end).where(digests.c.id == digest.id).with_for_update()
        if (until := self._connection.scalar(covered)) is not None and until > digest.window.start:
            return
        if not self.inserted(editions, rows.edition_values(digest, update.parcels, update.now)):
            return
        edition_id = self._connection.execute(
            sa.select(editions.c.id).where(
                editions.c.digest == digest.id, editions.c.window_start == digest.window.start
            )
        ).scalar_one()
        members = {member for story in digest.stories for member in (story.front.match_id, *story.members)}
        members.update(member for repeat in digest.repeats for member in repeat.members)
        if members:
            self._connection.execute(
                edition_matches.insert(), [{"edition_id": edition_id, "match_id": member} for member in sorted(members)]
            )
        for parcel in update.parcels:
            self._freeze(edition_id, parcel, update.now)
        self._close_window(update)

    def _freeze(self, edition_id: int, parcel: Parcel, now: datetime) -> None:
        new = self._insert_new(parcels).returning(parcels.c.id)
        parcel_id = self._connection.scalar(new, rows.parcel_values(edition_id, parcel, now))
        if parcel_id is not None:  # a recipient who is named twice gets it once
            self._connection.execute(contents.insert(), {"parcel_id": parcel_id, "raw": parcel.raw})

    def _close_window(self, update: EditionUpdate) -> None:
        digest = update.digest
        self.inserted(digests, rows.new_digest(digest.id, digest.window.start))
        query = sa.select(digests.c.high_water).where(digests.c.id == digest.id)
        self._connection.execute(
            digests.update()
            .where(digests.c.id == digest.id)
            .values(
                window_end=digest.window.end,
                high_water=max(digest.high_water, self._connection.scalar(query) or 0),
                carried=digest.carried,
            )
        )

    def _parcels(self, updates: Sequence[ParcelUpdate]) -> None:
        if not updates:
            return
        moves = [
            {
                "parcel_id": update.parcel_id,
                "to": update.state.value,
                "now": update.now,
                "later": update.next_attempt_at or AT_ONCE,
                "word": update.reply,
                "tried": update.attempts,
                "seen": update.seen.value if update.seen else None,
            }
            for update in updates
        ]
        if self._connection.execute(_MOVE, moves).rowcount != len(moves):
            known = set(self._connection.scalars(sa.select(parcels.c.id)))
            if missing := sorted({update.parcel_id for update in updates} - known):
                raise StoreError(f"the outbox holds no parcel {', '.join(map(str, missing))}")
            if any(update.seen for update in updates):
                raise Stale("the outbox has changed since it was looked at; nothing was written")

    def _hurry(self, update: HurryUpdate) -> None:
        ready = parcels.c.state == ParcelState.READY.value
        self._connection.execute(parcels.update().where(ready).values(next_attempt_at=update.now))

    # --- inserting what may be there already --------------------------------------------------------

    def inserted(self, table: sa.Table, values: Mapping[str, Any]) -> bool:
        """Insert the row unless its place is taken; whether it was inserted."""
        result = self._connection.execute(
            self._insert_new(table).inline(), values, execution_options={"preserve_rowcount": True}
        )
        return result.rowcount == 1

    def _insert_new(self, table: sa.Table) -> sa.Insert:
        return insert(self._connection, table).on_conflict_do_nothing()


_SEEN = sa.bindparam("seen", type_=sa.String)

# One statement whatever changes: a message's way through the outbox is three of them. What was taken or given up stays
# so: whoever looked at the outbox a moment before must not have it sent again.
_MOVE = (
    parcels.update()
    .where(
        parcels.c.id == sa.bindparam("parcel_id"),
        parcels.c.state != ParcelState.SENT.value,
        sa.or_(parcels.c.state == _SEEN, sa.and_(_SEEN.is_(None), parcels.c.state != ParcelState.DROPPED.value)),
    )
    .values(
        state=sa.bindparam("to"),
        changed_at=sa.bindparam("now"),
        next_attempt_at=sa.bindparam("later"),
        reply=sa.func.coalesce(sa.bindparam("word", type_=PlainText), parcels.c.reply),
        attempts=sa.func.coalesce(sa.bindparam("tried", type_=sa.Integer), parcels.c.attempts),
    )
)
