"""What a start promises: ready means that the loops run, and a damaged store is not worked on."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from loopback import Run, Web
from notified import Door
from running import Service

from digest.store import Store


def test_ready_is_said_when_every_loop_came_round_and_not_while_the_store_takes_no_writes(
    desk: Path, home: Path, env: dict[str, str], told: list[tuple[str, str]]
) -> None:
    file = home / "state" / "digest.db"
    Store.open(f"sqlite:///{file}", lock=False).close()
    with Door(home / "notify") as door, closing(sqlite3.connect(file)) as other:
        other.execute("BEGIN IMMEDIATE")
        service = Service(desk, env | door.environment, home / "log", told)
        try:
            assert not door.hears("READY=1", within_s=3)
            other.rollback()
            assert door.hears("READY=1", within_s=20)
            assert service.ask("/readyz") == (200, {"ready": True, "waiting_for": []})
            assert service.stop() == 0
        finally:
            service.process.kill()
            service.process.wait()


@pytest.mark.slow
def test_a_store_that_another_program_holds_for_too_long_ends_the_service_which_says_so(
    serve: Callable[[Path], Service], desk: Path, home: Path
) -> None:
    service = serve(desk)
    service.wait_for(lambda: service.ask("/readyz")[0] == 200)
    with closing(sqlite3.connect(home / "state" / "digest.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        assert service.process.wait(150) == 74
    assert "another program holds the database" in service.logged()


def test_a_store_that_was_overwritten_in_the_middle_ends_the_service_with_the_way_back(
    serve: Callable[[Path], Service], digest: Run, desk: Path, home: Path, web: Web
) -> None:
    web.publish("Old bridge to be rebuilt")
    assert digest().returncode == 0
    file = home / "state" / "digest.db"
    with closing(sqlite3.connect(file)) as store, store:
        # Long, so that most of the file is this text, and nobody asks for it.
        store.execute("UPDATE articles SET text = hex(randomblob(2000000))")
    with file.open("r+b") as content:
        content.seek(file.stat().st_size // 2)
        content.write(os.urandom(100_000))
    service = serve(desk)
    assert service.process.wait(30) == 74
    assert "the file is damaged" in service.logged()
    assert "digest restore FILE" in service.logged()
