"""When a message that was not taken is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from digest import planner

NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)


def test_attempts_are_five_minutes_apart_then_twice_as_long_up_to_four_hours() -> None:
    minutes = [planner.delivery_backoff_s(attempts, 0.0) / 60 for attempts in range(1, 9)]
    assert minutes == [5, 10, 20, 40, 80, 160, 240, 240]


@given(attempts=st.integers(0, 10_000), jitter=st.floats(0, 1, exclude_max=True))
def test_a_wait_is_never_below_five_minutes_nor_above_four_hours_and_a_fifth(attempts: int, jitter: float) -> None:
    assert 300 <= planner.delivery_backoff_s(attempts, jitter) <= 4 * 3600 * 1.2


def test_after_five_days_a_message_is_given_up() -> None:
    assert not planner.given_up(NOW, NOW + timedelta(days=4, hours=23))
    assert planner.given_up(NOW, NOW + timedelta(days=5))
