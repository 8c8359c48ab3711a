"""Backups: one SQLite file each, of whichever database; and the way back, also into the other kind."""

from __future__ import annotations

import re
import sqlite3
import tempfile
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine

from digest.errors import BadBackup, StoreError
from digest.model import ParcelState
from digest.store import copies, database, integrity
from digest.store.opening import open_database, sync_directory, tables_of, take_lock, unfinished
from digest.store.tables import metadata, parcels
from digest.store.transfer import carry

STAMP = "%Y%m%dT%H%M%SZ"
SETTLED = (ParcelState.SENT, ParcelState.DROPPED, ParcelState.FAILED)


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restored store holds, how many of its messages are still to be delivered, and where the one lies that it
    replaced; None: there was none."""

    rows: dict[str, int]
    undelivered: int
    replaced: str | None


# --- there ---------------------------------------------------------------------------------------------------


def backup(url: str, to: Path, now: datetime) -> Path:
    """Copy a store into one new file, consistently while others write, and prove the copy; its path.

    `to` is a new file, or a directory: the file is then named by the time. A copy that could not be made whole, or that
    is damaged, never has its name. Raises StoreError for that, for a file that exists, and where no store is.
    """
    parsed = database.parse(url)
    name = database.shown(parsed)
    target = to / f"digest-{now.astimezone(UTC):{STAMP}}.db" if to.is_dir() else to
    if target.exists():
        raise StoreError(f"{target} exists; name a new file, or a directory")
    with database.in_words(name), unfinished(target) as partial:
        copies.copy(parsed, partial)
        if not partial.exists():
            raise StoreError(f"{name}: nothing is stored here yet, so there is nothing to back up")
        copies.to_one_file(partial)
        if flaw := integrity.Look(partial).flaw(thorough=True):
            raise StoreError(f"{name}: the store is damaged ({flaw}), so no backup was made; {integrity.MEND}")
        partial.replace(target)
        sync_directory(target.parent)
    return target


def remove_old(directory: Path, keep: int) -> tuple[Path, ...]:
    """Remove all but the newest backups of a directory, as `backup` names them there; those that were removed."""
    named = sorted(path for path in directory.iterdir() if re.fullmatch(r"digest-\d{8}T\d{6}Z\.db", path.name))
    gone = tuple(named[: max(0, len(named) - keep)])
    for path in gone:
        path.unlink()
    return gone


# --- and back ------------------------------------------------------------------------------------------------


def restore(url: str, backup: Path, now: datetime) -> Restored:
    """Put a backup in the place of the store at `url`, which is kept beside it.

    All or nothing: the backup is checked, and brought to this version's schema, before anything is replaced; the file
    itself is only read. Raises StoreLocked while an instance works on the store, BadBackup for a file that is none or
    is damaged, and StoreError for one that was written by a newer digest.
    """
    parsed = database.parse(url)
    path = database.sqlite_path(parsed)
    if not (database.is_there(backup) and backup.is_file()):
        raise BadBackup(f"{backup}: there is no such file; name a backup that `digest backup` made")
    with ExitStack() as stack:
        engine = database.connect(parsed)
        stack.callback(engine.dispose)
        stack.enter_context(database.in_words(database.shown(parsed)))
        if path:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        stack.callback(take_lock(parsed, engine).release)
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="digest-restore-")))
        fresh = stack.enter_context(unfinished(path)) if path else scratch / "restored.db"
        rows, undelivered = _checked(backup, fresh)
        stamp = f"{now.astimezone(UTC):{STAMP}}"
        replaced = _put_file(fresh, path, stamp) if path else _put_tables(fresh, engine, stamp)
    return Restored(rows, undelivered, replaced)


def _checked(backup: Path, fresh: Path) -> tuple[dict[str, int], int]:
    """Copy the backup to `fresh`, whole, sound and of the newest schema; the rows of each table, and what is unsent."""
    with database.in_words(str(backup)):
        copies.copy_files(backup, fresh)
        if flaw := integrity.Look(fresh).flaw(thorough=True):
            raise BadBackup(f"{backup}: this backup is damaged ({flaw}); name another one")
        engine = database.connect(URL.create("sqlite", database=str(fresh)))
        try:
            with engine.begin() as connection:
                if database.version(connection) is None:
                    raise BadBackup(f"{backup}: this is no store of digest; name a backup that `digest backup` made")
            database.migrate(engine, str(backup))
            with engine.begin() as connection:
                rows = _rows(connection)
                waiting = parcels.c.state.not_in([state.value for state in SETTLED])
                unsent = connection.scalar(sa.select(sa.func.count()).select_from(parcels).where(waiting)) or 0
        finally:
            engine.dispose()
        copies.to_one_file(fresh)
    return rows, unsent


def _put_file(fresh: Path, path: Path, stamp: str) -> str | None:
    """Exchange the files. Whenever this is interrupted, one of the two is in place, and the old one is not lost."""
    if path.exists():
        with suppress(sqlite3.DatabaseError, OSError):  # it may be as damaged as it likes
            copies.to_one_file(path)
    kept = path.with_name(f"{path.name}.replaced-{stamp}") if path.exists() else None
    if kept:
        for old, new in ((path, kept), (copies.log_of(path), copies.log_of(kept))):
            if old.exists():
                new.hardlink_to(old)
        # The log belongs to the old file alone. Taken into the new one, it would destroy it.
        copies.log_of(path).unlink(missing_ok=True)
    path.with_name(path.name + "-shm").unlink(missing_ok=True)
    database.leave_to_owner(fresh, of=path if path.exists() else None)
    fresh.replace(path)
    sync_directory(path.parent)
    return str(kept) if kept else None


def _put_tables(fresh: Path, engine: Engine, stamp: str) -> str | None:
    """Exchange the tables in one transaction; the old ones move into a schema of their own."""
    restored = database.connect(URL.create("sqlite", database=str(fresh)))
    name = database.shown(engine.url)
    try:
        with restored.begin() as reading, engine.begin() as writing:
            old = _moved_aside(writing, f"digest_replaced_{stamp.lower()}")
            database.upgrade(writing, name, database.SCHEMA)
            carry(reading, writing)
    finally:
        restored.dispose()
    return old


def _moved_aside(connection: Connection, schema: str) -> str | None:
    current = database.version(connection)
    if current is None:
        return None
    try:
        names = tables_of(current)
    except StoreError:  # of a newer version: what we know of it is all that can be in the way
        names = [*metadata.tables, "alembic_version"]
    there = set(sa.inspect(connection).get_table_names())
    connection.execute(sa.text(f"CREATE SCHEMA {schema}"))
    for table in there.intersection(names):
        connection.execute(sa.text(f"ALTER TABLE {table} SET SCHEMA {schema}"))
    return f"schema {schema}"


# --- from one database to another --------------------------------------------------------------------------


def move(source: str, target: str) -> dict[str, int]:
    """Carry a whole store into an empty one, of either kind; the rows of each table, each of them verified.

    All or nothing, in one transaction; the source stays as it is. Raises StoreLocked while an instance works on either,
    and StoreError where no store is, or where the target holds something.
    """
    old, new = database.parse(source), database.parse(target)
    if old == new:
        raise StoreError(f"{database.shown(old)}: this is the same store; name another one to move to")
    _refuse_nothing(old)
    with ExitStack() as stack:
        engines = []
        for url in (old, new):
            engine, lock = open_database(url, lock=True)
            stack.callback(engine.dispose)
            if lock:
                stack.callback(lock.release)
            engines.append(engine)
        reading = stack.enter_context(copies.snapshot(engines[0]))
        with database.in_words(database.shown(new)), engines[1].execution_options(writes=True).begin() as writing:
            if holds := [name for name, rows in _rows(writing).items() if rows]:
                raise StoreError(
                    f"{database.shown(new)}: this store is not empty (it holds {', '.join(holds)}); name an empty one"
                )
            return {name: content.rows for name, content in carry(reading, writing).items()}


def _refuse_nothing(url: URL) -> None:
    path = database.sqlite_path(url)
    if path and not database.is_there(path):
        raise StoreError(f"{path}: there is no store here; name the one to move")
    engine = database.connect(url)
    try:
        with database.in_words(database.shown(url)), engine.begin() as connection:
            if database.version(connection) is None:
                raise StoreError(f"{database.shown(url)}: there is no store here; name the one to move")
    finally:
        engine.dispose()


def _rows(connection: Connection) -> dict[str, int]:
    count = sa.func.count()
    return {table.name: connection.scalar(sa.select(count).select_from(table)) or 0 for table in metadata.sorted_tables}
