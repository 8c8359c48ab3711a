"""A private PostgreSQL for the tests: whatever binaries the machine has, a data directory of its own, a Unix socket."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

START_DEADLINE_S = 30.0
HOW_TO_GET_IT = "no PostgreSQL on this machine: `apt-get install postgresql` (or put initdb and postgres on the PATH)"
# What it holds is thrown away, so it need not reach the disk.
FAST = ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "shared_buffers=16MB"]


def binaries() -> Path | None:
    """The folder with initdb and postgres: on the PATH, as pg_config says, or where Debian keeps the newest."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    told = [Path(_said("pg_config", "--bindir"))] if shutil.which("pg_config") else []
    complete = (path for path in [*told, *debian] if (path / "initdb").exists() and (path / "postgres").exists())
    return next(complete, None)


def _said(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


class Server:
    """A running server. Every database in it is made for one test."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._numbers = count(1)

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://digest@/{database}?host={self._directory}"

    @contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        """The URL of a fresh copy of a database, until the end of the block."""
        name = f"test_{next(self._numbers)}"
        self.create(name, template)
        yield self.url(name)
        self._run(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def create(self, name: str, template: str = "template1") -> None:
        """Make a database that stays as long as the server."""
        self._run(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))

    def _run(self, statement: sql.Composed | sql.SQL) -> None:
        with _connection(self._directory) as connection:
            connection.execute(statement)


@contextmanager
def running(bindir: Path) -> Iterator[Server]:
    """A server until the end of the block."""
    # Not under pytest's own folders: the path of a Unix socket may have 107 bytes, and the server's user must get in.
    directory = Path(tempfile.mkdtemp(prefix="digest-pg-"))
    user: dict[str, object] = {}
    if os.geteuid() == 0:  # the server refuses to be root
        names = {entry.pw_name: entry for entry in pwd.getpwall()}
        unprivileged = names.get("postgres") or names["nobody"]
        user = {"user": unprivileged.pw_uid, "group": unprivileged.pw_gid, "extra_groups": []}
        shutil.chown(directory, unprivileged.pw_uid, unprivileged.pw_gid)
    data = directory / "data"
    initdb = [bindir / "initdb", "-D", data, "-U", "digest", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
    try:
        subprocess.run(initdb, check=True, capture_output=True, cwd=directory, **user)
        with (directory / "log").open("wb") as log:
            process = subprocess.Popen(
                [bindir / "postgres", "-D", data, "-k", directory, "-c", "listen_addresses=", *FAST],
                stdout=log, stderr=log, cwd=directory, **user,
            )  # fmt: skip
        try:
            _wait_for(process, directory)
            yield Server(directory)
        finally:
            process.send_signal(signal.SIGQUIT)  # at once: nothing in it is kept
            process.wait(START_DEADLINE_S)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _connection(directory: Path) -> psycopg.Connection:
    return psycopg.connect(host=str(directory), user="digest", dbname="postgres", autocommit=True, connect_timeout=2)


def _wait_for(process: subprocess.Popen[bytes], directory: Path) -> None:
    deadline = time.monotonic() + START_DEADLINE_S
    while True:
        try:
            _connection(directory).close()
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((directory / "log").read_text()) from None
            time.sleep(0.05)
        else:
            return


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """A server for this session. Without binaries its tests are skipped, but fail where CI=true: there they count."""
    bindir = binaries()
    if bindir is None:
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(HOW_TO_GET_IT)
        pytest.skip(HOW_TO_GET_IT)
    with running(bindir) as server:
        yield server
