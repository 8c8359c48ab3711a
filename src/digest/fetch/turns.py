"""Gives out turns: so many at once in all, so many at a host, and a pause between a host's starts."""

from __future__ import annotations

import asyncio
import heapq
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Final

AFTER_429_S: Final = 30.0  # the gap at a host that has said 429 (design of Media Cloud's fetcher)
REMEMBER_429_S: Final = 3600.0
REMEMBER_HUNG_S: Final = 6 * 3600.0
LONGEST_PAUSE_S: Final = 7 * 86400.0
PATIENCE_S: Final = 60.0  # a longer pause that a host asked for is not waited for here
# Who holds a slot for longer makes room for the others, as long as fewer than so many for each slot stand aside. Their
# connections wait and cost little; docs/decisions/027-no-rounds.md has the figures.
SLOW_AFTER_S: Final = 0.5
ASIDE_A_SLOT: Final = 4
HEAD_START_S: Final = 1.0  # that a host has for each who waits for it, since its line has to be gone through one by one


class Closed(Exception):
    """The host asked not to be called for another `remaining_s` seconds."""

    def __init__(self, remaining_s: float) -> None:
        super().__init__(remaining_s)
        self.remaining_s = remaining_s


class _Slots:
    """A semaphore that may be given a head start: who waits the longest, with that added, is the next."""

    def __init__(self, free: int) -> None:
        self._free = free
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []
        self._asked = count()

    async def acquire(self, head_start_s: float) -> None:
        """Wait for a slot."""
        if self._free:
            self._free -= 1
            return
        given = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (_now() - head_start_s, next(self._asked), given))
        try:
            await given
        except asyncio.CancelledError:
            if given.done() and not given.cancelled():  # at the same moment
                self.release()
            raise

    def release(self) -> None:
        """Give the slot back, or rather on."""
        while self._waiting:
            *_, given = heapq.heappop(self._waiting)
            if not given.done():
                given.set_result(None)
                return
        self._free += 1


@dataclass(slots=True)
class _Lane:
    """One host's line. `gate` is held from the wait for the gap until the start, so starts keep their order."""

    connections: asyncio.Semaphore
    gate: asyncio.Lock = field(default_factory=asyncio.Lock)
    next_start: float = 0.0
    wide_until: float = 0.0  # until then the gap is AFTER_429_S
    users: int = 0
    slow_until: float = 0.0  # until then it counts among those that hung

    def memory_ends(self) -> float:
        """When all that is known of the host stops to matter."""
        return max(self.next_start, self.wide_until, self.slow_until)


