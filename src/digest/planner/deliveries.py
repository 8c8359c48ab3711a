"""When a message that was not taken is tried again, and when no more (design, 7.4)."""

from __future__ import annotations

from datetime import datetime, timedelta

FIRST_S, LONGEST_S = 5 * 60.0, 4 * 3600.0
PATIENCE = timedelta(days=5)  # RFC 5321, 4.5.4.1: give up after at least 4 to 5 days


def delivery_backoff_s(attempts: int, jitter: float) -> float:
    """Seconds to wait after so many attempts: 5 minutes, doubled each time, at most 4 hours; then up to a fifth more.

    `jitter` is in [0, 1).
    """
    doubled = FIRST_S * 2.0 ** min(max(attempts, 1) - 1, 16)
    return min(doubled, LONGEST_S) * (1 + jitter / 5)


def given_up(created_at: datetime, now: datetime) -> bool:
    """The message waited so long for its relay that its sender should be told instead."""
    return now - created_at >= PATIENCE
