"""Open a database, bring its schema up to date, and say in words what is wrong with it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import URL, Connection, Engine, make_url

from digest.errors import StoreError

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy.dialects import postgresql

SCHEMA = "0008"
"""The newest revision under migrations/versions; a test compares them."""

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_TIMEOUT_S = 30.0
LOG_BYTES = 64_000_000
# Any number of our own; the two locks of one database must differ.
MIGRATION_LOCK, ORDER_LOCK = 7_306_001, 7_306_002


def parse(url: str) -> URL:
    """The URL of a store. Raises StoreError when it names no database that digest works with."""
    try:
        parsed = make_url(url)
    except sa.exc.ArgumentError as error:
        raise StoreError(f"store: {url!r} is no database URL; write sqlite:///digest.db") from error
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in {"sqlite", "sqlite+pysqlite", "postgresql+psycopg"}:
        raise StoreError(
            f"store: {parsed.drivername} is not supported; write sqlite:///digest.db or postgresql+psycopg://..."
        )
    if parsed.get_backend_name() == "sqlite" and parsed.database in {None, "", ":memory:"}:
        raise StoreError("store: a SQLite store needs a file; write sqlite:///digest.db")
    return parsed


def sqlite_path(url: URL) -> Path | None:
    """The database file, or None when the store is no SQLite file."""
    return Path(str(url.database)) if url.get_backend_name() == "sqlite" else None


def shown(url: URL) -> str:
    """The store as errors and logs name it: without its password."""
    path = sqlite_path(url)
    return str(path) if path else url.render_as_string(hide_password=True)


def is_there(path: Path) -> bool:
    """Whether a store's file is there. Raises StoreError where this user may not look."""
    try:
        return path.exists()
    except PermissionError as error:
        raise StoreError(
            f"{path}: this user may not look there; call digest as the user who runs it, or as root"
        ) from error


def make_private(path: Path) -> None:
    """Make the directory (0700) and the empty database file (0600). Raises StoreError when that can't be done."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            path.touch(mode=0o600, exist_ok=True)
            leave_to_owner(path)
    except OSError as error:
        raise StoreError(
            f"{path}: the store can't be made here ({error.strerror}); make {path.parent} writable for this user,"
            " or name another place under `store:`"
        ) from error


def leave_to_owner(path: Path, of: Path | None = None) -> None:
    """As root, give a new file to whom another file belongs, else its directory: to root's, a service has no access."""
    if os.geteuid() == 0:
        owner = (of or path.parent).stat()
        with suppress(PermissionError):  # a root without this right, as in a container: nobody else is there
            os.chown(path, owner.st_uid, owner.st_gid)


def connect(url: URL) -> Engine:
    """An engine whose transactions begin where they say they begin. Nothing is connected yet."""
    if url.get_backend_name() == "sqlite":
        return _sqlite(url)
    try:
        engine = sa.create_engine(url, pool_pre_ping=True, pool_size=5, max_overflow=-1)
    except ModuleNotFoundError as error:
        raise StoreError(
            f"{shown(url)}: the PostgreSQL driver is not installed; pip install '.[postgresql]', in digest's checkout"
        ) from error
    sa.event.listen(engine, "connect", _prepare_postgresql)
    return engine


def _sqlite(url: URL) -> Engine:
    # Threads are few and each holds its connection for a moment only: the pool need not make them wait.
    engine = sa.create_engine(url, pool_size=5, max_overflow=-1, connect_args={"timeout": BUSY_TIMEOUT_S})
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves: sqlite3 would say it late, and not before DDL
    for pragma in (
        "auto_vacuum=INCREMENTAL",  # for a file that is made now; so that forgetting gives room back
        "journal_mode=WAL",
        "synchronous=FULL",  # with NORMAL, a power cut could take back what a mail server was already told
        "foreign_keys=ON",
        f"journal_size_limit={LOG_BYTES}",  # one long transaction must not leave a long log for ever
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A deferred transaction that turns to writing fails at once when another has written since: it can't wait.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _prepare_postgresql(connection: Any, _record: Any) -> None:
    connection.execute("SET TIME ZONE 'UTC'")
    connection.commit()


def insert(connection: Connection, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT of this database that can say what to do about rows that are there already (ON CONFLICT)."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # a tenth of the start-up time of a service that has no use for it

    return postgresql.insert(table)


def version(connection: Connection) -> str | None:
    """The schema's revision, or None for an empty database."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    return found


def outdated(engine: Engine) -> bool:
    """The schema is missing, or not the one this version works with."""
    with engine.begin() as connection:
        return version(connection) != SCHEMA


def migrate(engine: Engine, name: str, to: str | None = None) -> None:
    """Bring the schema up to `to`, else to the newest, in one transaction. Raises StoreError for an unknown one."""
    with engine.execution_options(writes=True).begin() as connection:
        upgrade(connection, name, to or SCHEMA)


def upgrade(connection: Connection, name: str, to: str) -> None:
    """Bring the schema up to `to` inside the caller's transaction. Raises StoreError for an unknown one."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(MIGRATION_LOCK)))
    current = version(connection)
    if current == to:
        return
    # Half the start-up time of a command; needed once after an installation.
    from alembic import command

    config = _alembic()
    _refuse_newer({current, to}, name)
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def refuse_newer(engine: Engine, name: str) -> None:
    """Raises StoreError when the schema is one that this version does not know."""
    with engine.begin() as connection:
        current = version(connection)
    _refuse_newer({current}, name)


def _refuse_newer(revisions: set[str | None], name: str) -> None:
    from alembic.script import ScriptDirectory

    known = {script.revision for script in ScriptDirectory.from_config(_alembic()).walk_revisions()}
    if newer := {revision for revision in revisions if revision is not None} - known:
        raise StoreError(
            f"{name}: the store was written by a newer digest (schema {max(newer)}, this one knows {SCHEMA});"
            " install that version again, or restore a backup from before with `digest restore FILE`"
        )


def _alembic() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


@contextmanager
def in_words(name: str) -> Iterator[None]:
    """Turn what databases say into StoreErrors that name the store and the mend. Bugs pass through as they are."""
    try:
        yield
    except (sa.exc.IntegrityError, sa.exc.ProgrammingError, sa.exc.DataError):
        raise
    except sa.exc.DBAPIError as error:
        said = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else type(error.orig).__name__
        raise StoreError(f"{name}: {said}; {_mend(said)}") from error
    except sqlite3.DatabaseError as error:
        raise StoreError(f"{name}: {error}; {_mend(str(error))}") from error


_MENDS = {
    "not a database": "this file is no digest store, or it was overwritten: move it away, or restore a backup"
    " with `digest restore FILE`",
    "malformed": "the file is damaged: restore a backup with `digest restore FILE`",
    "locked": "another program holds the database: end it, and try again",
    "is full": "make room on this disk; nothing was changed",
    "readonly": "make the file and its directory writable for this user",
    "unable to open": "see that the directory exists and that this user may write to it",
    "disk I/O": "look at the disk's health and its mount; nothing was changed",
    "authentication failed": "see user and password under `store:`",
    "does not exist": "make this database (createdb), or name another one under `store:`",
    "connection": "see that PostgreSQL runs, and host and port under `store:`",
}


def _mend(said: str) -> str:
    return next((mend for sign, mend in _MENDS.items() if sign in said), "see what the database's own log says")
