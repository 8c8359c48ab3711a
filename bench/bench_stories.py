"""Stories: how well copies of one article are found, and what that costs."""

from __future__ import annotations

import random
import sqlite3
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from digest import stories
from digest.model import Story
from digest.stories.likeness import share

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "stories"))

from opeds import OpEd, opeds

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
    few = pending[:100]
    begun = time.process_time()
    stories.group(few)
    grouped_few = (time.process_time() - begun) / len(few)
    return [
        ("precision of copies, 300 op-eds in 5 variants", f"{precision:.3f}", "target: 1.00"),
        ("recall of copies, 300 op-eds in 5 variants", f"{recall:.3f}", "target: .98"),
        ("group 100 pending articles", f"{grouped_few * 1e3:.2f} ms an article", "sketch included"),
        ("group 1,500 pending articles", f"{grouped * 1e3:.2f} ms an article", "sketch included"),
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
    """Look up the op-eds' variants among stored sketches, as a store would: by key, then by containment."""
    chance = random.Random(1)
    store = sqlite3.connect(":memory:")
    store.execute("CREATE TABLE shingle (hash INTEGER, entry INTEGER, PRIMARY KEY (hash, entry)) WITHOUT ROWID")
    originals = [oped for oped in corpus if oped.variant == "original"]
    sketches = {oped.nth: stories.sketch(stories.words(oped.flagged.article.text)) for oped in originals}
    rows = [(_signed(key), nth) for nth, sketch in sketches.items() for key in sketch.keys]
    rows += [(_signed(chance.getrandbits(59)), entry) for entry in range(len(sketches), STORED) for _ in range(20)]
    store.executemany("INSERT OR IGNORE INTO shingle VALUES (?, ?)", sorted(rows))
    others = [oped for oped in corpus if oped.variant != "original"]
    sketched = 0.0
    right = wrong = 0
    begun = time.process_time()
    for oped in others:
        started = time.process_time()
        sketch = stories.sketch(stories.words(oped.flagged.article.text))
        sketched += time.process_time() - started
        keys = [_signed(key) for key in sketch.keys]
        marks = ",".join("?" * len(keys))
        near = store.execute(f"SELECT DISTINCT entry FROM shingle WHERE hash IN ({marks})", keys).fetchall()
        alike = [
            nth
            for (nth,) in near
            if nth in sketches and share(sketch, sketches[nth], len({*sketch.hashes} & {*sketches[nth].hashes})) >= 0.5
        ]
        right += oped.nth in alike
        wrong += any(nth != oped.nth for nth in alike)
    spent = time.process_time() - begun
    each = 1e3 / len(others)
    return [
        (f"find a copy among {STORED:,} stored", f"{spent * each:.2f} ms an article", "target: below 1 ms"),
        ("  of which its own sketch", f"{sketched * each:.2f} ms an article", ""),
        ("  copies found there", f"{right / len(others):.3f}", f"{wrong} wrong of {len(others)}"),
    ]


def _signed(value: int) -> int:
    return value - (1 << 63)  # SQLite's integers have a sign
