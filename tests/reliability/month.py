"""24 days in eight time zones with faults at random, by a virtual clock: is every window there, and once?

    python tests/reliability/month.py 10      # ten runs, each of other days and other faults

The real pipeline over a real store polls a feed that brings stories, while the program is down for hours or days, the
machine sleeps, the relay fails in each of its ways, and (in every other run) the clock is wrong for a while.
"""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from digest import app
from digest.config import Config, load
from digest.engine import Collector, deliver_ready
from digest.errors import DeliveryError, FetchError
from digest.model import Fetched, Parcel, ParcelState, Validators
from digest.pipeline import Pipeline
from digest.planner import next_slots
from digest.store import Store
from digest.store.tables import editions

TROUBLE = (0.0, 0.0, 0.3, 0.7)  # of the deliveries
STEP = timedelta(minutes=20)
FEED = "https://wire.example/feed.json"

# Of every kind: summer time begins or ends within the days below in most of them, by half an hour on Lord Howe.
DIGESTS = {
    "seoul": ("Asia/Seoul", "0 7 * * *", "merge"),
    "berlin": ("Europe/Berlin", "30 2 * * *", "merge"),
    "new-york": ("America/New_York", "30 1,2 * * *", "each"),
    "st-johns": ("America/St_Johns", "0 */6 * * *", "merge"),
    "kathmandu": ("Asia/Kathmandu", "45 6 * * *", "each"),
    "lord-howe": ("Australia/Lord_Howe", "0 2 * * *", "merge"),
    "casablanca": ("Africa/Casablanca", "15 3,15 * * *", "each"),
    "chatham": ("Pacific/Chatham", "0 0 * * *", "merge"),
}
BEGINNINGS = (datetime(2026, 10, 14, tzinfo=UTC), datetime(2026, 3, 6, tzinfo=UTC), datetime(2026, 3, 26, tzinfo=UTC))


@dataclass
class World:
    """The time as it is, and as the machine's clock has it."""

    now: datetime
    wrong_by: timedelta = timedelta(0)

    def clock(self) -> datetime:
        """What the program is told."""
        return self.now + self.wrong_by


@dataclass
class Wire:
    """Stands for the net: a JSON feed with the stories of the last days, an hour and a half apart."""

    world: World
    begin: datetime
    stories: int = 0
    until: datetime | None = None

    async def feed(
        self, url: str, *, validators: Validators, validators_url: str | None, headers: object, patient: bool
    ) -> Fetched:
        """The feed as it is by now; out of order now and then."""
        until = min(self.world.now, self.until or self.world.now)
        self.stories = max(self.stories, int((until - self.begin) / timedelta(minutes=90)))
        if self.stories % 17 == 5:
            raise FetchError("wire.example answered 503", status=503)
        items = ",".join(
            f'{{"id": "{number}", "url": "https://wire.example/{number}", "title": "{title(number)}", '
            f'"content_text": "{text(number)}"}}'
            for number in range(max(0, self.stories - 100), self.stories)
        )
        body = f'{{"version": "https://jsonfeed.org/version/1.1", "title": "The Wire", "items": [{items}]}}'.encode()
        return Fetched(url, url, 200, {"content-type": "application/feed+json"}, body, Validators())


@dataclass
class Relay:
    """Takes messages, and fails as it is told."""

    world: World
    chance: random.Random
    trouble: float = 0.0  # how many of the deliveries go wrong
    taken: list[tuple[Parcel, bool]] = field(default_factory=list)  # and whether we were told

    async def deliver(self, parcel: Parcel, before_commit: Callable[[], Awaitable[None]]) -> str:
        """One of: taken; refused for now; refused to all; lost after the dot, with the message or without."""
        fate = self.chance.random() / self.trouble if self.trouble else 1.0
        if fate < 0.4:
            raise DeliveryError("451 try again later", retryable=True)
        if fate < 0.6:
            raise DeliveryError("421 come back later", retryable=True, relay=True)
        await before_commit()
        if fate < 0.8:
            raise DeliveryError("connection lost", retryable=True, unknown=True)
        self.taken.append((parcel, fate >= 1.0))
        if fate < 1.0:
            raise DeliveryError("connection lost", retryable=True, unknown=True)
        return "250 taken"

    async def close(self) -> None:
        """Nothing is held."""


def title(number: int) -> str:
    """A headline that no other contains."""
    return f"Bridge x{number}x opens"


def text(number: int) -> str:
    """A story's own words, so that none is a copy of another."""
    return f"The bridge at kilometre {number} opens. " + " ".join(f"w{number}n{word}" for word in range(80))


