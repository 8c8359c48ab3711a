"""Runs the pipeline's steps side by side in one process: each feed and each entry at most once at a time."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any, TypeVar

import structlog

from digest import planner
from digest.config import KeepSettings
from digest.errors import DeliveryError, GaveWay, StoreError
from digest.feeds import without_credentials
from digest.model import CHANNEL, DueFeed, FailingFeed, Parcel, ParcelState, WaitingEntry
from digest.pipeline import Pipeline, Polled, Read

READS_AT_ONCE = 64
FORGETTING_PAUSE_S = 0.05  # for the others that write
READS_PER_FEED = 2  # a feed with a long queue must not take every place (its host's gap is kept by the fetcher)
# Polls under way for each slot of the fetcher: some stand aside, since their host is slow, and some wait for the gap or
# for the store; they hold no slot then.
POLLS_A_SLOT = 8
POLLS_IN_A_ROW = 8  # of one host, for each of its connections
AFTER_A_CRASH = timedelta(hours=1)
DELIVERIES_AT_ONCE = 32  # eight times the connections of an SMTP delivery: most of them wait for the store

Result = TypeVar("Result")

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Tally:
    """What was done since the last summary."""

    polled: int = 0
    not_modified: int = 0
    new: int = 0
    remembered: int = 0  # noted as seen, not read: what a feed's first look finds beyond the last days
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
        self.remembered += outcome.remembered
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


def never() -> bool:
    """Nobody stops it."""
    return False


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
        self._polls = planner.Line(_host)
        # What failed last time, or gave way, may hang: few places, and none of the others'.
        self._failing = planner.Line(_host)
        self._gave_way: set[str] = set()  # due in the store, but in that line
        self._came_back: set[str] = set()  # of these, what was polled since the store was asked last
        self._reads = planner.Line(_feed, per_host=READS_PER_FEED)
        self._tasks: set[asyncio.Task[None]] = set()
        self._crashed: dict[str, datetime] = {}  # feeds on which a step of ours crashed, and until when they are left
        self._stumbled: dict[int, datetime] = {}  # entries on which one crashed, likewise
        self._looked_for_polls: datetime | None = None
        self._looked_for_reads: datetime | None = None
        self._last_entry = 0
        self._news = True  # there may be entries to read that we have not looked for
        self._ending = False
        self._something_ended = asyncio.Event()
        self._fatal: StoreError | None = None

    @property
    def busy(self) -> bool:
        """A poll or a read is under way, or waits for a place."""
        return bool(self._tasks or self._polls or self._failing or self._reads)

    async def look(self) -> None:
        """Take up what has come due. What is taken up waits for its place here, and the store isn't asked for it again.

        Raises StoreError.
        """
        now, before = self.pipeline.clock(), self._looked_for_polls
        idle = not (self._polls.present or self._failing.present)
        for line in (self._polls, self._failing):
            line.asking()
        self._gave_way -= self._came_back
        self._came_back.clear()
        # Whenever nothing waits, everything is looked for: so nothing is ever forgotten, also when clocks are set back.
        since = None if idle or before is None or now < before else before
        self._looked_for_polls = now
        due = await asyncio.to_thread(self.pipeline.store.due, now, since=since)
        crashed = {url for url, until in self._crashed.items() if until > now}
        self.start_polls(feed for feed in due if feed.url in self.pipeline.feeds and feed.url not in crashed)

    def look_again(self) -> None:
        """Let the next look be for everything that is due: there are new feeds."""
        self._looked_for_polls = None

    def start_polls(self, due: Iterable[DueFeed]) -> None:
        """Begin to poll these feeds as soon as there are places, those under way excepted. Returns at once."""
        found = list(due)
        self._polls.add(feed.url for feed in found if not feed.failing and feed.url not in self._gave_way)
        self._failing.add(feed.url for feed in found if feed.failing)
        self._start_polls()
        self._news = True
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
        """Give up what is under way, and begin nothing more. Nothing is lost by it: it stays due."""
        self._ending = True
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def take_tally(self) -> Tally:
        """What was done since this was asked last."""
        tally, self.tally = self.tally, Tally()
        return tally

    def _start_polls(self) -> None:
        """Fill the places for polls; several at a time, so that they can ask the store together."""
        if self._ending:
            return
        settings = self.pipeline.poll_settings
        # Without a gap between starts a host's next polls wait at the fetcher: over a connection that stays open, and
        # not for what the last one has to store. With one they would only take places from other hosts.
        abreast = settings.per_host.connections * (1 if settings.per_host.gap else POLLS_IN_A_ROW)
        self._polls.per_host = self._polls.in_a_row = abreast
        places = settings.concurrency * POLLS_A_SLOT
        for line, most, after in ((self._polls, places, None), (self._failing, max(1, places // 16), self._polls)):
            if line.under_way <= most - max(1, most // 8):
                for url in line.take(most - line.under_way, after=after):
                    self._begin(self._poll(url, line))

    async def _start_reads(self, patience: timedelta) -> None:
        """Begin to read what waits, as far as there are places."""
        if self._fatal is not None:
            raise self._fatal
        if self._news:
            self._news = False
            await self._look_for_reads(self.pipeline.clock() + patience)
        for entry in self._reads.take(READS_AT_ONCE - self._reads.under_way):
            self._begin(self._read(entry))

    async def _look_for_reads(self, now: datetime) -> None:
        before = self._looked_for_reads
        idle = not self._reads.present
        self._reads.asking()
        since = None if idle or before is None or now < before else before
        self._looked_for_reads = now
        found = await asyncio.to_thread(self.pipeline.store.waiting, now, since=since, after=self._last_entry)
        self._last_entry = max((self._last_entry, *(entry.id for entry in found)))
        self._reads.add(entry for entry in found if self._stumbled.get(entry.id, now) <= now)

    def _begin(self, step: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(step)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def _poll(self, url: str, line: planner.Line[str]) -> None:
        try:
            if url not in self.pipeline.feeds:  # taken out of feeds.yaml while it waited
                return
            gives_way = line is self._polls
            outcome = await self._guarded(self.pipeline.poll(url, gives_way=gives_way), feed=without_credentials(url))
            if outcome is None:
                self._crashed[url] = self.pipeline.clock() + AFTER_A_CRASH
            else:
                self.tally.count_poll(outcome)
                self._told(outcome)
                self._news = self._news or outcome.new > 0
        except GaveWay:
            self._gave_way.add(url)
            self._failing.add([url])
        finally:
            line.done(url)
            if line is self._failing and url in self._gave_way:
                self._came_back.add(url)
            self._start_polls()

    async def _read(self, entry: WaitingEntry) -> None:
        try:
            outcome = await self._guarded(self.pipeline.read(entry.id), entry=entry.id)
            if outcome is None:
                self._stumbled[entry.id] = self.pipeline.clock() + AFTER_A_CRASH
            else:
                self.tally.count_read(outcome)
                self._told(outcome)
                self._news = self._news or outcome.article is None
        finally:
            self._reads.done(entry)

    async def _guarded(self, step: Coroutine[Any, Any, Result], **item: object) -> Result | None:
        try:
            return await step
        except GaveWay:
            raise
        except StoreError as error:
            self._fatal = error
        except Exception:  # a bug may crash its own item, never the others
            log.exception("crashed", **item)
        return None

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if self._news or self._reads or self._fatal is not None or not self.busy:
            self._something_ended.set()
        asked = self.tally.polled + self._polls.present + self._failing.present
        self._progress(self.tally.polled, asked, self.tally.read, self.tally.new)


def _host(url: str) -> str:
    return url.split("/", 3)[2]  # of a configured URL: quicker than to parse 100,000 of them


def _feed(entry: WaitingEntry) -> str:
    return str(entry.feed)


async def deliver_ready(
    pipeline: Pipeline, told: Told = untold, stopping: Callable[[], bool] = never
) -> tuple[int, int]:
    """Deliver every parcel whose time has come. Returns how many were sent and how many were not.

    Several go side by side; those of one recipient in order. The first goes alone: when the relay itself is at
    fault (it refuses our credentials, say), it is asked once, and the others wait as long as the one that met it.
    Once it is `stopping`, no other is begun.
    """
    ready = await asyncio.to_thread(pipeline.store.outbox, (ParcelState.READY,), due_by=pipeline.clock())
    mailing = _Mailing(pipeline, {parcel.id: parcel for parcel in ready}, told, stopping)
    if ready and not stopping():
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
    stopping: Callable[[], bool]
    sent: int = 0
    fault: DeliveryError | None = None  # the relay's own

    async def run(self, queues: Iterator[list[int]]) -> None:
        """Take one recipient's parcels after the other's until none is left; chats alone when the relay is at fault."""
        for queue in queues:
            for parcel_id in queue:
                if self.stopping():
                    return
                parcel = self.left[parcel_id]
                if self.fault is None or parcel.recipient.startswith(CHANNEL):
                    await self.hand_over(parcel)

    async def hand_over(self, parcel: Parcel) -> None:
        """Deliver one parcel. A bug costs this parcel's attempt alone."""
        try:
            outcome = await self._deliver(parcel.id)
        except DeliveryError as error:
            self.fault = error
            self.told(parcel)
            return
        self.sent += outcome.state is ParcelState.SENT
        self.told(outcome)
        del self.left[parcel.id]

    async def _deliver(self, parcel_id: int) -> Parcel:
        try:
            return await self.pipeline.deliver(parcel_id)
        except (DeliveryError, StoreError):
            raise
        except Exception:  # a bug in one delivery may not stop the others
            log.exception("crashed", parcel=parcel_id)
            return await self.pipeline.broke_off(parcel_id)
