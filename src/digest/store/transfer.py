"""Carry every row of one database into another, of either kind, and prove that each arrived."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from digest.errors import StoreError
from digest.store.tables import metadata

ROWS_AT_ONCE = 500
_SUM_BYTES = 16


@dataclass(frozen=True, slots=True)
class Content:
    """How much a table holds, and a sum over the hashes of its rows: equal in whichever order they are read."""

    rows: int = 0
    checksum: int = 0

    def with_row(self, row: tuple[Any, ...]) -> Content:
        """The same and one row more."""
        hashed = blake2b(repr(row).encode("utf-8", "surrogatepass"), digest_size=_SUM_BYTES).digest()
        return Content(self.rows + 1, (self.checksum + int.from_bytes(hashed)) % 2 ** (8 * _SUM_BYTES))


def carry(reading: Connection, writing: Connection) -> dict[str, Content]:
    """Write all rows of one store into the empty tables of another of the same schema; what each table holds.

    The caller begins and ends both transactions: `reading` should be one snapshot. Where ids are counted by the
    database, counting goes on where it was. Raises StoreError when what was written reads differently.
    """
    sources, targets = _tables(reading, writing)
    contents = {table.name: _carried(reading, sources[table.name], writing, table) for table in targets}
    _count_on(reading, writing, targets)
    for table in targets:
        if (arrived := _content(writing, table)) != contents[table.name]:
            raise StoreError(
                f"{table.name}: {contents[table.name].rows} rows were read and {arrived.rows} arrived, or not as they"
                " were; nothing was changed"
            )
    return contents


def _tables(reading: Connection, writing: Connection) -> tuple[Mapping[str, sa.Table], list[sa.Table]]:
    """The store's tables as each database has them, the writer's in the order that foreign keys ask for.

    They are taken from the databases, since a copy may be of an older schema. A SQLite file holds nothing but a store;
    a PostgreSQL may hold tables of others too.
    """
    sides = [connection for connection in (writing, reading) if connection.dialect.name == "sqlite"]
    names = set(sa.inspect(sides[0]).get_table_names() if sides else metadata.tables) - {"alembic_version"}
    found = []
    for connection in (reading, writing):
        reflected = sa.MetaData()
        reflected.reflect(connection, only=lambda name, _: name in names)
        if missing := names - set(reflected.tables):
            raise StoreError(f"the store has no table {', '.join(sorted(missing))}")
        found.append(reflected)
    return found[0].tables, found[1].sorted_tables


def _carried(reading: Connection, source: sa.Table, writing: Connection, target: sa.Table) -> Content:
    content = Content()
    naive = writing.dialect.name == "sqlite"
    names = [column.name for column in target.columns]
    for rows in _partitions(reading, source, names):
        for row in rows:
            content = content.with_row(row)
        writing.execute(
            target.insert(), [{name: _typed(v, naive) for name, v in zip(names, row, strict=True)} for row in rows]
        )
    return content


def _content(connection: Connection, table: sa.Table) -> Content:
    content = Content()
    for rows in _partitions(connection, table, [column.name for column in table.columns]):
        for row in rows:
            content = content.with_row(row)
    return content


def _partitions(connection: Connection, table: sa.Table, names: list[str]) -> Iterator[list[tuple[Any, ...]]]:
    query = sa.select(*(table.c[name] for name in names)).execution_options(yield_per=ROWS_AT_ONCE)
    for rows in connection.execute(query).partitions():
        yield [tuple(_plain(value) for value in row) for row in rows]


def _plain(value: Any) -> Any:
    """A value as it is the same from every database: instants aware and in UTC, truth as a number, octets as bytes."""
    match value:
        case datetime():
            return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        case bool():
            return int(value)
        case bytearray() | memoryview():
            return bytes(value)
        case _:
            return value


def _typed(value: Any, naive: bool) -> Any:
    """The value as the writing database wants it; truth is cast by the column."""
    return value.replace(tzinfo=None) if naive and isinstance(value, datetime) else value


# --- ids that are counted ----------------------------------------------------------------------------------


def _count_on(reading: Connection, writing: Connection, tables: list[sa.Table]) -> None:
    """Ids are never given twice, also when the rows with the highest ones are gone: digests remember them."""
    counted = _positions(reading, tables)
    for table in tables:
        key = table.primary_key.columns
        if len(key) != 1 or not isinstance(key[0].type, sa.Integer):
            continue
        highest = writing.scalar(sa.select(sa.func.max(key[0]))) or 0
        if position := max(counted.get(table.name, 0), highest):
            _set_position(writing, table.name, key[0].name, position)


def _positions(connection: Connection, tables: list[sa.Table]) -> dict[str, int]:
    if connection.dialect.name == "sqlite":
        counted = connection.execute(sa.text("SELECT name, seq FROM sqlite_sequence"))
        return {row.name: row.seq for row in counted}
    found = {}
    for table in tables:
        for column in table.primary_key.columns:
            if sequence := _sequence(connection, table.name, column.name):
                row = connection.execute(sa.text(f"SELECT last_value, is_called FROM {sequence}")).one()  # noqa: S608 - its own name
                found[table.name] = row.last_value if row.is_called else 0
    return found


def _set_position(connection: Connection, table: str, column: str, position: int) -> None:
    if connection.dialect.name == "postgresql":
        if sequence := _sequence(connection, table, column):
            connection.execute(
                sa.text("SELECT setval(:sequence, :position)"), {"sequence": sequence, "position": position}
            )
    elif _autoincrement(connection, table):
        values = {"name": table, "position": position}
        connection.execute(sa.text("DELETE FROM sqlite_sequence WHERE name = :name"), values)
        connection.execute(sa.text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :position)"), values)


def _autoincrement(connection: Connection, table: str) -> bool:
    made = connection.scalar(sa.text("SELECT sql FROM sqlite_master WHERE name = :name"), {"name": table})
    return "AUTOINCREMENT" in str(made).upper()


def _sequence(connection: Connection, table: str, column: str) -> str | None:
    named = {"table": connection.dialect.identifier_preparer.quote(table), "column": column}
    found: str | None = connection.scalar(sa.text("SELECT pg_get_serial_sequence(:table, :column)"), named)
    return found
