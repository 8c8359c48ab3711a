"""Look for damage in a SQLite file: pages that were overwritten, lost or swapped."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from threading import Timer

from digest.errors import StoreError

QUICK_S = 0.25
"""How long a command that works on a store may look first. A cached file of 250 MB is read in that time."""

MEND = "stop the service and restore a backup with `digest restore FILE`; the damaged store is kept beside it"


class Look:
    """Looks for damage in one file, while others read and write it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._opened: set[sqlite3.Connection] = set()
        self._ended = False

    def check(self, *, within_s: float | None = None) -> None:
        """Raises StoreError when the store in this file is damaged, as far as `flaw` sees."""
        if found := self.flaw(within_s=within_s):
            raise StoreError(f"{self._path}: the file is damaged ({found}); {MEND}")

    def flaw(self, *, thorough: bool = False, within_s: float | None = None) -> str:
        """The first flaw in SQLite's words; empty when there is none.

        `thorough` also compares indexes with their tables and every foreign key. After `within_s` seconds, or at `end`,
        it gives up, content with what it has read by then.
        """
        uri = f"{self._path.absolute().as_uri()}?mode=rw"
        with closing(sqlite3.connect(uri, uri=True, check_same_thread=False)) as opened:
            watch = Timer(within_s, opened.interrupt) if within_s is not None else None
            self._opened.add(opened)
            if watch:
                watch.start()
            try:
                return "" if self._ended else _said(opened, thorough)
            except sqlite3.OperationalError as error:
                if "interrupted" not in str(error):
                    raise
                return ""
            except sqlite3.DatabaseError as error:
                return str(error)
            finally:
                self._opened.discard(opened)
                if watch:
                    watch.cancel()

    def end(self) -> None:
        """Give up what is being looked at, from another thread, and look at nothing more."""
        self._ended = True
        for opened in list(self._opened):
            with suppress(sqlite3.ProgrammingError):  # it has come to its end meanwhile
                opened.interrupt()


def _said(opened: sqlite3.Connection, thorough: bool) -> str:
    said = str(opened.execute(f"PRAGMA {'integrity' if thorough else 'quick'}_check(1)").fetchone()[0])
    if said != "ok":
        return " ".join(said.replace("***", "").split())
    stray = opened.execute("PRAGMA foreign_key_check").fetchone() if thorough else None
    return f"a row of {stray[0]} belongs to none of {stray[2]}" if stray else ""
