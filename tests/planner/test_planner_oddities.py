"""Slots that a change of the clocks moves or makes ambiguous."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from digest.planner import Oddity, next_slots, oddities

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)


def test_a_slot_that_does_not_come_and_one_that_comes_twice_are_told() -> None:
    assert oddities("30 2 * * *", "Europe/Berlin", NOW) == (
        Oddity(datetime(2026, 3, 29, 2, 30), skipped=True, fires=datetime(2026, 3, 29, 3, 0)),
        Oddity(datetime(2026, 10, 25, 2, 30), skipped=False, fires=datetime(2026, 10, 25, 2, 30)),
    )


@pytest.mark.parametrize(
    ("schedule", "timezone"),
    [("0 7 * * *", "Europe/Berlin"), ("30 2 * * *", "Asia/Seoul"), ("0 2 * * mon-fri", "America/New_York")],
)
def test_other_slots_are_nothing_to_speak_of(schedule: str, timezone: str) -> None:
    assert oddities(schedule, timezone, NOW) == ()


def test_half_an_hour_is_a_change_too() -> None:
    found = oddities("15 2 * * *", "Australia/Lord_Howe", NOW)
    assert [(each.local, each.skipped) for each in found] == [(datetime(2026, 10, 4, 2, 15), True)]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"])
def test_what_is_told_of_a_skipped_slot_is_what_the_planner_does(zone: str) -> None:
    skipped = [odd for odd in oddities("*/10 * * * *", zone, NOW) if odd.skipped]
    assert skipped
    for odd in skipped:
        local = odd.local
        [slot] = next_slots(f"{local.minute} {local.hour} {local.day} {local.month} *", zone, NOW, 1)
        assert slot.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == odd.fires
