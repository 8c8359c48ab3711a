"""Copy a store into a fresh SQLite file: for backups, and for dry runs, which may leave no trace."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy.engine import URL, Connection, Engine

from digest.errors import StoreError
from digest.store import database
from digest.store.lock import held
from digest.store.transfer import carry

ATTEMPTS = 5
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def copy(source: URL, to: Path) -> None:
    """Copy what is committed at `source` to the file `to`; nothing is made where nothing is stored.

    Where no instance works on a SQLite store, its files are only read as files: SQLite itself would leave -wal and
    -shm files behind. Where one does, SQLite is asked, since only it can tell what is committed.
    """
    path = database.sqlite_path(source)
    if path is None:
        _copy_tables(source, to)
    elif database.is_there(path):
        if held(path):
            _copy_online(path, to)
        else:
            copy_files(path, to)


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


def copy_files(source: Path, to: Path) -> None:
    """Copy the database and its log, which holds what a killed instance had committed last."""
    files = {source: to, log_of(source): log_of(to)}
    for _attempt in range(ATTEMPTS):
        before = _stamps(files)
        try:
            for file, copied in files.items():
                copied.unlink(missing_ok=True)
                if file in before:
                    shutil.copyfile(file, copied)
                    copied.chmod(0o600)
        except OSError as error:
            if error.errno in NO_ROOM:
                raise StoreError(f"{to.parent}: no copy can be written here ({error.strerror}); make room") from error
            raise StoreError(
                f"{source}: the store can't be read ({error.strerror}); make it readable for this user"
            ) from error
        if _stamps(files) == before:
            return
    raise StoreError(f"{source}: the store changes while it is copied; try again")


def to_one_file(path: Path) -> None:
    """Take the log into the database and have it all reach the disk. Raises OSError when that fails."""
    with closing(sqlite3.connect(path, isolation_level=None)) as copied:
        copied.execute("PRAGMA journal_mode=DELETE").fetchone()
    with path.open("rb") as file:
        os.fsync(file.fileno())


def log_of(database_file: Path) -> Path:
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
        with snapshot(old) as reading:
            schema = database.version(reading)
            if schema is None:
                return
            to.touch(mode=0o600)
            database.migrate(new, name, schema)
            with new.execution_options(writes=True).begin() as writing:
                carry(reading, writing)
    finally:
        old.dispose()
        new.dispose()


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """One unchanging view of all that is committed, while others go on writing."""
    if engine.dialect.name == "sqlite":
        with engine.begin() as reading:
            yield reading
    else:
        options: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with engine.connect().execution_options(**options) as reading:
            yield reading
