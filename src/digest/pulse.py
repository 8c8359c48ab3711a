"""Feels whether the service moves: when each loop came round, how late the event loop is, whether the clock jumped."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime

import structlog

from digest.health import Loop

FEEL_EVERY_S = 1.0
LAGS = 60  # of the last minute
# Less is what NTP does while it sets a clock right: nothing that a schedule in minutes could notice.
JUMP_S = 5.0

log = structlog.get_logger(__name__)


class Pulse:
    """The beats of loops with the names and the patience (seconds) of `allowed_s`.

    Ages go by the monotonic clock, so that no setting of the wall clock makes a loop look dead or alive. On Linux it
    stands still while the machine sleeps, as the loops do.
    """

    def __init__(
        self,
        allowed_s: Mapping[str, float],
        clock: Callable[[], datetime],
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._allowed_s = allowed_s
        self._clock = clock
        self._monotonic = monotonic
        self._beats = dict.fromkeys(allowed_s, monotonic())
        self._lags: deque[float] = deque([0.0], maxlen=LAGS)
        self.came_round_at: dict[str, datetime] = {}  # by the wall clock, for people
        self.all_came_round = asyncio.Event()  # each of them, once at least

    def beat(self, loop: str) -> None:
        """This loop came round."""
        self._beats[loop] = self._monotonic()
        self.came_round_at[loop] = self._clock()
        if not self.waiting_for:
            self.all_came_round.set()

    @property
    def loops(self) -> dict[str, Loop]:
        """How long ago each loop came round; since the start, if it never did."""
        now = self._monotonic()
        return {name: Loop(now - beat, self._allowed_s[name]) for name, beat in self._beats.items()}

    @property
    def waiting_for(self) -> list[str]:
        """The loops that never came round yet."""
        return sorted(self._beats.keys() - self.came_round_at.keys())

    @property
    def lag_s(self) -> float:
        """The longest that the event loop kept somebody waiting in the last minute."""
        return max(self._lags)

    async def feel(self, jumped: Callable[[float], None]) -> None:
        """Measure for ever. `jumped` is told when the wall clock went another way than time, and by how many seconds.

        More than nothing: the machine slept, or the clock was put forward. Less: it was put back.
        """
        wall, steady = self._clock(), self._monotonic()
        while True:
            await asyncio.sleep(FEEL_EVERY_S)
            wall_now, steady_now = self._clock(), self._monotonic()
            passed = steady_now - steady
            self._lags.append(max(0.0, passed - FEEL_EVERY_S))
            jump = (wall_now - wall).total_seconds() - passed
            if abs(jump) > JUMP_S:
                log.warning("the clock jumped", seconds=round(jump))
                jumped(jump)
            wall, steady = wall_now, steady_now
