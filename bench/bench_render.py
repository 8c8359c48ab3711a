"""Rendering: what one edition costs, from matches to the bytes that are sent."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from digest import compose, stories
from digest.model import Digest
from digest.render import Renderer, mime
from digest.render.renderer import LARGEST_HTML

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "digests"))

import editions

Row = tuple[str, str, str]
T = TypeVar("T")


def run() -> list[Row]:
    """CPU time of rendering editions of 10, 100 and 500 stories, and of what stands before and after it."""
    renderer = Renderer()
    renderer.message(editions.full())  # templates are compiled once
    rows = []
    for count in (10, 100, 500):
        digest = _digest(count)
        spent, message = _best(lambda digest=digest: renderer.message(digest))  # type: ignore[misc]  # mypy: a default is no type
        target = (
            "target: below 100 ms" if count == 100 else f"HTML {len(message.html.encode()):,} of {LARGEST_HTML:,} B"
        )
        rows.append((f"render {count} stories", f"{spent * 1e3:.0f} ms", target))
    message = renderer.message(_digest(100))
    spent, raw = _best(
        lambda: mime(
            message,
            sender="Desk <desk@example.org>",
            recipient="reader@example.org",
            message_id="<1@example.org>",
            date=datetime(2026, 11, 22, tzinfo=UTC),
            list_id="<daily.example.org>",
        )
    )
    rows.append(("address it to one recipient and check the result", f"{spent * 1e3:.1f} ms", f"{len(raw):,} B"))
    pending = editions.busy(100)
    spent, _ = _best(
        lambda: compose.edition(
            editions.Desk(max_stories=100), stories.group(pending), editions.TITLES, editions.WINDOW, editions.COVERAGE
        )
    )
    rows.append(("compose 100 stories of 300 words", f"{spent * 1e3:.0f} ms", ""))
    return rows


def _digest(count: int) -> Digest:
    desk = editions.Desk(max_stories=count)
    return compose.edition(
        desk, stories.group(editions.busy(count, length=28)), editions.TITLES, editions.WINDOW, editions.COVERAGE
    )


def _best(work: Callable[[], T]) -> tuple[float, T]:
    spent = []
    for _ in range(5):
        begun = time.process_time()
        made = work()
        spent.append(time.process_time() - begun)
    return min(spent), made
