"""Open a database as a store: be its one instance, bring its schema up to date, look for damage."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
import structlog
from sqlalchemy.engine import URL, Connection, Engine

from digest.errors import StoreError
from digest.store import copies, database, integrity
from digest.store.lock import Lock, lock_postgresql, lock_sqlite

log = structlog.get_logger(__name__)


def open_database(url: URL, *, lock: bool, look: bool = True) -> tuple[Engine, Lock | None]:
    """The database with the newest schema, made or migrated as needed, and the lock if it is wanted.

    Where the lock is taken it looks for damage first, for `integrity.QUICK_S` at most; without `look`, only before a
    migration.
    Raises StoreLocked when another instance works on it, and StoreError when the place can't be written, holds
    something else, is damaged, or was written by a newer digest.
    """
    name, path = database.shown(url), database.sqlite_path(url)
    if path:
        database.make_private(path)
    engine = database.connect(url)
    held: Lock | None = None
    try:
        with database.in_words(name):
            if lock or database.outdated(engine):
                held = take_lock(url, engine)
                if path and (look or database.outdated(engine)):
                    integrity.Look(path).check(within_s=integrity.QUICK_S)
                _bring_up_to_date(url, engine)
        if held and not lock:
            held.release()
            held = None
    except BaseException:
        if held:
            held.release()
        engine.dispose()
        raise
    return engine, held


def take_lock(url: URL, engine: Engine) -> Lock:
    """Be the one instance. A schema never changes, and no store is exchanged, under a service that runs."""
    path = database.sqlite_path(url)
    return lock_sqlite(path) if path else lock_postgresql(engine, database.shown(url))


def _bring_up_to_date(url: URL, engine: Engine) -> None:
    """Migrate an older schema, with a copy from before: an upgrade that disappoints must not be the end."""
    name, path = database.shown(url), database.sqlite_path(url)
    with engine.begin() as connection:
        current = database.version(connection)
    if current == database.SCHEMA:
        return
    database.refuse_newer(engine, name)
    kept = str(_copy_beside(url, path)) if path and current else None
    with engine.execution_options(writes=True).begin() as connection:
        if current and not path:
            kept = _copy_into_schema(connection, current)
        database.upgrade(connection, name, database.SCHEMA)
    if current:
        log.warning("store migrated", store=name, schema=database.SCHEMA, was=current, copy_from_before=kept)


def _copy_beside(url: URL, path: Path) -> Path:
    copy = path.with_name(f"{path.name}.before-{database.SCHEMA}")
    with unfinished(copy) as partial:
        copies.copy(url, partial)
        copies.to_one_file(partial)
        partial.replace(copy)
        sync_directory(copy.parent)
    return copy


@contextmanager
def unfinished(path: Path) -> Iterator[Path]:
    """Another name beside this one, for what is not whole yet. What still has it in the end is removed."""
    partial = path.with_name(f".{path.name}.unfinished")
    leftovers = [partial.with_name(partial.name + suffix) for suffix in ("", "-wal", "-shm", "-journal")]
    for leftover in leftovers:  # of a process that was killed
        leftover.unlink(missing_ok=True)
    try:
        yield partial
    except OSError as error:
        raise StoreError(
            f"{error.filename or path}: can't be written ({error.strerror}); make room there and make it writable"
            " for this user"
        ) from error
    finally:
        for leftover in leftovers:
            leftover.unlink(missing_ok=True)


def sync_directory(directory: Path) -> None:
    """Have the names in it reach the disk."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def tables_of(revision: str) -> list[str]:
    """The tables of a schema, `alembic_version` too. A PostgreSQL may hold others' tables beside them."""
    with tempfile.TemporaryDirectory(prefix="digest-schema-") as scratch:
        engine = database.connect(URL.create("sqlite", database=str(Path(scratch) / "empty.db")))
        try:
            database.migrate(engine, "an empty store", revision)
            return sa.inspect(engine).get_table_names()
        finally:
            engine.dispose()


def _copy_into_schema(connection: Connection, revision: str) -> str:
    """Copy the tables into a schema of their own, which is a store by itself with `options=-csearch_path=NAME`."""
    schema = f"digest_before_{database.SCHEMA}"
    connection.execute(sa.text(f"DROP SCHEMA IF EXISTS {schema} CASCADE"))
    connection.execute(sa.text(f"CREATE SCHEMA {schema}"))
    for table in tables_of(revision):
        connection.execute(sa.text(f"CREATE TABLE {schema}.{table} AS TABLE {table}"))
    return f"schema {schema}"
