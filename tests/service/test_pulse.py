"""Whether loops move, and whether the wall clock goes as time does."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from digest import pulse
from digest.pulse import Pulse

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Clocks:
    """A wall clock and a steady one, which a test can set apart."""

    def __init__(self) -> None:
        self.wall = NOON
        self.steady = 100.0

    def pass_(self, seconds: float, *, jump_s: float = 0) -> None:
        self.wall += timedelta(seconds=seconds + jump_s)
        self.steady += seconds


def of(clocks: Clocks) -> Pulse:
    return Pulse({"polling": 120.0}, lambda: clocks.wall, monotonic=lambda: clocks.steady)


def test_a_loop_that_does_not_come_round_stands_still_whatever_the_wall_clock_says() -> None:
    clocks = Clocks()
    felt = of(clocks)
    clocks.pass_(100, jump_s=86_400)
    assert not felt.loops["polling"].stands_still
    assert felt.waiting_for == ["polling"]
    assert not felt.all_came_round.is_set()
    clocks.pass_(21)
    assert felt.loops["polling"].stands_still
    felt.beat("polling")
    assert not felt.loops["polling"].stands_still
    assert felt.waiting_for == []
    assert felt.all_came_round.is_set()
    assert felt.came_round_at == {"polling": clocks.wall}


@pytest.mark.parametrize(("jump_s", "told"), [(3600.0, [3600.0]), (-3600.0, [-3600.0]), (2.0, []), (-2.0, [])])
async def test_a_jump_of_the_clock_is_told_with_its_length_and_slewing_is_not(
    monkeypatch: pytest.MonkeyPatch, jump_s: float, told: list[float]
) -> None:
    monkeypatch.setattr(pulse, "FEEL_EVERY_S", 0.005)
    clocks, jumps = Clocks(), list[float]()
    feeling = asyncio.create_task(of(clocks).feel(jumps.append))
    await asyncio.sleep(0.05)
    clocks.pass_(1, jump_s=jump_s)
    await asyncio.sleep(0.1)
    feeling.cancel()
    assert jumps == told
