"""Look at a store without leaving a trace: nothing is made, migrated, locked or written."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import URL, Engine

from digest.errors import StoreError
from digest.store import database
from digest.store.lock import held


def open_to_look(url: URL) -> Engine | None:
    """An engine that can only read; None where there is no store yet.

    Raises StoreError for a schema that is not the one this version works with: only a service changes it.
    """
    path = database.sqlite_path(url)
    if path is not None and not database.is_there(path):
        return None
    engine = _postgresql(url) if path is None else _sqlite(path)
    try:
        with engine.begin() as connection:
            found = database.version(connection)
        if found is None:
            engine.dispose()
            return None
        if found != database.SCHEMA:
            name = database.shown(url)
            database.refuse_newer(engine, name)
            what = f"{name}: the store was written by an older digest (schema {found}, this one knows"
            raise StoreError(f"{what} {database.SCHEMA}); `digest run` brings it up to date")
    except BaseException:
        engine.dispose()
        raise
    return engine


def _sqlite(path: Path) -> Engine:
    # A reader that may not write leaves empty -wal and -shm files beside a database that nobody has open. With
    # `immutable` it leaves none; that is only right where nobody writes and no log is left over.
    alone = not held(path) and not path.with_name(path.name + "-wal").exists()
    uri = f"{path.absolute().as_uri()}?mode=ro{'&immutable=1' if alone else ''}"
    return sa.create_engine(
        "sqlite://",
        creator=lambda: sqlite3.connect(uri, uri=True, timeout=database.BUSY_TIMEOUT_S, check_same_thread=False),
        poolclass=sa.pool.NullPool,
    )


def _postgresql(url: URL) -> Engine:
    given = url.query.get("options", "")
    options = [*([given] if isinstance(given, str) else given), "-c default_transaction_read_only=on"]
    return database.connect(url.update_query_dict({"options": " ".join(filter(None, options))}))
