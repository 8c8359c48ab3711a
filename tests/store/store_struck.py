"""Do one work on a store and be killed at its N-th step: `store_struck.py WORK URL DIRECTORY N`; 0: how many there are.

A step is an SQL statement, or a file that is opened, renamed or removed beside the store or the copy.
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from store_values import NOW

from digest.config import KeepSettings
from digest.store import Store, backup, database

DAY_S = 86_400
KEEP = KeepSettings(articles=10 * DAY_S, editions=10 * DAY_S, messages=5 * DAY_S)
AT_WORK = ("open", "os.rename", "os.remove", "sqlite3.connect")


def forget(url: str, _directory: Path) -> None:
    """All there is to forget."""
    with Store.open(url, lock=True) as store:
        while store.forget(KEEP, NOW + timedelta(days=30), {"daily": ("korea",)}):
            pass
        while store.give_room_back():
            pass


def migrate(url: str, directory: Path) -> None:
    """To a schema that is newer than this version's."""
    database.MIGRATIONS, database.SCHEMA = directory.parent / "migrations", "next"
    Store.open(url, lock=True).close()


def copy(url: str, directory: Path) -> None:
    """Back it up."""
    backup(url, directory / "copy.db", NOW)


WORKS = {"forget": forget, "migrate": migrate, "backup": copy}


def main(work: str, url: str, directory: Path, last: int) -> None:
    """Run one work up to its last step."""
    steps = 0

    def step(*_facts: Any) -> None:
        nonlocal steps
        steps += 1
        if steps == last:
            os.kill(os.getpid(), signal.SIGKILL)

    def audit(event: str, facts: tuple[Any, ...]) -> None:
        if event in AT_WORK and str(facts[0]).startswith(str(directory)):
            step()

    sa.event.listen(sa.Engine, "before_cursor_execute", step)
    sys.addaudithook(audit)
    WORKS[work](url, directory)
    print(steps)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))
