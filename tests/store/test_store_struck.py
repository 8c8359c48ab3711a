"""kill -9 in the middle of a migration, a backup or retention: the store is whole, a copy complete or not there."""

from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from store_values import FEED, NOW, edition, flag

from databases import TEMPLATE
from digest.store import Store, database
from postgresql_server import Server

Rows = dict[str, list[tuple[object, ...]]]
Struck = Callable[[str, "Place", int], tuple[int, int]]

NEXT = f"""\
import sqlalchemy as sa
from alembic import op

revision, down_revision = "next", {database.SCHEMA!r}
branch_labels = depends_on = None


def upgrade():
    for table in ("feeds", "entries", "parcels"):
        op.add_column(table, sa.Column("colour", sa.Text()))
        op.execute(f"UPDATE {{table}} SET colour = 'blue'")
"""


@dataclass(frozen=True)
class Place:
    """A store, and the directory beside it."""

    url: str
    directory: Path


class Places:
    """Stores in one kind of database, the first of which is filled, and all others are copies of it."""

    def __init__(self, home: Path, server: Server | None, stack: ExitStack) -> None:
        self._home = home
        self._server = server
        self._stack = stack
        self.first = self._place("begin", TEMPLATE)

    def another(self, name: str) -> Place:
        return self._place(name, urlsplit(self.first.url).path.strip("/"))

    def _place(self, name: str, template: str) -> Place:
        directory = self._home / name
        if self._server is not None:
            directory.mkdir()
            return Place(self._stack.enter_context(self._server.database(template)), directory)
        if name != "begin":
            shutil.copytree(self.first.directory, directory)
        return Place(f"sqlite:///{directory / 'digest.db'}", directory)


@pytest.fixture(params=["sqlite", "postgresql"])
def places(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Places]:
    server = request.getfixturevalue("postgresql_store") if request.param == "postgresql" else None
    with ExitStack() as stack:
        yield Places(tmp_path, server, stack)


@pytest.fixture
def struck() -> Iterator[Struck]:
    """Does a work in a process that is killed at this step, at none if it is 0; how many steps, and the exit code."""
    here = Path(__file__).parent
    command = [sys.executable, str(here / "store_struck.py")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=here) as process:

        def strike(work: str, place: Place, step: int) -> tuple[int, int]:
            assert process.stdin is not None
            assert process.stdout is not None
            print(json.dumps([work, place.url, str(place.directory), step]), file=process.stdin, flush=True)
            *steps, code = map(int, process.stdout.readline().split())
            return sum(steps), code

        yield strike


def rows(url: str) -> Rows:
    """All that a database holds, found sound."""
    engine = database.connect(database.parse(url))
    with engine.begin() as connection:
        if engine.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall() == []
        names = sa.inspect(connection).get_table_names()
        found = {
            name: sorted(map(tuple, connection.execute(sa.text(f'SELECT * FROM "{name}"'))), key=repr) for name in names
        }
    engine.dispose()
    return found


def copies(directory: Path) -> dict[str, Rows]:
    """The copies that have their name."""
    found = (file for pattern in ("copy.db", "*.before-next") for file in directory.glob(pattern))
    return {file.name: rows(f"sqlite:///{file}") for file in found}


@pytest.mark.parametrize("work", ["migrate", "backup", "forget"])
def test_after_a_kill_at_any_step_the_store_is_whole_and_the_work_can_be_done_again(
    work: str, places: Places, tmp_path: Path, struck: Struck
) -> None:
    """A step somewhere, one of the last five, and the last. A migration is all or nothing."""
    shutil.copytree(database.MIGRATIONS, tmp_path / "migrations")
    (tmp_path / "migrations" / "versions" / "next.py").write_text(NEXT)
    with Store.open(places.first.url, lock=False) as store:
        store.subscribe([FEED], NOW)
        one, two, *more = flag(store, *range(40))
        store.apply(edition(one, two, *more[5:], carried=(more[0].match_id,)))
    before, wanted = rows(places.first.url), places.another("wanted")
    steps, code = struck(work, wanted, 0)
    assert code == 0
    after = rows(wanted.url)
    chance = random.Random(work)
    for strike in (chance.randrange(1, steps - 5), chance.randrange(steps - 5, steps), steps):
        place = places.another(f"killed at {strike}")
        assert struck(work, place, strike) == (0, -signal.SIGKILL)
        left = rows(place.url)
        assert work == "forget" or left in (before, after)
        for name, copied in copies(place.directory).items():
            assert copied == copies(wanted.directory)[name]
        (place.directory / "copy.db").unlink(missing_ok=True)
        _, code = struck(work, place, 0)
        assert code == 0
        assert rows(place.url) == after
        assert copies(place.directory) == copies(wanted.directory)
        assert list(place.directory.glob("*unfinished*")) == []
