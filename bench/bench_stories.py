"""Stories: how well copies of one article are found, and what that costs."""

from __future__ import annotations

import random
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa

from digest import stories
from digest.model import Article, Entry, Story, Told
from digest.store import Store, rows, tables

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "stories"))

from opeds import NOW, OpEd, opeds

STORED = 100_000
Row = tuple[str, str, str]


def run() -> list[Row]:
    """Precision, recall, and CPU time: grouping what is pending, and looking up one article among many stored."""
    corpus = opeds(300)
    pending = [oped.flagged for oped in corpus]
    begun = time.process_time()
    found = stories.group(pending)
    grouped = (time.process_time() - begun) / len(pending)
    precision, recall = _quality(corpus, found)
    tracemalloc.start()
    stories.group(pending)
    held = tracemalloc.get_traced_memory()[1] / len(pending)
    tracemalloc.stop()
    few = pending[:100]
    begun = time.process_time()
    stories.group(few)
    grouped_few = (time.process_time() - begun) / len(few)
    return [
        ("precision of copies, 300 op-eds in 5 variants", f"{precision:.3f}", "target: 1.00"),
        ("recall of copies, 300 op-eds in 5 variants", f"{recall:.3f}", "target: .98"),
        ("group 100 pending articles", f"{grouped_few * 1e3:.2f} ms an article", "sketch included"),
        ("group 1,500 pending articles", f"{grouped * 1e3:.2f} ms an article", "sketch included"),
        ("the same, memory at its height", f"{held / 1e3:.0f} KB an article", ""),
        *_among_stored(corpus),
    ]


def _quality(corpus: Sequence[OpEd], found: Sequence[Story]) -> tuple[float, float]:
    nth_of = {oped.flagged.match_id: oped.nth for oped in corpus}
    pairs = right = 0
    for story in found:
        for at, one in enumerate(story.members):
            for other in story.members[at + 1 :]:
                pairs += 1
                right += nth_of[one] == nth_of[other]
    possible = len({oped.nth for oped in corpus}) * 10  # five variants make ten pairs
    return right / pairs, right / possible


def _among_stored(corpus: Sequence[OpEd]) -> list[Row]:
    """Day one: the originals were told, beside 100,000 other articles. Day two: their variants are pending."""
    chance = random.Random(1)
    first = [oped for oped in corpus if oped.variant == "original"]
    second = [oped for oped in corpus if oped.variant != "original"]
    with tempfile.TemporaryDirectory() as scratch, Store.open(f"sqlite:///{scratch}/digest.db", lock=True) as store:
        store.subscribe(["https://bench.example/rss"], NOW)
        written = dict(enumerate([*first, *second], STORED + 1))
        with sa.create_engine(f"sqlite:///{scratch}/digest.db").begin() as connection:
            _fill(connection, range(1, STORED + len(written) + 1), written)
            connection.execute(
                tables.shingles.insert(),
                [
                    {"key": key, "entry_id": entry}
                    for entry in range(1, STORED + 1)
                    for key in {chance.getrandbits(59) for _ in range(16)}
                ],
            )
        pending = [replace(oped.flagged, entry_id=STORED + 1 + len(first) + at) for at, oped in enumerate(second)]
        told = {STORED + 1 + at: Told("bench", NOW, frozenset()) for at in range(len(first))}
        begun = time.process_time()
        earlier = store.alike([flagged.entry_id for flagged in pending], NOW - stories.REMEMBERED)
        found = time.process_time()
        telling = stories.tell(pending, earlier=earlier, told=told)
        done = time.process_time()
    noted = sum(len(repeat.members) for repeat in telling.repeats)
    each = 1e3 / len(pending)
    return [
        (
            f"find what {len(pending):,} pending are copies of, among {STORED:,} stored",
            f"{(found - begun) * each:.2f} ms an article",
            "target: below 1 ms",
        ),
        ("  and tell which were told", f"{(done - found) * each:.2f} ms an article", "sketches included"),
        ("  copies noted instead of told again", f"{noted / len(pending):.3f}", ""),
    ]


def _fill(connection: sa.Connection, ids: range, opeds: dict[int, OpEd]) -> None:
    """Entries and articles with these ids; those of the op-eds with their text and what they are found by."""
    connection.execute(
        tables.entries.insert(),
        [{"id": n, "feed_id": 1, "entry": Entry(None, None, ""), "first_seen": NOW, "attempts": 1} for n in ids],
    )
    empty = Article("https://bench.example/", "Other", "Other text.")
    connection.execute(
        tables.articles.insert(),
        [rows.article_values(n, opeds[n].flagged.article if n in opeds else empty, None, NOW) for n in ids],
    )
    keys = {n: stories.keys(oped.flagged.article.text) for n, oped in opeds.items()}
    connection.execute(
        tables.shingles.insert(), [{"key": key, "entry_id": n} for n, own in keys.items() for key in own]
    )
