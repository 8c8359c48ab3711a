"""Who is next: hosts take turns, so that a host with a long queue takes one place, and none waits behind another's."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

LOOKED_AT = 4  # hosts for each place that is to be given; the others are looked at next time

Item = TypeVar("Item")


@dataclass(slots=True)
class _Queue(Generic[Item]):
    """What waits at one host. `places`: of its items under way; `called`: it stands in the order of hosts."""

    waiting: deque[Item] = field(default_factory=deque)
    places: int = 0
    called: bool = False


class Line(Generic[Item]):
    """Items waiting for a place. At most `per_host` of one host have one at a time; hosts stand in order of arrival.

    Whose turn it is gives up to `in_a_row` of its items. Where that is more than one, a host goes on as soon as one of
    them is done, so that its connection has no pause; else it stands last again.

    `host_of` says which host an item goes to. An item that waits or has a place is not taken in again, nor is one that
    was done after the last `asking`: an answer about what waits is as old as its question.
    """

    def __init__(self, host_of: Callable[[Item], str], *, per_host: int = 1) -> None:
        self._host_of = host_of
        self.per_host = per_host  # both may be changed at any time
        self.in_a_row = 1
        self._hosts: dict[str, _Queue[Item]] = {}
        self._order: deque[str] = deque()
        self._present: set[Item] = set()
        self._under_way = 0
        self._just_done: set[Item] = set()

    def __len__(self) -> int:
        """How many wait for a place."""
        return len(self._present) - self._under_way

    @property
    def present(self) -> int:
        """How many wait or have a place."""
        return len(self._present)

    @property
    def under_way(self) -> int:
        """How many have a place."""
        return self._under_way

    def serves(self, host: str) -> bool:
        """Something of this host waits or has a place."""
        return host in self._hosts

    def asking(self) -> None:
        """What is waiting is about to be asked for."""
        self._just_done.clear()

    def add(self, items: Iterable[Item]) -> None:
        """Let them wait, each behind those of its host."""
        for item in items:
            if item not in self._present and item not in self._just_done:
                self._present.add(item)
                host = self._host_of(item)
                queue = self._hosts.get(host)
                if queue is None:
                    queue = self._hosts[host] = _Queue()
                queue.waiting.append(item)
                self._call(host, queue)

    def take(self, most: int, *, after: Line[Item] | None = None) -> list[Item]:
        """Give places to at most so many, one a host and round again.

        `after`: another line, whose items go first wherever both have some of one host.
        """
        taken: list[Item] = []
        for _ in range(min(len(self._order), LOOKED_AT * most) if after else most):
            if not self._order or len(taken) == most:
                break
            host = self._order.popleft()
            if after is not None and after.serves(host):
                self._order.append(host)
                continue
            queue = self._hosts[host]
            queue.called = False
            row = min(self.in_a_row, self.per_host - queue.places, len(queue.waiting), most - len(taken))
            taken += [queue.waiting.popleft() for _ in range(row)]
            queue.places += row
            self._call(host, queue)
        self._under_way += len(taken)
        return taken

    def done(self, item: Item) -> None:
        """Free the item's place."""
        host = self._host_of(item)
        queue = self._hosts[host]
        queue.places -= 1
        self._under_way -= 1
        self._present.discard(item)
        self._just_done.add(item)
        self._call(host, queue, first=self.in_a_row > 1)
        if not queue.places and not queue.waiting:
            del self._hosts[host]

    def _call(self, host: str, queue: _Queue[Item], *, first: bool = False) -> None:
        """Put the host into the order when it may start something."""
        if queue.waiting and queue.places < self.per_host and not queue.called:
            queue.called = True
            (self._order.appendleft if first else self._order.append)(host)
