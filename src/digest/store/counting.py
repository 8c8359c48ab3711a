"""How much the store holds, and how much came in."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from digest.model import Counts, ParcelState, Recent
from digest.store.tables import AT_ONCE, articles, editions, entries, feeds, matches, parcels


def recent(connection: Connection, since: datetime) -> Recent:
    """How much came in since then."""
    new = count(connection, entries, entries.c.first_seen >= since)
    return Recent(since, new, count(connection, matches, matches.c.made_at >= since))


def pressing(connection: Connection) -> Counts:
    """Of `everything`, what may ask for somebody: feeds, what waits to be read, the outbox. Quick in any store."""
    subscribed = feeds.c.subscribed.is_(True)
    states = sa.select(parcels.c.state, sa.func.count()).group_by(parcels.c.state)
    return Counts(
        feeds=count(connection, feeds, subscribed),
        failing=count(connection, feeds, subscribed, feeds.c.failures > 0),
        stopped=count(connection, feeds, subscribed, feeds.c.stopped.is_(True)),
        waiting=count(connection, entries, entries.c.read_after >= AT_ONCE),
        outbox={ParcelState(state): number for state, number in connection.execute(states)},
    )


def everything(connection: Connection) -> Counts:
    """How much the store holds. Reads whole tables: a fifth of a second for 100,000 articles."""
    return replace(
        pressing(connection),
        entries=count(connection, entries),
        articles=count(connection, articles),
        incomplete=count(connection, articles, articles.c.complete.is_(False)),
        matches=count(connection, matches),
        editions=count(connection, editions),
    )


def count(connection: Connection, table: sa.FromClause, *conditions: sa.ColumnElement[bool]) -> int:
    """The number of rows for which all conditions hold."""
    return connection.scalar(sa.select(sa.func.count()).select_from(table).where(*conditions)) or 0
