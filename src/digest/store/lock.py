"""One instance per store: a lock that the operating system or the server takes back when its holder dies."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from digest.errors import StoreError, StoreLocked
from digest.store.database import leave_to_owner

INSTANCE_LOCK = 7_306_000
# A dry run asks for an instant whether the lock is held, and PostgreSQL takes a while to see that a client was killed:
# neither must turn a starting service away.
PATIENCE_S = 1.0


class Lock(Protocol):
    """A lock that is held until it is released."""

    def prove(self) -> None:
        """Raises when it was lost, and may be another's by now."""

    def release(self) -> None:
        """Give it back."""


def lock_file(database: Path) -> Path:
    """Where the lock of a SQLite store lies: beside it."""
    return database.with_name(database.name + ".lock")


class FileLock:
    """A held flock(2). The file stays when it is released: removing it would let two others in."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def prove(self) -> None:
        """It is held as long as the file is open."""

    def release(self) -> None:
        """Give it back."""
        os.close(self._descriptor)


def lock_sqlite(database: Path) -> FileLock:
    """Raises StoreLocked when another instance holds it."""
    path = lock_file(database)
    try:
        new = not path.exists()
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if new:
            leave_to_owner(path)
    except OSError as error:
        raise StoreError(
            f"{path}: the lock file can't be written ({error.strerror}); make it writable for this user"
        ) from error
    if not _in_time(lambda: _flocked(descriptor)):
        holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip()
        os.close(descriptor)
        who = f"another digest (process {holder})" if holder else "another digest"
        raise StoreLocked(f"{database}: {who} works on this store; wait for it, or stop it")
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return FileLock(descriptor)


def _flocked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _in_time(taken: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    while not taken():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def held(database: Path) -> bool:
    """Whether an instance works on this SQLite store right now. Changes nothing."""
    try:
        descriptor = os.open(lock_file(database), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


class SessionLock:
    """A held advisory lock of PostgreSQL; it lives as long as its connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def prove(self) -> None:
        """Raises a database error when the server has ended the connection, as it does when it is restarted."""
        self._connection.execute(sa.select(1))

    def release(self) -> None:
        """Give it back."""
        self._connection.invalidate()  # closed for good: a pooled connection would keep the lock
        self._connection.close()


def lock_postgresql(engine: Engine, name: str) -> SessionLock:
    """Raises StoreLocked when another instance holds it."""
    connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    if not _in_time(lambda: bool(connection.scalar(sa.select(sa.func.pg_try_advisory_lock(INSTANCE_LOCK))))):
        connection.close()
        raise StoreLocked(f"{name}: another digest works on this store; wait for it, or stop it")
    return SessionLock(connection)
