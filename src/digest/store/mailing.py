"""Digests and their editions: what is owed to whom, and what an edition rests on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from digest import planner
from digest.errors import StoreError
from digest.feeds import without_credentials
from digest.model import Coverage, DigestState, FailingFeed, Flagged, StoredEdition, Window
from digest.store import rows, updates
from digest.store.counting import count
from digest.store.tables import FEED_NAME, articles, digests, editions, entries, feeds, matches


def state(connection: Connection, digest_id: str) -> DigestState | None:
    """What is known of a digest; None before it was asked for."""
    row = connection.execute(sa.select(digests).where(digests.c.id == digest_id)).one_or_none()
    return rows.digest_state(row) if row else None


def states(connection: Connection) -> dict[str, DigestState]:
    """What is known of each digest, by id."""
    return {row.id: rows.digest_state(row) for row in connection.execute(sa.select(digests))}


def pending(
    connection: Connection, known: DigestState, topics: Collection[str], least: int | None, *, images: bool
) -> list[Flagged]:
    """The matches of these topics that the digest has not settled: carried over, or made since; by match id.

    `least`: those of so many points at least. `images`: with the picture that the feed names, for which the whole
    entry is read.
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
    found = [rows.flagged(row) for row in connection.execute(query.where(matches.c.id > known.high_water))]
    for chunk in updates.chunks(match_id for match_id in known.carried if match_id <= known.high_water):
        found += [rows.flagged(row) for row in connection.execute(query.where(matches.c.id.in_(chunk)))]
    return sorted(found, key=lambda flagged: flagged.match_id)


def pending_count(connection: Connection, known: DigestState, topics: Collection[str], least: int | None) -> int:
    """How many `pending` holds, without reading them."""
    wanted = matches.c.topic.in_(topics), *([matches.c.score >= least] if least is not None else [])
    carried = updates.chunks(match_id for match_id in known.carried if match_id <= known.high_water)
    new = count(connection, matches, *wanted, matches.c.id > known.high_water)
    return new + sum(count(connection, matches, *wanted, matches.c.id.in_(chunk)) for chunk in carried)


def coverage(connection: Connection, window: Window, now: datetime) -> Coverage:
    """How the feeds did from the window's start until now: what an edition that is made now rests on."""
    subscribed = feeds.c.subscribed.is_(True)
    seen = entries.c.first_seen.between(window.start, now)
    # An error without a failure that counts: we were offline, and have read nothing all the same.
    broken = sa.or_(feeds.c.failures > 0, feeds.c.stopped.is_(True), feeds.c.last_error.is_not(None))
    # In a window that is shorter than a feed's interval, its last answer is as good as one of today.
    not_due = sa.and_(feeds.c.last_success_at.is_not(None), feeds.c.next_poll_at > now, sa.not_(broken))
    read = sa.or_(feeds.c.last_success_at.between(window.start, now), not_due)
    shown = sa.select(feeds, FEED_NAME.label("shown")).where(subscribed).order_by(feeds.c.id)
    gaps = sa.select(FEED_NAME).where(subscribed, feeds.c.lost_window_at.between(window.start, now))
    return Coverage(
        feeds=count(connection, feeds, subscribed),
        polled=count(connection, feeds, subscribed, read),
        failing=tuple(_failing(row, now) for row in connection.execute(shown.where(broken))),
        gaps=tuple(connection.scalars(gaps.order_by(feeds.c.id))),
        entries=count(connection, entries, seen),
        incomplete=count(connection, articles.join(entries), seen, articles.c.complete.is_(False)),
        notices=tuple(_notices(connection.execute(shown.where(sa.not_(broken))), window.start, now)),
    )


def windows(connection: Connection, digest_id: str) -> dict[int, Window]:
    """The window of each edition of a digest that has a page, by its id, the oldest first."""
    query = (
        sa.select(editions.c.id, editions.c.window_start, editions.c.window_end, editions.c.slots)
        .where(editions.c.digest == digest_id, editions.c.html != "")
        .order_by(editions.c.window_end, editions.c.id)
    )
    return {row.id: Window(row.window_start, row.window_end, row.slots) for row in connection.execute(query)}


def edition(connection: Connection, edition_id: int) -> StoredEdition:
    """One edition as it was frozen. Raises StoreError when there is none."""
    row = connection.execute(sa.select(editions).where(editions.c.id == edition_id)).one_or_none()
    if row is None:
        raise StoreError(f"the store knows no edition {edition_id}")
    window = Window(row.window_start, row.window_end, row.slots)
    return StoredEdition(row.id, row.digest, window, row.html, row.data)


def _failing(row: Row[Any], now: datetime) -> FailingFeed:
    health = planner.health(rows.feed_state(row), now)
    return FailingFeed(without_credentials(row.url), _shown(row), health.sentence, health.next_try)


def _notices(found: Iterable[Row[Any]], since: datetime, now: datetime) -> Iterator[str]:
    for row in found:
        if told := planner.remark(rows.feed_state(row), since, now):
            yield f"{_shown(row)}: {told}"


def _shown(row: Row[Any]) -> str:
    return without_credentials(row.url) if row.shown == row.url else str(row.shown)
