"""Runs the pipeline's steps side by side in one process: each feed and each entry at most once at a time."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Coroutine, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any, TypeVar
from urllib.parse import urlsplit

import structlog

from digest.config import KeepSettings
from digest.errors import DeliveryError, StoreError
from digest.feeds import without_credentials
from digest.model import FailingFeed, Parcel, ParcelState
from digest.pipeline import Pipeline, Polled, Read

READS_AT_ONCE = 64
FORGETTING_PAUSE_S = 0.05  # for the others that write
READS_PER_HOST = 2  # a host with a long queue must not take every place (its gap is kept by the fetcher)
DELIVERIES_AT_ONCE = 8  # twice the connections of an SMTP delivery: while one waits for the store, another talks

Result = TypeVar("Result")

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Tally:
    """What was done since the last summary."""

    polled: int = 0
    not_modified: int = 0
    new: int = 0
    read: int = 0
    flagged: int = 0
    incomplete: int = 0
    failed: list[FailingFeed] = field(default_factory=list)

    @property
    def nothing_reached(self) -> bool:
        """Feeds were asked, and not one of them answered."""
        return self.polled > 0 and len(self.failed) == self.polled

    def count_poll(self, outcome: Polled) -> None:
        """Take one poll into account."""
        self.polled += 1
        self.not_modified += outcome.not_modified
        self.new += outcome.new
        if outcome.failing is not None:
            self.failed.append(outcome.failing)

    def count_read(self, outcome: Read) -> None:
        """Take one entry into account, once its article is settled."""
        if outcome.article is not None:
            self.read += 1
            self.flagged += outcome.flagged
            self.incomplete += not outcome.article.complete


# What watches progress is told: feeds done, feeds in all, entries read, entries known.
Progress = Callable[[int, int, int, int], None]


# What wants to know how each step ended; of a delivery, the message as it stands now.
Told = Callable[[Polled | Read | Parcel], None]


def untold(_outcome: Polled | Read | Parcel) -> None:
    """Nobody asks."""


def unwatched(_polled: int, _feeds: int, _read: int, _entries: int) -> None:
    """Nobody looks."""


class Collector:
    """Keeps polls and reads going.

    A step that ends in a bug is logged with its traceback and costs its own item; a store that can't be
    used ends everything, since nothing could be kept.
    """

    def __init__(self, pipeline: Pipeline, progress: Progress = unwatched, told: Told = untold) -> None:
        self.pipeline = pipeline  # may be exchanged between steps, when the configuration changes
        self.tally = Tally()
        self._progress = progress
        self._told = told
        self._polling: dict[str, asyncio.Task[None]] = {}
        self._reading: dict[int, asyncio.Task[None]] = {}
        self._hosts: Counter[str] = Counter()
        self._stumbled: set[int] = set()  # entries on which a step of ours crashed; tried again after a restart
        self._just_read: set[int] = set()
        self._something_ended = asyncio.Event()
        self._fatal: StoreError | None = None
        self._asked = 0

    @property
    def busy(self) -> bool:
        """A poll or a read is under way."""
        return bool(self._polling or self._reading)

    def start_polls(self, urls: Iterable[str]) -> None:
        """Begin to poll these feeds, those under way excepted. Returns at once."""
        for url in urls:
            if url not in self._polling:
                self._asked += 1
                self._polling[url] = asyncio.create_task(self._poll(url))
        self._something_ended.set()

    async def until_idle(self, *, patience: timedelta = timedelta(0)) -> Tally:
        """Wait until every poll and every read is done, those included that they lead to.

        `patience` brings second attempts forward by so much.
        """
        while True:
            self._something_ended.clear()
            await self._start_reads(patience)
            if not self.busy:
                return self.tally
            await self._something_ended.wait()

    async def keep_going(self, came_round: Callable[[], None]) -> None:
        """Read whatever comes to wait, for ever. Raises StoreError when the store can't be used.

        `came_round` is told each time that the store was asked for what waits.
        """
        while True:
            self._something_ended.clear()
            await self._start_reads(timedelta(0))
            came_round()
            await self._something_ended.wait()

    async def cancel(self) -> None:
        """Give up what is under way. Nothing is lost by it: it stays due."""
        tasks = [*self._polling.values(), *self._reading.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def take_tally(self) -> Tally:
        """What was done since this was asked last."""
        tally, self.tally = self.tally, Tally()
        self._asked = len(self._polling)
        return tally

    async def _start_reads(self, patience: timedelta) -> None:
        """Begin to read what waits, as far as there are places."""
        if self._fatal is not None:
            raise self._fatal
        free = READS_AT_ONCE - len(self._reading)
        if free <= 0:
            return
        store, now = self.pipeline.store, self.pipeline.clock()
        self._just_read.clear()
        for stored in await asyncio.to_thread(store.waiting, now + patience, READS_AT_ONCE * 16):
            host = urlsplit(stored.entry.url or "").netloc
            # The answer is as old as the question: what was read meanwhile still waits in it.
            taken = stored.id in self._reading or stored.id in self._just_read or stored.id in self._stumbled
            if free > 0 and not taken and self._hosts[host] < READS_PER_HOST:
                free -= 1
                self._hosts[host] += 1
                self._reading[stored.id] = asyncio.create_task(self._read(stored.id, host))

    async def _poll(self, url: str) -> None:
        try:
            outcome = await self._guarded(self.pipeline.poll(url), feed=without_credentials(url))
            if outcome is not None:
                self.tally.count_poll(outcome)
                self._told(outcome)
        finally:
            del self._polling[url]
            self._ended()

    async def _read(self, entry_id: int, host: str) -> None:
        try:
            outcome = await self._guarded(self.pipeline.read(entry_id), entry=entry_id)
            if outcome is None:
                self._stumbled.add(entry_id)
            else:
                self.tally.count_read(outcome)
                self._told(outcome)
        finally:
            del self._reading[entry_id]
            self._just_read.add(entry_id)
            self._hosts[host] -= 1
            self._ended()

    async def _guarded(self, step: Coroutine[Any, Any, Result], **item: object) -> Result | None:
        try:
            return await step
        except StoreError as error:
            self._fatal = error
        except Exception:  # a bug may crash its own item, never the others
            log.exception("crashed", **item)
        return None

    def _ended(self) -> None:
        self._something_ended.set()
        self._progress(self.tally.polled, self._asked, self.tally.read, self.tally.new)


async def deliver_ready(pipeline: Pipeline, told: Told = untold) -> tuple[int, int]:
    """Deliver every parcel whose time has come. Returns how many were sent and how many were not.

    Several go side by side; those of one recipient in order. The first goes alone: when the relay itself is at
    fault (it refuses our credentials, say), it is asked once, and the others wait as long as the one that met it.
    """
    ready = await asyncio.to_thread(
        pipeline.store.outbox, (ParcelState.READY,), due_by=pipeline.clock(), contents=False
    )
    mailing = _Mailing(pipeline, {parcel.id: parcel for parcel in ready}, told)
    if ready:
        await mailing.hand_over(ready[0])
    queues: dict[str, list[int]] = defaultdict(list)
    for parcel in ready[1:]:
        queues[parcel.recipient].append(parcel.id)
    waiting = iter(queues.values())  # shared: each runner takes the next recipient
    runners = (mailing.run(waiting) for _ in range(DELIVERIES_AT_ONCE))
    for ending in await asyncio.gather(*runners, return_exceptions=True):
        if ending is not None:
            raise ending
    if mailing.fault is not None:
        log.error("relay refuses us", error=str(mailing.fault), waiting=len(mailing.left))
        await pipeline.postpone(list(mailing.left.values()), mailing.fault)
    return mailing.sent, len(ready) - mailing.sent


async def forget(pipeline: Pipeline, keep: KeepSettings, *, rounds: int | None = None) -> int:
    """Remove from the store what is kept no longer, a little at a time; how many rows. `rounds`: at most so many."""
    mailings = {digest.id: digest.topics or tuple(pipeline.topics.titles) for digest in pipeline.digests.values()}
    removed = 0
    for _ in range(rounds) if rounds is not None else count():
        some = await asyncio.to_thread(pipeline.store.forget, keep, pipeline.clock(), mailings)
        if not some:
            break
        removed += some
        await asyncio.sleep(FORGETTING_PAUSE_S)
    while await asyncio.to_thread(pipeline.store.give_room_back):  # noqa: ASYNC110 - each time some, till all is given
        await asyncio.sleep(FORGETTING_PAUSE_S)
    if removed:
        log.info("forgotten", rows=removed)
    return removed


@dataclass(slots=True)
class _Mailing:
    """One round of deliveries. `left` are the parcels of which nothing is settled yet."""

    pipeline: Pipeline
    left: dict[int, Parcel]
    told: Told
    sent: int = 0
    fault: DeliveryError | None = None  # the relay's own

    async def run(self, queues: Iterator[list[int]]) -> None:
        """Take one recipient's parcels after the other's until none is left, or the relay is at fault."""
        for queue in queues:
            for parcel_id in queue:
                if self.fault is not None:
                    return
                await self.hand_over(self.left[parcel_id])

    async def hand_over(self, parcel: Parcel) -> None:
        """Deliver one parcel. A bug costs this parcel alone: what became of it is asked at the next start."""
        try:
            outcome = await self.pipeline.deliver(parcel.id)
        except DeliveryError as error:
            self.fault = error
            self.told(parcel)
            return
        except StoreError:
            raise
        except Exception:
            log.exception("crashed", parcel=parcel.id)
        else:
            self.sent += outcome.state is ParcelState.SENT
            self.told(outcome)
        del self.left[parcel.id]
