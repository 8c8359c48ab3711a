"""Store: polls written a second, singly and in batches; what is due among 100,000 feeds."""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from digest.model import Entry, FeedState, NewEntry, PollUpdate, Validators
from digest.store import Store

NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
FEEDS = 1_000
MANY = 100_000
BATCH = 50
NEW_ENTRIES = 3


def run() -> list[tuple[str, str, str]]:
    """The table's rows."""
    with tempfile.TemporaryDirectory() as directory:
        return [*_writing(Path(directory)), *_asking(Path(directory))]


def _writing(directory: Path) -> list[tuple[str, str, str]]:
    rows = []
    for what, entries in (("nothing new", 0), (f"{NEW_ENTRIES} new entries each", NEW_ENTRIES)):
        single = _seconds(directory, entries, 1)
        batched = _seconds(directory, entries, BATCH)
        rows += [
            (f"polls written singly, {what}", f"{FEEDS / single:,.0f}/s", ""),
            (
                f"polls written by {BATCH}, {what}",
                f"{FEEDS / batched:,.0f}/s",
                f"{single / batched:.1f}x as many as singly",
            ),
        ]
    bare = _bare(directory / "bare.db")
    rows.append((f"rows updated by {BATCH} with sqlite3 alone", f"{FEEDS / bare:,.0f}/s", "the least it can cost"))
    return rows


def _seconds(directory: Path, entries: int, batch: int) -> float:
    with Store.open(f"sqlite:///{directory}/{entries}-{batch}.db", lock=True) as store:
        urls = [f"https://{number}.example/rss" for number in range(FEEDS)]
        store.subscribe(urls, NOW)
        updates = [_poll(state, entries) for state in store.feeds()]
        return _timed(lambda: [store.apply(*updates[start : start + batch]) for start in range(0, FEEDS, batch)])


def _poll(state: FeedState, entries: int) -> PollUpdate:
    new = tuple(NewEntry(_entry(f"{state.url}/{number}"), wanted=True) for number in range(entries))
    after = replace(
        state, validators=Validators('"a1b2c3"', "Mon, 02 Mar 2026 07:00:00 GMT"), next_poll_at=NOW + timedelta(hours=1)
    )
    return PollUpdate(replace(after, last_poll_at=NOW, last_success_at=NOW), new, NOW)


def _entry(url: str) -> Entry:
    summary = "<p>" + "A summary of some length, as feeds carry them. " * 10 + "</p>"
    return Entry(url, url, "A headline of ten words or so", summary, published=NOW, keys=(f"guid:{url}", f"url:{url}"))


def _bare(path: Path) -> float:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE feeds (id INTEGER PRIMARY KEY, etag, at)"
    )
    connection.executemany("INSERT INTO feeds (id) VALUES (?)", [(number,) for number in range(FEEDS)])

    def write() -> None:
        for start in range(0, FEEDS, BATCH):
            connection.execute("BEGIN IMMEDIATE")
            some = [('"a1b2c3"', "2026-03-02 07:00:00", number) for number in range(start, start + BATCH)]
            connection.executemany("UPDATE feeds SET etag = ?, at = ? WHERE id = ?", some)
            connection.execute("COMMIT")

    seconds = _timed(write)
    connection.close()
    return seconds


def _asking(directory: Path) -> list[tuple[str, str, str]]:
    url = f"sqlite:///{directory}/many.db"
    with Store.open(url, lock=True) as store:
        urls = [f"https://{number}.example/rss" for number in range(MANY)]
        subscribing = _timed(lambda: store.subscribe(urls, NOW))
        some_due = _timed(lambda: store.due(NOW, limit=500))
        all_due = _timed(lambda: store.due(NOW))
        states = store.feeds()
        _settle(store, states)
        none_due = min(_timed(lambda: store.due(NOW, limit=500)) for _ in range(20))
        keys = [f"guid:{number}" for number in range(100)]
        known = min(_timed(lambda: store.known_each([(urls[0], keys)])) for _ in range(20))
    opening = _timed(lambda: Store.open(url, lock=True).close())
    return [
        (f"subscribe to {MANY:,} feeds", f"{subscribing:.2f} s", ""),
        (f"500 of {MANY:,} due feeds", f"{some_due * 1e3:.0f} ms", f"all of them: {all_due:.1f} s"),
        (f"nothing due among {MANY:,}", f"{none_due * 1e3:.2f} ms", "once a tick"),
        ("which of 100 keys are known", f"{known * 1e3:.2f} ms", "once a changed feed"),
        (f"open a store of {MANY:,} feeds", f"{opening * 1e3:.0f} ms", ""),
    ]


def _settle(store: Store, states: Sequence[FeedState]) -> None:
    later = [PollUpdate(replace(state, next_poll_at=NOW + timedelta(hours=1)), (), NOW) for state in states]
    for start in range(0, len(later), 5_000):
        store.apply(*later[start : start + 5_000])


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