@dataclass
class Report:
    """What one run came to."""

    slots: int = 0
    windows: int = 0
    merged: int = 0  # windows of more than one slot
    stories: int = 0
    messages: int = 0
    repeated: int = 0  # messages that arrived twice, their outcome having been unknown
    restarts: int = 0
    sleeps: int = 0
    jumps: int = 0
    faults: list[str] = field(default_factory=list)


class Month:
    """One run."""

    def __init__(self, home: Path, seed: int, days: int, *, clock_goes_wrong: bool) -> None:
        self.report = Report()
        self._chance = random.Random(seed)
        self._begin = BEGINNINGS[seed % len(BEGINNINGS)]
        self._end = self._begin + timedelta(days=days)
        self._world = World(self._begin)
        self._wire = Wire(self._world, self._begin)
        self._relay = Relay(self._world, self._chance)
        self._config = configured(home)
        self._clock_goes_wrong = clock_goes_wrong
        self._wrong: list[tuple[datetime, datetime]] = []  # when the clock was

    async def run(self) -> Report:
        """Live through all of it, then judge."""
        while self._world.now < self._end:
            await self._one_life()
        self._relay.trouble = 0.0
        self._wire.until = self._end
        self._world.wrong_by = timedelta(0)
        await self._one_life(rest=timedelta(days=1.2))
        with Store.open(self._config.store_url, lock=True) as store:
            self._judge(store)
        return self.report

    async def _one_life(self, rest: timedelta | None = None) -> None:
        """From a start of the program to its end, maybe in the middle of a step; then it is down for a while."""
        self.report.restarts += 1
        until = self._world.now + (rest or timedelta(hours=self._chance.expovariate(1 / 40)))
        async with AsyncExitStack() as stack:
            store = stack.enter_context(Store.open(self._config.store_url, lock=True))
            pipeline = await stack.enter_async_context(
                app.wired(self._config, store, self._relay, clock=self._world.clock)
            )
            net: Any = self._wire
            pipeline = replace(pipeline, fetcher=net)
            await pipeline.recover()
            while self._world.now < until and (rest or self._world.now < self._end):
                await self._round(pipeline)
                self._world.now += STEP
                if rest is None and self._faults_befall():
                    await pipeline.set_right()
            if rest is None and self._chance.random() < 0.5:
                await self._crash(pipeline)
        if rest is None:
            self._world.now += timedelta(hours=self._chance.choice([0, 0, 0, 1, 5, 12, 30, 72]))
            self._relay.trouble = self._chance.choice(TROUBLE)

    async def _round(self, pipeline: Pipeline) -> None:
        collector = Collector(pipeline)
        collector.start_polls(pipeline.store.due(pipeline.clock()))
        await collector.until_idle()
        for digest_id, window in await pipeline.plan():
            await pipeline.build(digest_id, window)
        await deliver_ready(pipeline)

    async def _crash(self, pipeline: Pipeline) -> None:
        """Stop in the middle of a round."""
        task = asyncio.create_task(self._round(pipeline))
        await asyncio.sleep(self._chance.uniform(0, 0.03))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    def _faults_befall(self) -> bool:
        """Let the machine sleep, the relay change its mind, the clock go wrong. Whether the clock has jumped."""
        if self._chance.random() < 0.004:
            self.report.sleeps += 1
            self._world.now += timedelta(hours=self._chance.uniform(0.5, 20))
        if self._chance.random() < 0.02:
            self._relay.trouble = self._chance.choice(TROUBLE)
        if not self._clock_goes_wrong:
            return False
        if self._world.wrong_by:
            if self._chance.random() < 0.2:
                self._world.wrong_by = timedelta(0)
                self._wrong[-1] = (self._wrong[-1][0], self._world.now)
                return True
        elif self._chance.random() < 0.004 or self._no_jump_so_far():
            self.report.jumps += 1
            hours = self._chance.choice([-48, -5, -1, 1, 9, 60, 24 * 365 * 10])
            self._world.wrong_by = timedelta(hours=hours)
            self._wrong.append((self._world.now, datetime.max.replace(tzinfo=UTC)))
            return True
        return False

    def _no_jump_so_far(self) -> bool:
        """A third of the days is over: a short run shall have one, too."""
        return not self.report.jumps and self._world.now - self._begin > (self._end - self._begin) / 3

    # --- was it right? ----------------------------------------------------------------------------------------

    def _judge(self, store: Store) -> None:
        self.report.stories = self._wire.stories
        told: Counter[tuple[str, int]] = Counter()
        arrived: dict[str, set[bytes]] = {}
        times: Counter[str] = Counter()
        for parcel, _known in self._relay.taken:
            times[parcel.message_id] += 1
            arrived.setdefault(parcel.message_id, set()).add(parcel.raw)
            if times[parcel.message_id] == 1:
                told.update((parcel.digest, n) for n in range(self._wire.stories) if f"x{n}x" in parcel.text)
        unsure = Counter(parcel.message_id for parcel, known in self._relay.taken if not known)
        self.report.messages = len(arrived)
        for message_id, bodies in arrived.items():
            self.report.repeated += times[message_id] > 1
            if len(bodies) > 1 or times[message_id] > 1 + unsure[message_id]:
                self.report.faults.append(f"{message_id} came {times[message_id]} times, {len(bodies)} different ones")
        for digest_id in DIGESTS:
            self._judge_windows(digest_id, store)
            for number in range(self._wire.stories):
                if told[digest_id, number] != 1:
                    self.report.faults.append(
                        f"story {number} was in {told[digest_id, number]} editions of {digest_id}"
                    )
        left = [parcel for parcel in store.outbox(list(ParcelState)) if parcel.state is not ParcelState.SENT]
        self.report.faults[:0] = [f"message {parcel.id} of {parcel.digest}: {parcel.reply}" for parcel in left]

    def _judge_windows(self, digest_id: str, store: Store) -> None:
        """Each slot is the end of one window, or inside of one that merges several; no instant is in two."""
        zone, schedule, catch_up = DIGESTS[digest_id]
        with store._engine.connect() as connection:
            found = sa.select(editions.c.window_start, editions.c.window_end).where(editions.c.digest == digest_id)
            windows = [(start, end) for start, end in connection.execute(found)]
        slots = [slot for slot in next_slots(schedule, zone, self._begin, 1_000) if slot <= self._world.now - STEP]
        self.report.slots += len(slots)
        self.report.windows += len(windows)
        covered = {slot: sum(start < slot <= end for start, end in windows) for slot in slots}
        self.report.merged += sum(sum(start < slot <= end for slot in slots) > 1 for start, end in windows)
        wrong = [slot for slot in slots if covered[slot] != 1 and not self._near_a_wrong_clock(slot)]
        self.report.faults += [f"{digest_id}: the slot {slot} is in {covered[slot]} windows" for slot in wrong]
        if catch_up == "each":
            many = [w for w in windows if sum(w[0] < slot <= w[1] for slot in slots) > 1 and not self._wrong]
            self.report.faults += [f"{digest_id}: {window} holds several slots" for window in many]
        for (_, end), (start, _) in pairwise(sorted(windows)):
            if end != start and not self._wrong:
                self.report.faults.append(f"{digest_id}: a window ends at {end} and the next begins at {start}")

    def _near_a_wrong_clock(self, slot: datetime) -> bool:
        """Where the clock was wrong, a slot may come early or late, by as much as it was wrong."""
        day = timedelta(days=4)
        return any(began - day <= slot <= ended + day for began, ended in self._wrong)


