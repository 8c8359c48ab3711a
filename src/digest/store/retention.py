"""What is kept how long: one line a table, and the removal of what is kept no longer."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from digest.config import KeepSettings
from digest.model import ParcelState
from digest.store import updates
from digest.store.tables import contents, digests, editions, entries, feeds, matches, metadata, parcels

Setting = Literal["articles", "editions", "messages"]

FOR_EVER = "for ever"


@dataclass(frozen=True, slots=True)
class With:
    """Rows go with the row of another table that they belong to: a foreign key with ON DELETE CASCADE sees to it."""

    table: str


@dataclass(frozen=True, slots=True)
class Aged:
    """Rows go when `column` is older than the setting says; a column of the table `of` that they refer to, if one is
    named."""

    column: str
    setting: Setting
    of: str | None = None


@dataclass(frozen=True, slots=True)
class Emptied:
    """Rows stay for ever, but these columns are emptied when `column` is older than the setting says."""

    column: str
    setting: Setting
    emptied: tuple[str, ...]


# Every table stands here; a test sees to it. Entries and matches that are still to be read or mailed stay in any case.
KEPT: Mapping[str, str | With | Aged | Emptied] = {
    "feeds": FOR_EVER,
    "digests": FOR_EVER,
    "subscriptions": FOR_EVER,  # at most one a feed; `hubs` ends them
    "entry_keys": FOR_EVER,  # who forgets one, flags an old entry again
    "edition_matches": FOR_EVER,  # who forgets one, mails a story again; 16 bytes each
    "entries": Aged("first_seen", "articles"),
    "articles": With("entries"),
    "matches": With("articles"),
    "shingles": With("articles"),
    "sites": Aged("taught_at", "articles"),
    "site_blocks": With("sites"),  # and sooner, as `learning` tidies
    "kills": Aged("last_at", "articles"),
    "editions": Emptied("made_at", "editions", ("html", "text", "data")),
    "parcels": FOR_EVER,
    "contents": Aged("changed_at", "messages", of="parcels"),
}

DONE = (ParcelState.SENT.value, ParcelState.DROPPED.value)


def forget(
    connection: Connection, keep: KeepSettings, now: datetime, mailings: Mapping[str, Collection[str]], limit: int
) -> int:
    """Remove at most about `limit` rows of each table that are kept no longer; how many. 0: nothing is left to do.

    `mailings` are the topics of each digest: a match that one of them has yet to mail holds its article.
    """
    held = _held(connection, mailings)
    count = 0
    for name, rule in KEPT.items():
        if isinstance(rule, str | With):
            continue
        kept_s: float | None = getattr(keep, rule.setting)
        if kept_s is None:
            continue
        table, before = metadata.tables[name], now - timedelta(seconds=kept_s)
        if isinstance(rule, Aged):
            gone = _aged(table, metadata.tables[rule.of or name].c[rule.column] < before, held)
            count += _delete(connection, table, gone.limit(limit))
        else:
            count += _empty(connection, table, table.c[rule.column] < before, rule.emptied, limit)
    return count


def _held(connection: Connection, mailings: Mapping[str, Collection[str]]) -> sa.ColumnElement[bool]:
    """A condition on `matches`: one of the digests has yet to mail it."""
    conditions: list[sa.ColumnElement[bool]] = []
    for row in connection.execute(sa.select(digests).where(digests.c.id.in_(mailings))):
        waiting = [matches.c.id > row.high_water]
        # Written into the statement: there may be more of them than a statement may have parameters.
        carried: sa.BindParameter[int] = sa.bindparam(
            f"carried_{len(conditions)}", list(row.carried), expanding=True, literal_execute=True
        )
        waiting.append(matches.c.id.in_(carried))
        conditions.append(sa.and_(matches.c.topic.in_(mailings[row.id]), sa.or_(*waiting)))
    return sa.or_(sa.false(), *conditions)


def _aged(table: sa.Table, old: sa.ColumnElement[bool], held: sa.ColumnElement[bool]) -> sa.Select[tuple[object, ...]]:
    """The primary keys of what goes."""
    query = sa.select(*table.primary_key.columns).where(old)
    if table is contents:
        return query.join(parcels).where(_finished(parcels))
    if table is not entries:
        return query
    unsubscribed = sa.select(feeds.c.id).where(feeds.c.subscribed.is_(False))
    settled = sa.or_(entries.c.read_after.is_(None), entries.c.feed_id.in_(unsubscribed))
    holding = sa.exists().where(matches.c.entry_id == entries.c.id, held)
    return query.where(settled, ~holding)


def _delete(connection: Connection, table: sa.Table, gone: sa.Select[tuple[object, ...]]) -> int:
    keys = [tuple(row) for row in connection.execute(gone)]
    columns = list(table.primary_key.columns)
    for chunk in updates.chunks(keys, 500):
        these = columns[0].in_([key[0] for key in chunk]) if len(columns) == 1 else sa.tuple_(*columns).in_(chunk)
        connection.execute(table.delete().where(these))
    return len(keys)


def _empty(
    connection: Connection, table: sa.Table, old: sa.ColumnElement[bool], emptied: Iterable[str], limit: int
) -> int:
    columns = [table.c[name] for name in emptied]
    nothing = {column.name: b"" if isinstance(column.type, sa.LargeBinary) else "" for column in columns}
    full = sa.or_(*(sa.func.length(column) > 0 for column in columns))
    key = next(iter(table.primary_key.columns))
    query = sa.select(key).where(old, full, _finished(table)).limit(limit)
    keys = list(connection.scalars(query))
    if keys:
        connection.execute(table.update().where(key.in_(keys)).values(nothing))
    return len(keys)


def _finished(table: sa.Table) -> sa.ColumnElement[bool]:
    """Nothing of it may still have to be sent: neither the message itself nor any message of the edition."""
    if table is parcels:
        return parcels.c.state.in_(DONE)
    if table is editions:
        return ~sa.exists().where(parcels.c.edition_id == editions.c.id, parcels.c.state.not_in(DONE))
    return sa.true()
