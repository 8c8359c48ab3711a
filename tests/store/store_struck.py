"""A process that does works on stores, in forks that are killed at their N-th step; at none where N is 0.

It reads one `[WORK, URL, DIRECTORY, N]` a line, and answers each with how many steps there were, if it came to the
end, and the exit code. A step is an SQL statement, or a file that is opened, renamed or removed beside it.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import redirect_stdout
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
    with redirect_stdout(sys.stderr):  # what is logged
        WORKS[work](url, directory)
    print(steps, end=" ", flush=True)


if __name__ == "__main__":
    for line in sys.stdin:
        work, url, directory, last = json.loads(line)
        child = os.fork()
        if not child:
            main(work, url, Path(directory), last)
            sys.exit()
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
