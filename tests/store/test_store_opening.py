"""Opening a store: what is made, what is locked, what is refused and how it is said."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from store_values import FEED, NOW, known, poll

from databases import TEMPLATE
from digest.errors import StoreError, StoreLocked
from digest.store import Store, backup, database, restore
from digest.store.integrity import Look
from digest.store.tables import metadata
from postgresql_server import Server


def sqlite_url(directory: Path) -> str:
    return f"sqlite:///{directory / 'state' / 'digest.db'}"


def test_a_store_is_made_where_there_is_none_for_its_user_alone(tmp_path: Path) -> None:
    with Store.open(sqlite_url(tmp_path), lock=True) as store:
        store.subscribe([FEED], NOW)
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "state").iterdir()}
    assert set(modes.values()) == {0o600}
    assert set(modes) == {"digest.db", "digest.db-wal", "digest.db-shm", "digest.db.lock"}
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700
    assert sorted(path.name for path in (tmp_path / "state").iterdir()) == ["digest.db", "digest.db.lock"]


def test_what_was_stored_is_there_when_it_is_opened_again(store_url: str) -> None:
    with Store.open(store_url, lock=True) as store:
        store.subscribe([FEED], NOW)
        store.apply(poll(store, 1))
    with Store.open(store_url, lock=True) as store:
        assert known(store, FEED, ["guid:guid-1"])


def test_sqlite_is_set_up_so_that_what_was_told_to_others_survives_a_power_cut(tmp_path: Path) -> None:
    with Store.open(sqlite_url(tmp_path), lock=False) as store, store._engine.connect() as connection:
        pragma = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert pragma == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000}


def test_a_second_instance_says_so_and_reading_goes_on(store_url: str) -> None:
    with Store.open(store_url, lock=True) as store:
        store.subscribe([FEED], NOW)
        with pytest.raises(StoreLocked, match=r"another digest.*works on this store"):
            Store.open(store_url, lock=True)
        with Store.open(store_url, lock=False) as reader:
            assert [state.url for state in reader.feeds()] == [FEED]
    Store.open(store_url, lock=True).close()


def test_the_lock_names_the_process_that_holds_it(tmp_path: Path) -> None:
    with Store.open(sqlite_url(tmp_path), lock=True), pytest.raises(StoreLocked, match=rf"process {os.getpid()}\b"):
        Store.open(sqlite_url(tmp_path), lock=True)


HOLD = """
import sys, time
from digest.store import Store
store = Store.open(sys.argv[1], lock=True)
print("held", flush=True)
time.sleep(60)
"""


def test_the_lock_of_a_killed_instance_is_free(store_url: str) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD, store_url], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(StoreLocked):
            Store.open(store_url, lock=True)
        holder.kill()
    Store.open(store_url, lock=True).close()


def test_an_instance_that_lost_its_lock_hears_of_it(postgresql_store: Server) -> None:
    """PostgreSQL takes the lock back when it is restarted: then another instance may work on the store already."""
    with postgresql_store.database(TEMPLATE) as url, Store.open(url, lock=True) as store:
        store.prove()
        with store._engine.begin() as connection:
            others = sa.text(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            connection.execute(others)
        with Store.open(url, lock=True) as other:
            other.prove()
            with pytest.raises(StoreError, match="see that PostgreSQL runs"):
                store.prove()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make files for others")
def test_what_root_makes_in_the_state_of_a_service_belongs_to_the_service(tmp_path: Path) -> None:
    """As `digest restore` by hand does: the service could not open root's files, and systemd does not look at them."""
    state, service = tmp_path / "state", 12345
    state.mkdir()
    os.chown(state, service, service)
    url = sqlite_url(tmp_path)
    with Store.open(url, lock=True) as store:
        store.subscribe([FEED], NOW)
    backup(url, tmp_path / "backup.db", NOW)
    restore(url, tmp_path / "backup.db", NOW)
    assert {path.name: path.stat().st_uid for path in state.iterdir()} == {
        "digest.db": service,
        "digest.db.lock": service,
        "digest.db.replaced-20260302T070000Z": service,
    }
    assert stat.S_IMODE((state / "digest.db").stat().st_mode) == 0o600


def test_the_migrations_make_exactly_the_tables_that_the_queries_know(store_url: str) -> None:
    with Store.open(store_url, lock=False) as store, store._engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_the_schema_that_is_named_is_the_newest_migration() -> None:
    assert ScriptDirectory(str(database.MIGRATIONS)).get_current_head() == database.SCHEMA


