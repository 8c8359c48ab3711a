"""When a message that was not taken is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest import planner
from digest.errors import DeliveryError
from digest.model import Parcel, ParcelState

NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)


def test_attempts_are_five_minutes_apart_then_twice_as_long_up_to_four_hours() -> None:
    minutes = [planner.delivery_backoff_s(attempts, 0.0) / 60 for attempts in range(1, 9)]
    assert minutes == [5, 10, 20, 40, 80, 160, 240, 240]


@given(attempts=st.integers(0, 10_000), jitter=st.floats(0, 1, exclude_max=True))
def test_a_wait_is_never_below_five_minutes_nor_above_four_hours_and_a_fifth(attempts: int, jitter: float) -> None:
    assert 300 <= planner.delivery_backoff_s(attempts, jitter) <= 4 * 3600 * 1.2


REFUSED = DeliveryError("550 no such user", retryable=False)
BUSY = DeliveryError("451 later", retryable=True)
LOST = DeliveryError("lost", retryable=False, unknown=True)
SHUT_OUT = DeliveryError("535 wrong password", retryable=False, relay=True)


def parcel(age: timedelta, late_by: timedelta = timedelta(0)) -> Parcel:
    return Parcel(
        7,
        "daily",
        1,
        "a@example.org",
        "b@example.org",
        "<1@example.org>",
        b"",
        created_at=NOW - age,
        next_attempt_at=NOW - late_by,
    )


def test_the_first_attempt_after_a_week_of_sleep_does_not_end_a_message() -> None:
    """The network of a machine that wakes up is often not there yet."""
    asleep = planner.not_delivered(parcel(timedelta(days=7), timedelta(days=6)), SHUT_OUT, "resend", NOW, 300)
    assert asleep.state is ParcelState.READY
    awake = planner.not_delivered(parcel(timedelta(days=7), timedelta(minutes=1)), SHUT_OUT, "resend", NOW, 300)
    assert awake.state is ParcelState.FAILED


@pytest.mark.parametrize(
    ("error", "on_unknown", "young", "old"),
    [
        (REFUSED, "resend", ParcelState.FAILED, ParcelState.FAILED),
        (BUSY, "resend", ParcelState.READY, ParcelState.FAILED),
        (SHUT_OUT, "hold", ParcelState.READY, ParcelState.FAILED),
        (LOST, "resend", ParcelState.READY, ParcelState.FAILED),
        (LOST, "hold", ParcelState.UNKNOWN, ParcelState.UNKNOWN),
    ],
)
def test_what_becomes_of_a_parcel_depends_on_the_fault_and_after_five_days_it_is_given_up(
    error: DeliveryError, on_unknown: str, young: ParcelState, old: ParcelState
) -> None:
    """A fault of the relay is no refusal of the parcel, but is not waited out without end either."""
    almost = planner.not_delivered(parcel(timedelta(days=4, hours=23)), error, on_unknown, NOW, 300)
    assert almost.state is young
    assert almost.next_attempt_at == (NOW + timedelta(minutes=5) if young is ParcelState.READY else None)
    after = planner.not_delivered(parcel(timedelta(days=5)), error, on_unknown, NOW, 300)
    assert after.state is old
    assert str(error) in (after.reply or "")
