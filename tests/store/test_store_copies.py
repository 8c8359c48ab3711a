"""Copies: for backups, and for rehearsals, which leave no trace."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from store_values import DAY, FEED, NOW, edition, flag, known, poll

from digest.errors import StoreError
from digest.model import ParcelState
from digest.store import Store, database
from digest.store.lock import held
from postgresql_server import Server


def trace(directory: Path) -> dict[str, tuple[str, int, int]]:
    """Every file with its content, its time of change and its mode; and the directory's own."""
    return {
        str(path): (
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "",
            path.stat().st_mtime_ns,
            path.stat().st_mode,
        )
        for path in [directory, *sorted(directory.rglob("*"))]
    }


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    (tmp_path / "scratch").mkdir()
    return tmp_path / "scratch"


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


def filled(url: str, *, lock: bool = True) -> Store:
    store = Store.open(url, lock=lock)
    store.subscribe([FEED], NOW)
    one, two = flag(store, 1, 2)
    store.apply(edition(one, carried=(two.match_id,)))
    return store


def contents(store: Store) -> tuple[object, ...]:
    daily = store.digest_state("daily", NOW)
    return (
        store.feeds(),
        known(store, FEED, ["guid:guid-1", "guid:guid-2", "guid:guid-3"]),
        daily,
        store.pending(daily, ["korea"]),
        store.parcel_each([parcel.id for parcel in store.outbox(list(ParcelState))]),
        store.counts(),
    )


def test_a_rehearsal_has_all_that_is_stored_and_changes_nothing_of_it(store_url: str, scratch: Path) -> None:
    with filled(store_url) as store:
        with Store.rehearsal(store_url, scratch) as copy:
            assert contents(copy) == contents(store)
            copy.apply(poll(copy, 3))
            copy.subscribe([], NOW)
            assert known(copy, FEED, ["guid:guid-3"])
        assert not known(store, FEED, ["guid:guid-3"])
        assert len(store.feeds()) == 1


def test_a_rehearsal_of_a_store_at_rest_leaves_no_trace(state: Path, scratch: Path) -> None:
    url = f"sqlite:///{state / 'digest.db'}"
    with filled(url) as store:
        stored = contents(store)
    before = trace(state)
    with Store.rehearsal(url, scratch) as copy:
        assert contents(copy) == stored
        copy.apply(poll(copy, 3))
        assert trace(state) == before
    assert trace(state) == before


def test_a_rehearsal_of_no_store_says_which_file_is_none(state: Path, scratch: Path) -> None:
    """The user's own, and not the copy of it that nobody knows."""
    state.mkdir(parents=True, exist_ok=True)
    broken = state / "broken.db"
    broken.write_bytes(b"no database at all" * 500)
    with pytest.raises(StoreError, match=f"^{broken}: file is not a database") as told:
        Store.rehearsal(f"sqlite:///{broken}", scratch)
    assert str(scratch) not in str(told.value)


def test_a_rehearsal_of_no_store_is_empty_and_makes_none(state: Path, scratch: Path) -> None:
    with Store.rehearsal(f"sqlite:///{state / 'digest.db'}", scratch) as copy:
        assert copy.counts().feeds == 0
    assert not state.exists()


