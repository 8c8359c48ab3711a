"""What the poller asks: which feeds are due, how they stand, what was seen of them before."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from digest.errors import StoreError
from digest.model import DueFeed, FeedState
from digest.store import rows, updates
from digest.store.tables import entries, feeds, storable

TITLES = 1000  # more than any feed shows at once

# Made once: to build a query of thirty columns, and find it among those compiled, takes longer than to run it.
_OF_THESE = sa.select(feeds).where(feeds.c.url.in_(sa.bindparam("urls", expanding=True)))


def due(connection: Connection, now: datetime, since: datetime | None, limit: int | None) -> list[DueFeed]:
    """The subscribed feeds whose next poll is due, the longest overdue first; with `since`, due only since then."""
    query = (
        sa.select(feeds.c.url, feeds.c.failures > 0)
        .where(feeds.c.subscribed.is_(True), feeds.c.stopped.is_(False), feeds.c.next_poll_at <= now)
        .order_by(feeds.c.next_poll_at, feeds.c.id)
        .limit(limit)
    )
    if since is not None:
        query = query.where(feeds.c.next_poll_at >= since)
    return [DueFeed(url, bool(failing)) for url, failing in connection.execute(query)]


def states(connection: Connection, urls: Sequence[str]) -> list[FeedState | StoreError]:
    """The feeds of these URLs, subscribed or not; an error for each that was never subscribed."""
    asked = [storable(url) for url in urls]
    found = {
        row.url: rows.feed_state(row)
        for chunk in updates.chunks(asked)
        for row in connection.execute(_OF_THESE, {"urls": chunk})
    }
    return [
        found.get(stored) or StoreError(f"the store knows no feed {url}; subscribe to it first")
        for url, stored in zip(urls, asked, strict=True)
    ]


def subscribed(connection: Connection) -> list[FeedState]:
    """Every subscribed feed, in the order of subscription."""
    query = sa.select(feeds).where(feeds.c.subscribed.is_(True)).order_by(feeds.c.id)
    return [rows.feed_state(row) for row in connection.execute(query)]


def titles(connection: Connection, feed_url: str) -> list[str]:
    """The titles of a feed's latest entries, as far as they are kept."""
    latest = sa.select(entries.c.entry).join(feeds).where(feeds.c.url == feed_url)
    return [entry.title for entry in connection.scalars(latest.order_by(entries.c.id.desc()).limit(TITLES))]


def known(connection: Connection, asked: Sequence[tuple[str, Collection[str]]]) -> list[set[str]]:
    """For each feed URL with keys, those of the keys that an entry of this feed was seen with, ever."""
    found: list[set[str]] = [set() for _ in asked]
    hashed = (
        (number, key, identity)
        for number, (feed_url, keys) in enumerate(asked)
        for some in updates.chunks(keys)
        for key, identity in zip(rows.keys(feed_url, some), some, strict=True)
    )
    for some in updates.chunks(hashed):
        stored = updates.known_keys(connection, {key for _, key, _ in some})
        for number, key, identity in some:
            if key in stored:
                found[number].add(identity)
    return found
