"""kill -9 at any moment leaves whole transactions only."""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import sqlalchemy as sa
from store_values import FEED, NOW
from store_writer import ENTRIES, RECIPIENTS, TOPICS

from digest.store import Store
from digest.store.tables import edition_matches, editions, entries, entry_keys, matches, parcels

KILLS = 12


def test_a_store_whose_process_is_killed_at_random_holds_whole_transactions_only(store_url: str) -> None:
    """After each kill: validators with their entries and keys, articles with their matches, editions with their
    parcels, stories and digest state; and the lock is free."""
    Store.open(store_url, lock=True).close()
    here = Path(__file__).parent
    writer = [sys.executable, str(here / "store_writer.py"), store_url]
    chance = random.Random(store_url)
    with subprocess.Popen(writer, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=here) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        polls = []
        for _ in range(KILLS):
            process.stdin.write(f"{chance.uniform(0.0, 0.3)}\n")
            process.stdin.flush()
            assert process.stdout.readline() == "killed\n"
            with Store.open(store_url, lock=True) as store:
                polls.append(whole(store))
        process.stdin.close()
    assert process.returncode == 0
    assert polls[-1] > 1, "something was written between the kills"
    assert polls == sorted(polls), "nothing that was written is taken back"


def whole(store: Store) -> int:
    """Check that all that belongs together is there; the number of polls that are stored."""
    if not store.feeds():
        return 0
    polls = int((store.feed(FEED).validators.etag or '"0"').strip('"'))
    with store._engine.connect() as connection:

        def count(table: sa.Table) -> int:
            return connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0

        assert count(entries) == polls * ENTRIES
        assert count(entry_keys) == polls * ENTRIES * 2
        topics = Counter(connection.scalars(sa.select(matches.c.entry_id)))
        assert set(topics.values()) <= {len(TOPICS)}
        read = connection.scalars(sa.select(entries.c.id).where(entries.c.read_after.is_(None)))
        assert set(topics) == set(read)
        recipients = Counter(connection.scalars(sa.select(parcels.c.edition_id)))
        assert set(recipients.values()) <= {len(RECIPIENTS)}
        assert len(recipients) == count(editions)
        mailed = list(connection.scalars(sa.select(edition_matches.c.match_id)))
        ends = list(connection.scalars(sa.select(editions.c.window_end).order_by(editions.c.id)))
    assert len(mailed) == len(set(mailed)), "no match in two editions"
    daily = store.digest_state("daily", NOW)
    assert daily.window_end == (ends[-1] if ends else None)
    assert daily.high_water == max(mailed, default=0)
    return polls