KILLED = """
import os, signal, sys
sys.path.insert(0, sys.argv[2])
from test_store_copies import filled
filled(sys.argv[1])
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_rehearsal_after_a_crash_has_what_was_committed_and_leaves_no_trace(state: Path, scratch: Path) -> None:
    """What was written last is in the log only, and stays there."""
    url = f"sqlite:///{state / 'digest.db'}"
    here, tests = str(Path(__file__).parent), str(Path(__file__).parent.parent)
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, url, here], check=False, env={**os.environ, "PYTHONPATH": tests}
    )
    assert killed.returncode == -signal.SIGKILL
    assert (state / "digest.db-wal").stat().st_size > 0
    before = trace(state)
    with Store.rehearsal(url, scratch) as copy:
        assert known(copy, FEED, ["guid:guid-1"])
        assert len(copy.outbox([ParcelState.READY])) == 1
        assert trace(state) == before
    with Store.open(url, lock=True) as store:
        assert len(store.outbox([ParcelState.READY])) == 1


def test_a_rehearsal_beside_a_service_sees_what_that_has_committed(state: Path, scratch: Path) -> None:
    url = f"sqlite:///{state / 'digest.db'}"
    with filled(url) as service:
        before = {path.name for path in state.iterdir()}
        with Store.rehearsal(url, scratch) as copy:
            assert contents(copy) == contents(service)
        assert {path.name for path in state.iterdir()} == before
        service.apply(poll(service, 3, now=NOW + DAY))
    assert Store.open(url, lock=True).close() is None


def test_a_rehearsal_does_not_turn_a_starting_service_away(state: Path) -> None:
    """It asks whether the lock is held; it never holds it for longer than an instant."""
    url = f"sqlite:///{state / 'digest.db'}"
    filled(url).close()
    started = threading.Event()

    def rehearse() -> None:
        while not started.is_set():
            held(state / "digest.db")

    with ThreadPoolExecutor() as pool:
        rehearsing = pool.submit(rehearse)
        for _ in range(20):
            Store.open(url, lock=True).close()
        started.set()
        rehearsing.result()


@pytest.fixture
def older_schema(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """This version knows one schema more than the store has: every feed gets a colour. Gives its revision."""
    history = tmp_path / "migrations"
    shutil.copytree(database.MIGRATIONS, history)
    (history / "versions" / "next.py").write_text(
        "import sqlalchemy as sa\n"
        "from alembic import op\n"
        f"revision, down_revision = 'next', {database.SCHEMA!r}\n"
        "branch_labels = depends_on = None\n"
        "def upgrade():\n"
        "    op.add_column('feeds', sa.Column('colour', sa.Text(), server_default='blue'))\n"
    )
    monkeypatch.setattr(database, "MIGRATIONS", history)
    monkeypatch.setattr(database, "SCHEMA", "next")
    return "next"


def colours(store: Store) -> list[str]:
    with store._engine.connect() as connection:
        return list(connection.scalars(sa.text("SELECT colour FROM feeds")))


def schema(url: str) -> str | None:
    engine = database.connect(database.parse(url))
    with engine.connect() as connection:
        found = database.version(connection)
    engine.dispose()
    return found


def test_an_older_schema_is_migrated_with_all_it_holds(
    store_url: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    with filled(store_url) as store:
        stored = contents(store)
    revision = request.getfixturevalue("older_schema")
    with Store.open(store_url, lock=False) as store:
        assert contents(store) == stored
        assert colours(store) == ["blue"]
    assert schema(store_url) == revision


def test_an_older_schema_is_migrated_in_the_copy_only(
    store_url: str, scratch: Path, state: Path, request: pytest.FixtureRequest
) -> None:
    with filled(store_url) as store:
        stored = contents(store)
    old = database.SCHEMA
    request.getfixturevalue("older_schema")
    before = trace(state) if state.exists() else {}
    with Store.rehearsal(store_url, scratch) as copy:
        assert contents(copy) == stored
        assert colours(copy) == ["blue"]
    assert (trace(state) if state.exists() else {}) == before
    assert schema(store_url) == old


def test_a_newer_schema_is_refused_for_a_rehearsal_too(store_url: str, scratch: Path) -> None:
    with filled(store_url) as store, store._engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9001'"))
    with pytest.raises(StoreError, match="newer digest"):
        Store.rehearsal(store_url, scratch)


def test_a_rehearsal_of_an_empty_postgresql_is_empty(postgresql: Server, scratch: Path) -> None:
    with postgresql.database() as url:
        with Store.rehearsal(url, scratch) as copy:
            assert copy.counts().feeds == 0
        assert schema(url) is None


def test_what_can_not_be_read_is_said_in_words(state: Path, scratch: Path) -> None:
    (state / "digest.db").mkdir(parents=True)
    with pytest.raises(StoreError, match="can't be read"):
        Store.rehearsal(f"sqlite:///{state / 'digest.db'}", scratch)
