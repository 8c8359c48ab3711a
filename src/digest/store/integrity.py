"""Look for damage in a SQLite file: pages that were overwritten, lost or swapped."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from threading import Timer

from digest.errors import StoreError

QUICK_S = 0.25
"""How long a start may look. A cached file of 250 MB is read in that time; the service reads the whole once a day."""

MEND = "stop the service and restore a backup with `digest restore FILE`; the damaged store is kept beside it"


def check(path: Path, *, within_s: float | None = None) -> None:
    """Raises StoreError when the store in this file is damaged, as far as `flaw` sees."""
    if found := flaw(path, within_s=within_s):
        raise StoreError(f"{path}: the file is damaged ({found}); {MEND}")


def flaw(path: Path, *, thorough: bool = False, within_s: float | None = None) -> str:
    """The first flaw of a file in SQLite's words; empty when there is none. Others read and write meanwhile.

    `thorough` also compares indexes with their tables and every foreign key. After `within_s` seconds it gives up,
    content with what it has read by then.
    """
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, check_same_thread=False)) as opened:
        watch = Timer(within_s, opened.interrupt) if within_s is not None else None
        if watch:
            watch.start()
        try:
            return _said(opened, thorough)
        except sqlite3.OperationalError as error:
            if within_s is None or "interrupted" not in str(error):
                raise
            return ""
        except sqlite3.DatabaseError as error:
            return str(error)
        finally:
            if watch:
                watch.cancel()


def _said(opened: sqlite3.Connection, thorough: bool) -> str:
    said = str(opened.execute(f"PRAGMA {'integrity' if thorough else 'quick'}_check(1)").fetchone()[0])
    if said != "ok":
        return " ".join(said.replace("***", "").split())
    stray = opened.execute("PRAGMA foreign_key_check").fetchone() if thorough else None
    return f"a row of {stray[0]} belongs to none of {stray[2]}" if stray else ""
