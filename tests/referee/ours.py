"""Runs digest itself through the exhibits, on a clock that leaps over the time in which nothing is due."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from digest import config as configuration
from digest.app import wired
from digest.config import Config
from digest.deliver import DirectoryDelivery
from digest.engine import Collector
from digest.pipeline import Pipeline
from digest.store import Store

from .rules import Verdict, judge
from .server import Server
from .site import BEGIN, DAY, Site, virtual

GAP_S = 0.4  # stands for the 5 s of the default, since what lies between two requests passes in real time
DAYS = 3.1  # so that the third day of a feed that is gone comes


class LeapingLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock can be set forward: all of its timers with it."""

    leapt_s = 0.0

    def time(self) -> float:
        return super().time() + self.leapt_s


def verdicts(directory: Path, *, days: float = DAYS) -> list[Verdict]:
    """How digest with its default settings treats the site within so many days."""
    with asyncio.Runner(loop_factory=LeapingLoop) as runner:
        return runner.run(_run(directory, days * DAY))


async def _run(directory: Path, lasts_s: float) -> list[Verdict]:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, LeapingLoop)
    began = loop.time()

    def now_s() -> float:
        return loop.time() - began

    site = Site(virtual(now_s))
    async with Server(site.handlers, now_s, pace=now_s) as server:
        config = _config(directory, site.feeds(server.port))
        with Store.open(config.store_url, lock=True) as store:
            out = DirectoryDelivery(directory / "out")
            async with wired(config, store, out, clock=lambda: BEGIN + timedelta(seconds=now_s())) as pipeline:
                while now_s() < lasts_s:
                    await _poll_what_is_due(pipeline)
                    loop.leapt_s += max(0.0, _next_due_s(pipeline) - now_s())
        return judge(server.visits, gap_s=GAP_S)


async def _poll_what_is_due(pipeline: Pipeline) -> None:
    collector = Collector(pipeline)
    collector.start_polls(pipeline.store.due(pipeline.clock()))
    await collector.until_idle()
    await collector.cancel()


def _next_due_s(pipeline: Pipeline) -> float:
    """When the next feed is due, in seconds from the beginning."""
    waiting = [state.next_poll_at for state in pipeline.store.feeds() if state.next_poll_at and not state.stopped]
    return (min(waiting) - BEGIN).total_seconds()


def _config(directory: Path, feeds: Sequence[str]) -> Config:
    place = directory / "config"
    (place / "topics").mkdir(parents=True)
    (place / "digest.yaml").write_text(
        """poll: {contact: "https://example.org/about", allow_networks: [127.0.0.0/8]}
mail: {from: desk@example.org, directory: out/}
digests: [{id: daily, schedule: "0 7 * * *", to: [desk@example.org]}]
""",
        "utf-8",
    )
    (place / "feeds.yaml").write_text("feeds:\n" + "".join(f"  - {url}\n" for url in feeds), "utf-8")
    (place / "topics" / "harbour.yaml").write_text("topic: Harbour\nany: [harbour]\n", "utf-8")
    config = configuration.load(place, {"STATE_DIRECTORY": str(directory / "state")})
    per_host = config.poll.per_host.model_copy(update={"gap": GAP_S})
    return replace(config, poll=config.poll.model_copy(update={"per_host": per_host}))