class Turns:
    """First come, first served, at each host; among hosts, those with a line have a head start.

    Cancelling a waiter costs nobody else a turn. `ready` is awaited before each start: whoever is to read what is
    fetched may be behind.
    """

    def __init__(
        self, *, concurrency: int, connections: int, gap_s: float, ready: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        self._ready = ready
        self._slots = _Slots(concurrency)
        # Once half of the room aside is taken, hosts that hung lately share few slots: they can't hold up the others.
        self._slow_slots = _Slots(max(1, concurrency // 8))
        self._room_aside = concurrency * ASIDE_A_SLOT
        self._room_kept = self._room_aside // 2  # for hosts that hang for the first time
        self._connections = connections
        self._gap_s = gap_s
        self._lanes: dict[str, _Lane] = {}
        self._closed_until: dict[str, float] = {}  # by site: a registrable domain speaks for all of its hosts
        self._forget: deque[tuple[float, str]] = deque()

    @asynccontextmanager
    async def turn(
        self, host: str, *, site: Callable[[], str] | None = None, gap_s: float = 0.0
    ) -> AsyncIterator[bool]:
        """Hold a turn at `host`; gives whether others wait for the host. Raises Closed instead of a long wait.

        `site` says the registrable domain of the host, by default the host alone: a pause that one host of it asked
        for holds them all. It is asked only while there is a pause somewhere. `gap_s`: the pause after this start that
        the host itself asks for, if it is longer than ours.
        """
        lane = self._lanes.get(host)
        if lane is None:
            lane = self._lanes[host] = _Lane(asyncio.Semaphore(self._connections))
        lane.users += 1
        try:
            async with lane.connections:
                async with lane.gate:
                    await self._pause(lane, host, site)
                    hung = lane.slow_until > _now() and self._room_aside <= self._room_kept
                    slots = self._slow_slots if hung else self._slots
                    await self._slot(slots, HEAD_START_S * (lane.users - 1))
                    lane.next_start = _now() + max(gap_s, self._gap(lane))
                with self._stepping_aside(slots):
                    yield lane.users > 1
        finally:
            lane.users -= 1
            self._retire(host, lane)

    async def _slot(self, slots: _Slots, head_start_s: float) -> None:
        """Take a slot, once there is one and what was fetched so far is taken up."""
        await slots.acquire(head_start_s)
        if self._ready is not None:
            try:
                await self._ready()
            except BaseException:
                slots.release()
                raise

    @contextmanager
    def _stepping_aside(self, slots: _Slots) -> Iterator[None]:
        """Hold a slot to the end; when that takes long, a place beside the slots, if there is one.

        So a host that hangs for the first time costs the others next to nothing.
        """
        aside = False

        def step_aside() -> None:
            nonlocal aside
            if self._room_aside:
                self._room_aside -= 1
                aside = True
                slots.release()

        timer = asyncio.get_running_loop().call_later(SLOW_AFTER_S, step_aside)
        if slots is self._slow_slots:  # these hosts have few slots, and are to have no more
            timer.cancel()
        try:
            yield
        finally:
            timer.cancel()
            if aside:
                self._room_aside += 1
            else:
                slots.release()

    def waited_for(self, host: str) -> bool:
        """Others wait for a turn at `host` while somebody has one."""
        lane = self._lanes.get(host)
        return lane is not None and lane.users > 1

    def __len__(self) -> int:
        """How many hosts are known at the moment."""
        return len(self._lanes)

    def busy(self, host: str, retry_after_s: float | None, *, status: int, site: str = "") -> None:
        """Note that `host` answered 429 or 503, and for how long it asked that its whole site be left alone."""
        now = _now()
        if status == 429 and (lane := self._lanes.get(host)):
            lane.wide_until = now + REMEMBER_429_S
            lane.next_start = max(lane.next_start, now + AFTER_429_S)
        if retry_after_s:
            until = max(self._closed_until.get(site or host, 0.0), now + min(retry_after_s, LONGEST_PAUSE_S))
            self._closed_until = {each: end for each, end in self._closed_until.items() if end > now}
            self._closed_until[site or host] = until

    def hung(self, host: str, *, slow: bool) -> None:
        """Note whether `host` has just kept us waiting until the deadline."""
        if lane := self._lanes.get(host):
            lane.slow_until = _now() + REMEMBER_HUNG_S if slow else 0.0

    def _gap(self, lane: _Lane) -> float:
        wide = AFTER_429_S if lane.wide_until > _now() else 0.0
        return max(self._gap_s, wide)

    async def _pause(self, lane: _Lane, host: str, site: Callable[[], str] | None) -> None:
        while True:
            closed_s = 0.0
            if self._closed_until:
                closed_s = self._closed_until.get(site() if site else host, 0.0) - _now()
            if closed_s > PATIENCE_S:
                raise Closed(closed_s)
            wait_s = max(lane.next_start - _now(), closed_s)
            if wait_s <= 0:
                return
            await asyncio.sleep(wait_s)

    def _retire(self, host: str, lane: _Lane) -> None:
        if not lane.users:
            self._forget.append((lane.memory_ends(), host))
        # The oldest notes first; a lane that is in use again, or has learnt more since, is noted again later.
        while self._forget and self._forget[0][0] <= _now():
            _, each = self._forget.popleft()
            known = self._lanes.get(each)
            if known is not None and not known.users and known.memory_ends() <= _now():
                del self._lanes[each]


def _now() -> float:
    return asyncio.get_running_loop().time()
