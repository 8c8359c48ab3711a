"""kill -9 in the middle of a migration, a backup or retention: the store is whole, a copy complete or not there."""

from __future__ import annotations

import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from store_values import FEED, NOW, edition, flag

from digest.store import Store, database

Rows = dict[str, list[tuple[object, ...]]]

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


def struck(work: str, directory: Path, step: int) -> subprocess.CompletedProcess[str]:
    """Do it in a process of its own, which is killed at this step; at none if it is 0."""
    here = Path(__file__).parent
    words = [sys.executable, str(here / "store_struck.py"), work, str(directory), str(step)]
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=60, cwd=here)


def rows(file: Path) -> Rows:
    """All that a database holds, found sound."""
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return {name: sorted(connection.execute(f'SELECT * FROM "{name}"'), key=repr) for (name,) in tables}


def copies(directory: Path) -> dict[str, Rows]:
    """The copies that have their name."""
    return {file.name: rows(file) for pattern in ("copy.db", "*.before-next") for file in directory.glob(pattern)}


@pytest.mark.parametrize("work", ["migrate", "backup", "forget"])
def test_after_a_kill_at_any_step_the_store_is_whole_and_the_work_can_be_done_again(work: str, tmp_path: Path) -> None:
    """A step somewhere, one of the last five, and the last. A migration is all or nothing."""
    shutil.copytree(database.MIGRATIONS, tmp_path / "migrations")
    (tmp_path / "migrations" / "versions" / "next.py").write_text(NEXT)
    begin, wanted = tmp_path / "begin", tmp_path / "wanted"
    with Store.open(f"sqlite:///{begin / 'digest.db'}", lock=False) as store:
        store.subscribe([FEED], NOW)
        one, two, *more = flag(store, *range(40))
        store.apply(edition(one, two, *more[5:], carried=(more[0].match_id,)))
    before = rows(begin / "digest.db")
    shutil.copytree(begin, wanted)
    counted = struck(work, wanted, 0)
    assert counted.returncode == 0, counted.stderr
    after, steps = rows(wanted / "digest.db"), int(counted.stdout.split()[-1])
    chance = random.Random(work)
    for strike in (chance.randrange(1, steps - 5), chance.randrange(steps - 5, steps), steps):
        place = tmp_path / f"killed at {strike}"
        shutil.copytree(begin, place)
        assert struck(work, place, strike).returncode == -signal.SIGKILL
        left = rows(place / "digest.db")
        assert work == "forget" or left in (before, after)
        for name, copied in copies(place).items():
            assert copied == before, name
        (place / "copy.db").unlink(missing_ok=True)
        again = struck(work, place, 0)
        assert again.returncode == 0, again.stderr
        assert rows(place / "digest.db") == after
        assert copies(place) == copies(wanted)
        assert list(place.glob("*unfinished*")) == []
