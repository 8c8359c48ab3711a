"""The service: a ticker over the store, signals, and reading the configuration again while it runs.

APScheduler only ticks; what is due and which windows are owed lies in the store and in the planner. So nothing is
missed while the service is down, and nothing is done twice when ticks pile up.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import signal
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from aiohttp import web
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

from digest import app, archive, topics
from digest.config import Config, alerts
from digest.deliver import open_delivery
from digest.endpoint import Endpoint
from digest.engine import deliver_ready, forget
from digest.errors import ConfigError, RenderError, StoreError, shortened
from digest.fetch import Fetcher
from digest.health import Health, Level
from digest.model import Window
from digest.ping import ping
from digest.pipeline import Pipeline
from digest.render import Renderer
from digest.report import Report
from digest.store import Store
from digest.systemd import Systemd
from digest.websub import Subscriber

POLL_TICK_S = 5
MAIL_TICK_S = 15
HUB_TICK_S = 60
CARE_TICK_S = 86_400
CARE = "care"
CARE_AFTER_S = 300  # a start has enough to do
LOOK_FOR_DAMAGE_S = 2.0  # beside the first polls: some 500 MB that are in the cache
LOOK_MS = 5_000  # for edits, should the watcher miss one
NO_PING_S = 60.0  # until it is looked whether an edit asks for one
REFUSED_S = 900.0  # until an edition that could not be made is tried again; an edit of the settings comes before
SUM_UP_S = 900.0  # at the latest: where many feeds are polled, or one site hangs, it is never quiet
DRAIN_S = 40  # what is under way may take so long after SIGTERM

SETTINGS = {".yaml", ".yml", ".j2"}

Stamp = frozenset[tuple[str, int, int, int]]

log = structlog.get_logger(__name__)


class Service:
    """Runs one configuration until it is told to stop."""

    def __init__(
        self, pipeline: Pipeline, config: Config, directory: Path, env: Mapping[str, str], stamp: Stamp
    ) -> None:
        self._report = Report(pipeline)
        self._collector = self._report.collector
        self._systemd = Systemd(env)
        self._subscriber = Subscriber(lambda: self._pipeline, config.http.public_url if config.http.listen else None)
        self._config = self._started_with = config
        self._directory = directory
        self._env = env
        self._stamp = stamp  # of the files that `config` was read from
        self._stopping = asyncio.Event()
        self._mailing = asyncio.Lock()
        self._reloading = asyncio.Lock()
        self._hang_ups: set[asyncio.Task[None]] = set()  # the loop itself would let them be collected
        self._open = AsyncExitStack()  # what a reload opened
        self._failure: BaseException | None = None
        self._clock_jumped = False
        self._sum_up_by = time.monotonic() + SUM_UP_S
        self._not_before: dict[str, float] = {}  # when a digest is tried again, by the monotonic clock
        self._archived = False  # all that the store has; after a crash it may not be

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """What it answers over HTTP."""
        archived = archive.routes(lambda: self._config.archive.directory if self._config.archive else None)
        return (*self._report.routes(), *self._subscriber.routes(), *archived)

    @property
    def _pipeline(self) -> Pipeline:
        return self._collector.pipeline

    async def run(self) -> None:
        """Serve until SIGTERM or SIGINT, then let what is under way come to its end.

        Raises StoreError when the store can't be used any longer.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        loop.add_signal_handler(signal.SIGHUP, self._hang_up)
        await self._pipeline.recover()
        ticker = self._start_ticker()
        works = (
            self._say_ready(),
            self._look_for_damage(),
            self._read_on(),
            self._watch(),
            self._report.pulse.feel(lambda _seconds: self._jumped(ticker)),
            self._beat(),
            self._ping(),
        )
        background = [asyncio.create_task(work) for work in works]
        for task in background:
            task.add_done_callback(self._background_ended)
        log.info("started", feeds=len(self._pipeline.feeds), digests=len(self._pipeline.digests))
        try:
            await self._stopping.wait()
        finally:
            self._systemd.stopping()
            ticker.pause()
            for task in background:
                task.cancel()
            await asyncio.gather(*background, return_exceptions=True)
            await self._drain()
            ticker.shutdown(wait=False)  # only now: it cancels what its ticks are still doing
            await self._open.aclose()
        log.info("stopped")
        if self._failure is not None:
            raise self._failure

    def _jumped(self, ticker: AsyncIOScheduler) -> None:
        self._clock_jumped = True
        plan_anew(ticker)

    def _hang_up(self) -> None:
        task = asyncio.create_task(self.reload())
        self._hang_ups.add(task)
        task.add_done_callback(self._hang_ups.discard)
        task.add_done_callback(self._background_ended)

    def _background_ended(self, task: asyncio.Task[None]) -> None:
        """A service that polls and no longer reads would look alive: rather stop, loudly, and be started again."""
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("crashed", exc_info=error)
            self._failure = error
            self._stopping.set()

    def _start_ticker(self) -> AsyncIOScheduler:
        """One late tick stands for all that were missed; a tick never overlaps with itself."""
        ticker = AsyncIOScheduler(
            timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        now = self._pipeline.clock()
        ticker.add_job(self.tick_polls, Every(POLL_TICK_S), next_run_time=now)
        ticker.add_job(self.tick_mail, Every(MAIL_TICK_S), next_run_time=now)
        ticker.add_job(self.tick_hubs, Every(HUB_TICK_S), next_run_time=now + timedelta(seconds=HUB_TICK_S))
        ticker.add_job(self.tick_care, Every(CARE_TICK_S), id=CARE, next_run_time=now + timedelta(seconds=CARE_AFTER_S))
        ticker.start()
        return ticker

    async def _say_ready(self) -> None:
        """Once each loop came round: polls are looked for, entries are read, windows are planned."""
        await self._report.pulse.all_came_round.wait()
        self._systemd.ready(self._report.in_a_line())
        await asyncio.to_thread(lambda: self._pipeline.renderer.press)
        gc.freeze()  # what is there now stays; looking through it for garbage would take a twelfth of each poll

    async def _look_for_damage(self) -> None:
        """What a start finds ends the service at once, before it adds to the damage."""
        with self._ending_on_store_failure():
            await asyncio.to_thread(self._pipeline.store.check, within_s=LOOK_FOR_DAMAGE_S)

    async def _beat(self) -> None:
        """Keep systemd's watchdog quiet for as long as the loops come round; they don't without the store."""
        while self._systemd.beat_every_s:
            if self._report.health().level is not Level.RED:
                self._systemd.beat(self._report.in_a_line())
            await asyncio.sleep(self._systemd.beat_every_s)

    async def _ping(self) -> None:
        """Tell the owner's watchman that all goes on. A service that is red stays silent, and so raises the alarm."""
        while True:
            settings = self._config.ping
            if settings is not None and (await self._report.examined())[0].level is not Level.RED:
                await ping(settings.url)
            await asyncio.sleep(settings.every if settings else NO_PING_S)

    async def tick_polls(self) -> None:
        """Start the polls that are due, and sum up once all is quiet, or it has been long."""
        with self._ending_on_store_failure():
            await self._collector.look()
            if not self._collector.busy or time.monotonic() > self._sum_up_by:
                await self._sum_up()
            self._report.pulse.beat("polling")

    async def _sum_up(self) -> None:
        """Log what was done since the last time, if anything was."""
        self._sum_up_by = time.monotonic() + SUM_UP_S
        tally = self._collector.take_tally()
        if tally.polled or tally.read:
            log.info(
                "round",
                polled=tally.polled,
                unchanged=tally.not_modified,
                failed=len(tally.failed),
                new=tally.new,
                remembered=tally.remembered,
                flagged=tally.flagged,
                incomplete=tally.incomplete,
            )
        if tally.read:
            await asyncio.to_thread(_give_memory_back)

    async def tick_hubs(self) -> None:
        """Keep the subscriptions with hubs."""
        with self._ending_on_store_failure():
            await self._subscriber.tend()

    async def tick_mail(self) -> None:
        """Build the editions that are owed and deliver what is ready."""
        async with self._mailing:
            with self._ending_on_store_failure():
                await asyncio.to_thread(self._pipeline.store.prove)
                if self._clock_jumped:
                    self._clock_jumped = False
                    await self._pipeline.set_right()
                pipeline = self._pipeline  # the same for planning and building, should the settings change meanwhile
                owed = await pipeline.plan()
                self._report.pulse.beat("mailing")
                health = (await self._report.examined())[0] if owed else Health()
                for digest_id, window in owed:
                    await self._build(replace(pipeline, notices=health.notices), digest_id, window)
                if owed:
                    await asyncio.to_thread(_give_memory_back)
                for alert_id, window in await pipeline.plan_alerts():
                    await self._build(pipeline, alert_id, window)
                if not self._archived:
                    self._archived = await app.publish(self._config, self._pipeline.store)
                await deliver_ready(self._pipeline, self._report.delivered, self._stopping.is_set)
                self._report.pulse.beat("mailing")

    async def _build(self, pipeline: Pipeline, digest_id: str, window: Window) -> None:
        """Make an edition. One that can't be made stays owed and costs no other; it is tried again after a while."""
        if self._stopping.is_set() or self._not_before.get(digest_id, 0.0) > time.monotonic():
            return
        try:
            await pipeline.build(digest_id, window)
        except RenderError as error:
            log.error("edition refused", digest=digest_id, error=str(error))
            self._refused(digest_id, str(error))
        except StoreError:
            raise
        except Exception:  # a bug in one edition may stop neither the others nor what is ready
            log.exception("crashed", digest=digest_id)
            self._refused(digest_id, "digest itself is at fault, see its log")
        else:
            self._report.refused_editions.pop(digest_id, None)
            self._report.metrics.edition_made(digest_id)
            self._report.pulse.beat("mailing")  # a digest that catches up with each of many slots takes long
            if digest_id in pipeline.digests:  # alerts have no pages
                self._archived = False

    def _refused(self, digest_id: str, why: str) -> None:
        self._report.refused_editions[digest_id] = why
        self._not_before[digest_id] = time.monotonic() + REFUSED_S

    async def tick_care(self) -> None:
        """Look for damage in the store, and remove from it what is kept no longer."""
        with self._ending_on_store_failure():
            await forget(self._pipeline, self._config.keep)
        try:
            await asyncio.to_thread(self._pipeline.store.check)
            self._report.damage = ""
        except StoreError as error:  # a page that nobody asked for so far: what can be mailed, is mailed
            log.error("store damaged", error=str(error))
            self._report.damage = str(error)

    async def reload(self) -> None:
        """Read the configuration again, all or nothing: a broken edit changes nothing and is told to the reader."""
        async with self._reloading:
            was_ready = self._report.pulse.all_came_round.is_set()
            if was_ready:
                self._systemd.reloading()
            try:
                await self._reload()
            finally:
                if was_ready:
                    self._systemd.ready(self._report.in_a_line())

    async def _reload(self) -> None:
        self._stamp = await asyncio.to_thread(_stamp, self._directory)
        try:
            config = await asyncio.to_thread(app.load, self._directory, self._env)
            compiled = await asyncio.to_thread(topics.compile, config.topics)
        except ConfigError as error:
            for problem in shortened(error.problems):
                log.error("edit refused, the last good configuration stays", problem=str(problem))
            self._report.refused_edit = str(error.problems[0])
            return
        with self._ending_on_store_failure():
            await self._warn_of_gone(self._pipeline.topics.titles.keys() - compiled.titles.keys())
            names = {feed.url: feed.name or "" for feed in config.feeds}
            await asyncio.to_thread(self._pipeline.store.subscribe, names, self._pipeline.clock())
            await self._exchange_connections(config)
        self._collector.pipeline = replace(
            self._pipeline,
            poll_settings=config.poll,
            feeds={feed.url: feed for feed in config.feeds},
            digests={digest.id: digest for digest in config.digests},
            alerts=alerts(config),
            sender=config.mail.sender,
            topics=compiled,
            renderer=Renderer(config.templates, config.archive_urls),
        )
        self._config, self._report.refused_edit, self._archived = config, "", False
        self._report.awaits_restart = tuple(
            key
            for key, now, then in (
                ("store", config.store_url, self._started_with.store_url),
                ("http", config.http.model_dump(), self._started_with.http.model_dump()),
            )
            if now != then
        )
        self._report.refused_editions.clear()
        self._not_before.clear()
        self._collector.look_again()
        log.info("configuration read again", feeds=len(config.feeds), topics=len(config.topics))

    async def _warn_of_gone(self, topic_ids: Iterable[str]) -> None:
        """What a topic has flagged goes with it. Was its file only renamed, its owner wants to know."""
        store, now = self._pipeline.store, self._pipeline.clock()
        for topic in topic_ids:
            states = [await asyncio.to_thread(store.digest_state, each, now) for each in self._pipeline.digests]
            waiting = [await asyncio.to_thread(store.pending_count, state, (topic,)) for state in states]
            if number := max(waiting, default=0):
                mend = f"if {topic}.yaml was renamed: `digest rejudge NAME --since 7d`"
                log.warning("a topic is gone, what it flagged is not told", topic=topic, waiting=number, mend=mend)

    async def _exchange_connections(self, config: Config) -> None:
        """Fetch and deliver as the new settings say. What is under way ends with the old ones, which close with us."""
        if config.poll != self._config.poll:
            fetcher = await self._open.enter_async_context(Fetcher(config.poll, ready=self._pipeline.workers.calm))
            self._collector.pipeline = replace(self._pipeline, fetcher=fetcher)
        # Dumped: as objects they differ too when their lines moved.
        if (config.mail.model_dump(), config.channels) != (self._config.mail.model_dump(), self._config.channels):
            delivery = open_delivery(config.mail, config.channels)
            self._open.push_async_callback(delivery.close)
            self._collector.pipeline = replace(self._pipeline, delivery=delivery)
            await self._pipeline.try_again_now()

    async def _watch(self) -> None:
        """Read the files again when they have changed.

        The watcher only wakes us; what counts is whether the files are others than those last read. So an edit is
        found that came before the watcher stood, or on a file system that reports none.
        """
        await self._report.pulse.all_came_round.wait()
        from watchfiles import awatch  # brings anyio, whose import would hold everything up

        while not self._stopping.is_set():
            try:
                async for _changes in awatch(
                    self._directory, stop_event=self._stopping, rust_timeout=LOOK_MS, yield_on_timeout=True
                ):
                    await self._reload_if_edited()
            except OSError as error:  # the directory is gone, or there are no watches left
                log.warning("can't watch for edits, will try again", error=str(error))
                await self._reload_if_edited()
                await asyncio.sleep(LOOK_MS / 1000)

    async def _reload_if_edited(self) -> None:
        if await asyncio.to_thread(_stamp, self._directory) != self._stamp:
            await self.reload()

    async def _read_on(self) -> None:
        with self._ending_on_store_failure():
            await self._collector.keep_going(lambda: self._report.pulse.beat("reading"))

    @contextmanager
    def _ending_on_store_failure(self) -> Iterator[None]:
        """Without its store the service can keep nothing, so it stops and says why."""
        try:
            yield
        except StoreError as error:
            self._failure = error
            self._stopping.set()

    async def _drain(self) -> None:
        """A message that is being handed over is handed over; polls are given up, they stay due."""
        await self._collector.cancel()
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_S), self._mailing:
                pass