def configured(home: Path) -> Config:
    """Eight digests of one topic, over one feed."""
    directory = home / "config"
    (directory / "topics").mkdir(parents=True)
    digests = "".join(
        f'  - {{id: {name}, timezone: {zone}, schedule: "{schedule}", catch_up: {catch_up}, '
        f"to: [{name}@example.org], max_stories: 200}}\n"
        for name, (zone, schedule, catch_up) in DIGESTS.items()
    )
    (directory / "digest.yaml").write_text(
        f"mail: {{from: desk@example.org, directory: out/}}\ndigests:\n{digests}", encoding="utf-8"
    )
    (directory / "feeds.yaml").write_text(f"feeds: [{{url: '{FEED}', full_text: feed}}]\n", encoding="utf-8")
    (directory / "topics" / "bridges.yaml").write_text("topic: Bridges\nany: [bridge]\n", encoding="utf-8")
    return load(directory, {"STATE_DIRECTORY": str(home / "state")})


def run(seed: int, days: int, *, clock_goes_wrong: bool) -> Report:
    """One run in a directory of its own."""
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None  # no disk has to be waited for: nothing loses power here
    with tempfile.TemporaryDirectory(prefix="digest-month-", dir=memory) as home:
        return asyncio.run(Month(Path(home), seed, days, clock_goes_wrong=clock_goes_wrong).run())


if __name__ == "__main__":
    bad = 0
    for each in range(int(sys.argv[1])):
        found = run(each, 24, clock_goes_wrong=bool(each % 2))
        bad += bool(found.faults)
        print(replace(found, faults=found.faults[:20]), flush=True)
    sys.exit(bool(bad))
