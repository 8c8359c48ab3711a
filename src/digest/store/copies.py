"""Copy a store into a fresh SQLite file: for backups, and for dry runs, which may leave no trace."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine

from digest.errors import StoreError
from digest.store import database
from digest.store.lock import held

ATTEMPTS = 5
ROWS_AT_ONCE = 500


def copy(source: URL, to: Path, *, in_use: bool = False) -> None:
    """Copy what is committed at `source` to the file `to`; nothing is made where nothing is stored.

    Where no instance works on a SQLite store, its files are only read as files: SQLite itself would leave -wal and
    -shm files behind. Where one does, or it is `in_use` by ourselves, SQLite is asked, since only it can tell what
    is committed.
    """
    path = database.sqlite_path(source)
    if path is None:
        _copy_tables(source, to)
    elif path.exists():
        if in_use or held(path):
            _copy_online(path, to)
        else:
            _copy_files(path, to)


def _copy_online(source: Path, to: Path) -> None:
    """Copy a SQLite database that is in use, through a connection that may not write."""
    to.touch(mode=0o600)
    with (
        closing(
            sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True, timeout=database.BUSY_TIMEOUT_S)
        ) as old,
        closing(sqlite3.connect(to)) as new,
    ):
        old.backup(new)


def _copy_files(source: Path, to: Path) -> None:
    """Copy the database and its log, which holds what a killed instance had committed last."""
    files = {source: to, _log(source): _log(to)}
    for _attempt in range(ATTEMPTS):
        before = _stamps(files)
        try:
            for file, copied in files.items():
                copied.unlink(missing_ok=True)
                if file in before:
                    shutil.copyfile(file, copied)
                    copied.chmod(0o600)
        except OSError as error:
            raise StoreError(
                f"{source}: the store can't be read ({error.strerror}); make it readable for this user"
            ) from error
        if _stamps(files) == before:
            return
    raise StoreError(f"{source}: the store changes while it is copied; try again")


def _log(database_file: Path) -> Path:
    return database_file.with_name(database_file.name + "-wal")


def _stamps(files: dict[Path, Path]) -> dict[Path, tuple[int, int]]:
    found: dict[Path, os.stat_result] = {file: file.stat() for file in files if file.exists()}
    return {file: (stat.st_mtime_ns, stat.st_size) for file, stat in found.items()}


def _copy_tables(source: URL, to: Path) -> None:
    """Copy every table out of one snapshot, in whichever schema they are."""
    old = database.connect(source)
    new = database.connect(URL.create("sqlite", database=str(to)))
    name = database.shown(source)
    try:
        with old.connect().execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True, yield_per=ROWS_AT_ONCE
        ) as reading:
            schema = database.version(reading)
            if schema is None:
                return
            to.touch(mode=0o600)
            database.migrate(new, name, schema)
            _copy_rows(reading, new)
    finally:
        old.dispose()
        new.dispose()


def _copy_rows(reading: Connection, new: Engine) -> None:
    tables = sa.MetaData()
    with new.execution_options(writes=True).begin() as writing:
        tables.reflect(writing)
        for table in tables.sorted_tables:
            if table.name == "alembic_version":
                continue
            # By bare names: the reflected types are those of SQLite, and would misread what PostgreSQL gives.
            columns: list[sa.ColumnClause[Any]] = [sa.column(column.name) for column in table.columns]
            for some in reading.execute(sa.select(*columns).select_from(sa.table(table.name))).mappings().partitions():
                writing.execute(table.insert(), [dict(row) for row in some])
