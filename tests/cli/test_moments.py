"""Times as people say them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from digest.cli.feed_table import due, when

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("away", "was", "comes"),
    [
        (timedelta(hours=-2), "2 h ago", "now"),
        (timedelta(0), "just now", "now"),
        (timedelta(minutes=20, seconds=30), "in 20 min", "in 20 min"),
    ],
)
def test_what_is_overdue_comes_now(away: timedelta, was: str, comes: str) -> None:
    assert (when(NOW + away, NOW), due(NOW + away, NOW)) == (was, comes)


def test_what_has_no_time_never_comes() -> None:
    assert due(None, NOW) == "never"
