"""Backups and the way back, also into the other kind of database: all of it, verified, or nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from store_values import FEED, NOW, flag, known, poll
from test_store_copies import contents, filled, older_schema, schema, trace  # noqa: F401 # a fixture among them

from digest.errors import BadBackup, StoreError, StoreLocked
from digest.model import Entry, NewEntry, PollUpdate, Validators
from digest.store import Store, backup, database, move, remove_old, restore
from digest.store.tables import matches, metadata
from postgresql_server import Server


@pytest.fixture
def other_url(request: pytest.FixtureRequest, store_url: str, tmp_path: Path) -> Iterator[str]:
    """An empty place of the other kind than `store_url`."""
    if store_url.startswith("sqlite"):
        server: Server = request.getfixturevalue("postgresql")
        with server.database() as url:
            yield url
    else:
        yield f"sqlite:///{tmp_path / 'other' / 'digest.db'}"


def everything(url: str) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, typed as the program sees it."""
    with Store.open(url, lock=False) as store, store._engine.connect() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(sa.select(table))), key=repr)
            for table in metadata.sorted_tables
        }


def odd_values(store: Store) -> None:
    """What is easily lost on the way: other scripts, lone surrogates in validators, a date before the calendar."""
    state = replace(store.feed(FEED), validators=Validators('"\udcff"', None), title="북한 🎌", gap_s=0.1 + 0.2)
    long_ago = Entry("guid-old", None, "x" * 50_000, keys=("guid:guid-old",), published=NOW - timedelta(days=365 * 100))
    store.apply(PollUpdate(state, (NewEntry(long_ago, wanted=True),), NOW))


def test_a_backup_is_one_private_file_that_holds_all_and_can_be_made_while_others_write(
    store_url: str, tmp_path: Path
) -> None:
    with filled(store_url) as store:
        made = backup(store_url, tmp_path / "backup.db", NOW)
        before = everything(store_url)
        store.apply(poll(store, 7))
    assert [path.name for path in tmp_path.glob("*backup*")] == ["backup.db"]
    assert made.stat().st_mode & 0o777 == 0o600
    assert everything(f"sqlite:///{made}") == before


def test_a_backup_overwrites_nothing_and_a_directory_gets_files_named_by_the_time(
    store_url: str, tmp_path: Path
) -> None:
    filled(store_url).close()
    made = [backup(store_url, tmp_path, NOW + timedelta(days=number)) for number in range(3)]
    assert made[0].name == "digest-20260302T070000Z.db"
    with pytest.raises(StoreError, match="exists"):
        backup(store_url, tmp_path, NOW)
    (tmp_path / "digest-mine.db").touch()
    assert remove_old(tmp_path, keep=2) == (made[0],)
    assert sorted(path.name for path in tmp_path.glob("digest-*")) == [made[1].name, made[2].name, "digest-mine.db"]


def test_a_backup_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="nothing to back up"):
        backup(f"sqlite:///{tmp_path / 'none.db'}", tmp_path / "backup.db", NOW)
    assert not list(tmp_path.iterdir())


def test_a_damaged_store_gives_no_backup(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'digest.db'}"
    filled(url).close()
    damage(tmp_path / "digest.db")
    with pytest.raises(StoreError, match="damaged"):
        backup(url, tmp_path / "backup.db", NOW)
    assert not list(tmp_path.glob("*backup*"))


def damage(file: Path) -> None:
    """Overwrite it in the middle."""
    content = bytearray(file.read_bytes())
    content[8192:] = os.urandom(len(content) - 8192)
    file.write_bytes(content)


def test_a_restored_store_is_the_one_of_the_backup_and_the_replaced_one_is_kept(store_url: str, tmp_path: Path) -> None:
    with filled(store_url) as store:
        odd_values(store)
    made = backup(store_url, tmp_path / "backup.db", NOW)
    saved, traced = everything(store_url), trace(tmp_path)[str(made)]
    with Store.open(store_url, lock=True) as store:
        store.apply(poll(store, 7, 8, 9))
    later = everything(store_url)
    done = restore(store_url, made, NOW)
    assert everything(store_url) == saved
    assert trace(tmp_path)[str(made)] == traced, "the backup is only read"
    assert done.replaced is not None
    assert done.rows["entries"] == len(saved["entries"])
    beside = f"sqlite:///{done.replaced}"
    if store_url.startswith("postgresql"):
        beside = f"{store_url}&options=-csearch_path%3D{done.replaced.removeprefix('schema ')}"
    assert everything(beside) == later


def test_a_backup_can_be_restored_into_the_other_kind_of_database(
    store_url: str, other_url: str, tmp_path: Path
) -> None:
    with filled(store_url) as store:
        odd_values(store)
    made = backup(store_url, tmp_path / "backup.db", NOW)
    assert restore(other_url, made, NOW).replaced is None
    assert everything(other_url) == everything(store_url)


def test_no_store_is_exchanged_under_an_instance_that_runs(store_url: str, tmp_path: Path) -> None:
    with filled(store_url):
        made = backup(store_url, tmp_path / "backup.db", NOW)
        with pytest.raises(StoreLocked, match="works on this store"):
            restore(store_url, made, NOW)


