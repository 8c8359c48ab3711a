"""What the service knows of itself, for whoever asks: monitors over HTTP, systemd, a digest's footer."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterable
from dataclasses import replace

from aiohttp import web

from digest.engine import Collector
from digest.errors import StoreError
from digest.health import Health, Level, Vitals, judge
from digest.metrics import CONTENT_TYPE, Metrics, Moment
from digest.model import Counts, Parcel
from digest.pipeline import Pipeline, Polled, Read
from digest.pulse import Pulse
from digest.store import Store

# A loop that has not come round for so long stands still. One message may take 10 minutes after its final dot.
ALLOWED_S = {"polling": 120.0, "reading": 120.0, "mailing": 900.0}

TOTALS_S = 120.0  # what the store holds is counted no more often: it takes long where it is much


class Report:
    """Gathers and judges. The service says what only it knows: the attributes below that tell of trouble."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.metrics = Metrics()
        self.pulse = Pulse(ALLOWED_S, pipeline.clock)
        self.collector = Collector(pipeline, told=self.metrics.ended)
        self.refused_edit = ""  # the first problem of a configuration that was not taken over
        self.awaits_restart: tuple[str, ...] = ()  # keys whose new values only count after a restart
        self.refused_editions: dict[str, str] = {}  # by digest, why none can be made
        self.damage = ""  # what is wrong with the store's file
        self._totals = Counts()
        self._totals_of = -TOTALS_S  # by the monotonic clock

    def delivered(self, step: Polled | Read | Parcel) -> None:
        """Count an attempt to hand a message over, and take it as a sign of life: a long queue takes long."""
        self.metrics.ended(step)
        self.pulse.beat("mailing")

    def health(self) -> Health:
        """How the service does at this moment, as far as it is known without asking the store."""
        return judge(self._vitals())

    def in_a_line(self) -> str:
        """For `systemctl status`."""
        pipeline = self.collector.pipeline
        return f"{self.health()}; feeds: {len(pipeline.feeds)}, digests: {len(pipeline.digests)}"

    async def examined(self) -> tuple[Health, Vitals]:
        """How it does, all things considered, and what that judgement rests on."""
        vitals = self._vitals()
        try:
            vitals = await asyncio.to_thread(self._with_store, vitals)
        except StoreError as error:
            vitals = replace(vitals, store_error=str(error))
        return judge(vitals), vitals

    def _vitals(self) -> Vitals:
        return Vitals(
            self.pulse.loops, self.refused_edit, self.awaits_restart, self.refused_editions, damage=self.damage
        )

    def _with_store(self, vitals: Vitals) -> Vitals:
        pipeline = self.collector.pipeline
        store, now = pipeline.store, pipeline.clock()
        # A new feed is due since ever; that it waits for its turn says nothing.
        first = [store.feed(due.url) for due in store.due(now, limit=1)]
        due = [state.next_poll_at for state in first if state.next_poll_at and state.last_poll_at]
        oldest_due_s = max(((now - at).total_seconds() for at in due), default=0.0)
        return replace(vitals, counts=store.pressing(), oldest_due_s=oldest_due_s, free_bytes=_free_bytes(store))

    async def _with_totals(self, counts: Counts) -> Counts:
        """The same with what the store holds, as old as that may be."""
        if time.monotonic() - self._totals_of > TOTALS_S:
            self._totals_of = time.monotonic()
            try:
                self._totals = await asyncio.to_thread(self.collector.pipeline.store.counts)
            except StoreError:  # the judgement tells of it
                return counts
        totals = self._totals
        return replace(
            counts,
            entries=totals.entries,
            articles=totals.articles,
            incomplete=totals.incomplete,
            matches=totals.matches,
            editions=totals.editions,
        )

    # --- over HTTP ----------------------------------------------------------------------------------

    def routes(self) -> Iterable[web.RouteDef]:
        """`/healthz`, `/readyz` and `/metrics`."""
        return (
            web.get("/healthz", self._answer_health),
            web.get("/readyz", self._answer_ready),
            web.get("/metrics", self._answer_metrics),
        )

    async def _answer_health(self, _request: web.Request) -> web.Response:
        health, _vitals = await self.examined()
        return web.json_response(health.to_json(), status=503 if health.level is Level.RED else 200)

    async def _answer_ready(self, _request: web.Request) -> web.Response:
        """Ready: the configuration is loaded, the store answers, and every loop has come round once."""
        _health, vitals = await self.examined()
        waiting = [*self.pulse.waiting_for, *filter(None, [vitals.store_error])]
        return web.json_response({"ready": not waiting, "waiting_for": waiting}, status=503 if waiting else 200)

    async def _answer_metrics(self, _request: web.Request) -> web.Response:
        health, vitals = await self.examined()
        workers = self.collector.pipeline.workers
        moment = Moment(
            counts=await self._with_totals(vitals.counts),
            oldest_due_s=vitals.oldest_due_s,
            came_round_at=self.pulse.came_round_at,
            tasks_waiting=workers.waiting,
            workers_busy=workers.busy,
            edit_refused=bool(self.refused_edit),
            level=health.level,
            loop_lag_s=self.pulse.lag_s,
        )
        return web.Response(body=self.metrics.shown(moment), headers={"Content-Type": CONTENT_TYPE})


def _free_bytes(store: Store) -> int | None:
    directory = store.directory
    if directory is None:
        return None
    found = os.statvfs(directory)
    return found.f_bavail * found.f_frsize