def test_a_newer_schema_is_refused_and_left_alone(store_url: str) -> None:
    with Store.open(store_url, lock=False) as store, store._engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9001'"))
    for lock in (True, False):
        with pytest.raises(StoreError, match=r"newer digest \(schema 9001, this one knows \d+\)"):
            Store.open(store_url, lock=lock)
    engine = database.connect(database.parse(store_url))
    with engine.connect() as connection:
        assert database.version(connection) == "9001"
    engine.dispose()


def test_no_schema_is_changed_under_an_instance_that_runs(store_url: str) -> None:
    with Store.open(store_url, lock=True) as running:
        with running._engine.begin() as connection:
            connection.execute(sa.text("DELETE FROM alembic_version"))
        with pytest.raises(StoreLocked):
            Store.open(store_url, lock=False)


def test_a_refused_store_is_not_locked(store_url: str) -> None:
    with Store.open(store_url, lock=False) as store, store._engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9001'"))
    with pytest.raises(StoreError):
        Store.open(store_url, lock=True)
    with pytest.raises(StoreError, match="newer"):  # and not StoreLocked
        Store.open(store_url, lock=True)


@pytest.mark.parametrize("content", [b"This is no database. " * 500, b"\0" * 8192])
def test_a_file_that_is_no_database_is_refused_with_the_mend(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "digest.db"
    file.write_bytes(content)
    with pytest.raises(StoreError, match=r"digest\.db: .*(move it away|restore a backup)"):
        Store.open(f"sqlite:///{file}", lock=True)
    assert file.read_bytes() == content


def test_a_store_that_is_overwritten_while_open_is_reported_in_words(tmp_path: Path) -> None:
    with Store.open(sqlite_url(tmp_path), lock=True) as store:
        store.subscribe([f"https://{number}.example/rss" for number in range(2000)], NOW)
    file = tmp_path / "state" / "digest.db"
    content = bytearray(file.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    file.write_bytes(content)
    with pytest.raises(StoreError, match="restore a backup"), Store.open(sqlite_url(tmp_path), lock=True) as store:
        store.feeds()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StoreError, match=f"make {tmp_path}"):
        Store.open(sqlite_url(tmp_path), lock=True)


def test_a_place_that_is_no_directory_is_named(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(StoreError, match=r"can't be made here .*name another place under `store:`"):
        Store.open(sqlite_url(tmp_path), lock=True)


def test_a_database_that_another_program_holds_is_waited_for_and_then_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_S", 0.2)
    with Store.open(sqlite_url(tmp_path), lock=True) as store:
        other = sqlite3.connect(tmp_path / "state" / "digest.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="another program holds the database"):
            store.subscribe([FEED], NOW)
        assert store.feeds() == [], "readers don't wait"
        other.execute("COMMIT")
        other.close()
        store.subscribe([FEED], NOW)
        assert len(store.feeds()) == 1


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("digest.db", "is no database URL; write sqlite:///digest.db"),
        ("mysql://localhost/digest", "mysql is not supported"),
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
    ],
)
def test_a_url_that_names_no_store_is_refused(url: str, said: str) -> None:
    with pytest.raises(StoreError, match=said):
        Store.open(url, lock=True)


def test_a_postgresql_that_is_not_there_is_said_in_words_and_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"see that .*") as refused:
        Store.open(f"postgresql+psycopg://digest:secret@/digest?host={tmp_path}", lock=True)
    assert "secret" not in str(refused.value)


def test_without_the_driver_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreError, match=r"pip install '\.\[postgresql\]'"):
        Store.open("postgresql+psycopg://localhost/digest", lock=True)


def test_a_full_disk_costs_the_update_and_nothing_that_was_stored(tmp_path: Path) -> None:
    with Store.open(sqlite_url(tmp_path), lock=True) as store:
        store.subscribe([FEED], NOW)
        store.apply(poll(store, 1))
        sa.event.listen(
            store._engine, "begin", lambda connection: connection.exec_driver_sql("PRAGMA max_page_count=1")
        )
        with pytest.raises(StoreError, match="make room on this disk; nothing was changed"):
            store.apply(poll(store, *range(2, 500)))
        assert known(store, FEED, ["guid:guid-1", "guid:guid-2"]) == {"guid:guid-1"}
        assert store.counts().entries == 1


def test_a_look_for_damage_that_was_ended_finds_nothing_more(tmp_path: Path) -> None:
    with Store.open(sqlite_url(tmp_path), lock=True) as store:
        store.subscribe([f"https://{number}.example/rss" for number in range(2000)], NOW)
    file = tmp_path / "state" / "digest.db"
    content = bytearray(file.read_bytes())
    content[8192:] = b"\xff" * (len(content) - 8192)
    file.write_bytes(content)
    look = Look(file)
    with pytest.raises(StoreError, match="damaged"):
        look.check()
    look.end()
    look.check()