def test_a_restored_store_is_not_mixed_with_the_log_of_the_one_it_replaces(tmp_path: Path) -> None:
    """A killed instance leaves a log beside the file; SQLite would take it into whatever lies there."""
    url, file = f"sqlite:///{tmp_path / 'digest.db'}", tmp_path / "digest.db"
    filled(url).close()
    made = backup(url, tmp_path / "backup.db", NOW)
    saved = everything(url)
    killed = subprocess.run([sys.executable, "-c", KILLED, url, str(Path(__file__).parent)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert file.with_name("digest.db-wal").stat().st_size > 0
    done = restore(url, made, NOW)
    assert everything(url) == saved
    with Store.open(f"sqlite:///{done.replaced}", lock=False) as replaced:
        assert known(replaced, FEED, ["guid:guid-7"]), "what it had written last is kept with it"


KILLED = """
import os, signal, sys
sys.path[:0] = [sys.argv[2], sys.argv[2] + "/.."]
from store_values import poll
from digest.store import Store
store = Store.open(sys.argv[1], lock=True)
store.apply(poll(store, 7))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_damaged_store_can_be_replaced_and_is_kept_as_it_is(tmp_path: Path) -> None:
    url, file = f"sqlite:///{tmp_path / 'digest.db'}", tmp_path / "digest.db"
    filled(url).close()
    saved, made = everything(url), backup(url, tmp_path / "backup.db", NOW)
    damage(file)
    damaged = file.read_bytes()
    done = restore(url, made, NOW)
    assert everything(url) == saved
    assert Path(str(done.replaced)).read_bytes() == damaged


@pytest.mark.parametrize("content", [b"", b"Not a store. " * 999, b"damaged", b"another program's"])
def test_what_is_no_sound_backup_is_refused_and_nothing_is_changed(
    store_url: str, tmp_path: Path, content: bytes
) -> None:
    filled(store_url).close()
    before = everything(store_url)
    file = tmp_path / "wrong.db"
    file.write_bytes(content)
    if content == b"damaged":
        file.unlink()
        damage(backup(store_url, file, NOW))
    if content == b"another program's":
        file.unlink()
        other = database.connect(database.parse(f"sqlite:///{file}"))
        with other.begin() as connection:
            connection.execute(sa.text("CREATE TABLE theirs (id INTEGER)"))
        other.dispose()
    with pytest.raises(BadBackup, match=r"wrong\.db.*(no store of digest|backup is damaged)"):
        restore(store_url, file, NOW)
    assert everything(store_url) == before
    Store.open(store_url, lock=True).close()


def test_a_backup_of_a_newer_version_is_refused_and_one_of_an_older_is_migrated(
    store_url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    with filled(store_url) as store:
        stored = contents(store)
    made = backup(store_url, tmp_path / "old.db", NOW)
    newer = backup(store_url, tmp_path / "new.db", NOW)
    engine = database.connect(database.parse(f"sqlite:///{newer}"))
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9001'"))
    engine.dispose()
    with pytest.raises(StoreError, match="newer digest"):
        restore(store_url, newer, NOW)
    revision = request.getfixturevalue("older_schema")
    restore(store_url, made, NOW)
    assert schema(store_url) == revision
    with Store.open(store_url, lock=True) as store:
        assert contents(store) == stored


def test_a_migration_leaves_a_store_from_before_beside(store_url: str, request: pytest.FixtureRequest) -> None:
    filled(store_url).close()
    before, old = everything(store_url), database.SCHEMA
    request.getfixturevalue("older_schema")
    Store.open(store_url, lock=True).close()
    path = database.sqlite_path(database.parse(store_url))
    beside = f"sqlite:///{path}.before-next" if path else f"{store_url}&options=-csearch_path%3Ddigest_before_next"
    assert schema(beside) == old
    request.getfixturevalue("monkeypatch").undo()
    assert everything(beside) == before


def test_a_store_moves_to_the_other_kind_of_database_and_back_unchanged(
    store_url: str, other_url: str, tmp_path: Path
) -> None:
    with filled(store_url) as store:
        odd_values(store)
        with pytest.raises(StoreLocked):
            move(store_url, other_url)
    before = everything(store_url)
    rows = move(store_url, other_url)
    assert rows["entries"] == 3
    assert everything(other_url) == before
    back = f"sqlite:///{tmp_path / 'back.db'}"
    move(other_url, back)
    assert everything(back) == before
    assert everything(store_url) == before


def test_a_store_moves_only_into_an_empty_one(store_url: str, other_url: str, tmp_path: Path) -> None:
    filled(store_url).close()
    filled(other_url).close()
    before = everything(other_url)
    with pytest.raises(StoreError, match=r"not empty \(it holds .*feeds"):
        move(store_url, other_url)
    with pytest.raises(StoreError, match="same store"):
        move(store_url, store_url)
    with pytest.raises(StoreError, match="no store here"):
        move(f"sqlite:///{tmp_path / 'none.db'}", other_url)
    assert everything(other_url) == before


@pytest.mark.parametrize("way", ["backup", "move"])
def test_ids_go_on_where_they_ended_also_when_the_last_rows_are_gone(
    store_url: str, other_url: str, tmp_path: Path, way: str
) -> None:
    """A match's id says whether a digest has seen it: one that came again would never be mailed."""
    with filled(store_url) as store:
        flagged = flag(store, 3)
        highest = flagged[-1].match_id
        with store._engine.begin() as connection:
            connection.execute(matches.delete())
    if way == "move":
        move(store_url, other_url)
    else:
        restore(other_url, backup(store_url, tmp_path / "backup.db", NOW), NOW)
    with Store.open(other_url, lock=True) as copy:
        assert [each.match_id for each in flag(copy, 4)] == [highest + 1]