class Every(BaseTrigger):  # type: ignore[misc] # untyped
    """A tick so many seconds after the last one.

    APScheduler's own interval counts up every tick that was missed: where the clock of a board without a battery
    jumps from 1970 to today, that stands still for minutes.
    """

    def __init__(self, seconds: float) -> None:
        self._interval = timedelta(seconds=seconds)

    def get_next_fire_time(self, _previous: datetime | None, now: datetime) -> datetime:
        """APScheduler asks."""
        return now + self._interval


def plan_anew(ticker: AsyncIOScheduler) -> None:
    """Tick at once, and from then on in the usual rhythm.

    APScheduler waits until a time on the wall clock: after that was put back, it would wait for as long again. What
    forgets by the clock waits a while, in case it is a wrong one.
    """
    for job in ticker.get_jobs():
        later_s = CARE_AFTER_S if job.id == CARE else 0
        job.modify(next_run_time=datetime.now(UTC) + timedelta(seconds=later_s))


def _give_memory_back() -> None:
    """What a burst of work has freed goes back to the system, where the C library can do that: glibc.

    By itself it keeps what lies below anything still in use: 170 MB after an edition chosen from 4,700 articles.
    """
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):
        trim(0)


def _stamp(directory: Path) -> Stamp:
    """What tells one state of the files from another: name, times and size of each.

    Only of those that can be settings: the state may lie in the same directory, and changes all the time.
    """
    found = set()
    for path in directory.rglob("*"):
        if path.suffix in SETTINGS and not path.name.startswith("."):
            with suppress(OSError):  # gone meanwhile
                facts = path.stat()
                # Copies may bring the time of writing along (`cp -p`), but not that of the inode's last change.
                found.add((str(path), facts.st_mtime_ns, facts.st_ctime_ns, facts.st_size))
    return frozenset(found)


async def serve(directory: Path, env: Mapping[str, str]) -> None:
    """Run the configuration of a directory as a service until SIGTERM.

    Raises ConfigError, StoreLocked when another instance works on the store, and StoreError.
    """
    stamp = _stamp(directory)
    config = app.load(directory, env)
    async with AsyncExitStack() as stack:
        store = stack.enter_context(Store.open(config.store_url, lock=True, look=False))
        delivery = open_delivery(config.mail, config.channels)
        stack.push_async_callback(delivery.close)
        pipeline = await stack.enter_async_context(app.wired(config, store, delivery))
        service = Service(pipeline, config, directory, env, stamp)
        await stack.enter_async_context(Endpoint(config.http, service.routes()))
        await service.run()
