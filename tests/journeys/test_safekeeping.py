"""Backups, restoring and moving, as users do it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from loopback import Relay, Run, Web

from digest.store import Store


def entries(digest: Run) -> int:
    return int(json.loads(digest("status", "--json").stdout)["store"]["entries"])


def test_what_a_bad_day_destroyed_is_back_after_a_restore_and_nothing_is_mailed_twice(
    digest: Run, desk: Path, home: Path, web: Web, relay: Relay
) -> None:
    web.publish("Old bridge to be rebuilt")
    assert digest().returncode == 0
    mailed = len(relay.taken)
    (home / "backups").mkdir()
    made = digest("backup", home / "backups", "--keep", "3")
    assert made.returncode == 0, made.stderr
    (backup,) = (home / "backups").iterdir()
    assert made.stdout.startswith(str(backup))
    store = home / "state" / "digest.db"
    store.write_bytes(b"\xff" * store.stat().st_size)
    broken = digest()
    assert broken.returncode == 74
    assert "digest restore FILE" in broken.stderr
    done = digest("restore", backup)
    assert (done.returncode, done.stdout) == (0, f"restored 1 feed, 1 article, 1 match, 1 edition from {backup}\n")
    assert "digest.db.replaced-" in done.stderr
    assert digest().returncode == 0
    assert len(relay.taken) == mailed == 2


def test_bad_files_and_places_are_refused_with_their_exit_codes(digest: Run, desk: Path, home: Path) -> None:
    (home / "wrong.db").write_text("no backup")
    for words, code, said in (
        (("restore", "none.db"), 65, "there is no such file"),
        (("restore", "wrong.db"), 65, "this backup is damaged (file is not a database); name another one"),
        (("backup", "new.db"), 74, "nothing to back up"),
        (("backup", "wrong.db"), 64, "exists"),
        (("backup", "new.db", "--keep", "3"), 64, "goes with a directory"),
        (("migrate-store", "sqlite:///none.db", "sqlite:///other.db"), 74, "there is no store here"),
        (("migrate-store", "none.db", "sqlite:///other.db"), 64, "none.db is no store"),
        (("migrate-store", "sqlite:///digest.db", "other.db"), 64, "other.db is no store"),
        (("backup", "nowhere/copy.db"), 64, "there is no directory nowhere"),
    ):
        refused = digest(*words)
        assert (refused.returncode, refused.stdout) == (code, ""), (words, refused.stderr)
        assert said in refused.stderr
        assert "Traceback" not in refused.stderr


def test_a_store_that_moved_goes_on_where_it_was(digest: Run, desk: Path, home: Path, web: Web, relay: Relay) -> None:
    web.publish("Old bridge to be rebuilt")
    digest()
    moved = digest("migrate-store", "sqlite:///digest.db", "sqlite:///elsewhere/digest.db")
    assert moved.returncode == 0, moved.stderr
    assert moved.stdout.startswith("carried 1 feed, 1 article, 1 match, 1 edition;")
    with (desk / "digest.yaml").open("a") as file:
        file.write("store: sqlite:///elsewhere/digest.db\n")
    assert entries(digest) == 1
    digest()
    assert len(relay.taken) == 2


def test_a_store_of_a_newer_version_is_refused_with_exit_code_74_and_left_as_it_is(
    digest: Run, desk: Path, home: Path
) -> None:
    store = home / "state" / "digest.db"
    Store.open(f"sqlite:///{store}", lock=False).close()
    with closing(sqlite3.connect(store)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9001'")
        before = list(connection.iterdump())
    for words in ((), ("run",), ("status",)):
        done = digest(*words)
        assert (done.returncode, done.stdout) == (74, ""), (words, done.stderr)
        assert "was written by a newer digest (schema 9001" in done.stderr
        assert "Traceback" not in done.stderr
        with closing(sqlite3.connect(store)) as connection:
            assert list(connection.iterdump()) == before
