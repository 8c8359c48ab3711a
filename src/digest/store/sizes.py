"""How much room a store takes, and how what was set free is given back."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from digest.model import StoreSize
from digest.store.copies import log_of
from digest.store.tables import metadata

PAGES_AT_ONCE = 1_000
"""4 MB: other writers wait some ten milliseconds."""


def size(connection: Connection, path: Path | None) -> StoreSize:
    """The store's room in bytes. Of PostgreSQL the tables with their indexes; what is free inside, it does not tell."""
    if path is None:
        sized = sa.text(
            "SELECT coalesce(sum(pg_total_relation_size(to_regclass(t))), 0) FROM unnest(CAST(:names AS text[])) AS t"
        )
        return StoreSize(int(connection.scalar(sized, {"names": list(metadata.tables)}) or 0), 0)
    files = [file.stat().st_size for file in (path, log_of(path)) if file.exists()]
    free = _pragma(connection, "freelist_count") * _pragma(connection, "page_size")
    return StoreSize(sum(files), free)


def give_room_back(connection: Connection) -> bool:
    """Cut some free pages off a SQLite file; whether more are left. An older file, made without the way to, stays."""
    if _pragma(connection, "auto_vacuum") == 0:
        return False
    free = _pragma(connection, "freelist_count")
    driver = connection.connection.driver_connection
    if free and driver is not None:
        # By execute() it would be one page: sqlite3 stops at the first step of a statement that gives no rows.
        driver.executescript(f"PRAGMA incremental_vacuum({PAGES_AT_ONCE})")
    return free > PAGES_AT_ONCE


def _pragma(connection: Connection, name: str) -> int:
    return int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())
