"""Collect: a whole poll, from what is due to what is stored, beside a bare loop that only fetches the same."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiohttp
import structlog

from digest import config as configuration
from digest.app import wired
from digest.deliver import DirectoryDelivery
from digest.engine import Collector
from digest.model import PollUpdate
from digest.pipeline import Pipeline
from digest.store import Store

Row = tuple[str, str, str]
FEEDS = 300
HOSTS = 250
MANY = 100_000
CHANGED = 11  # every so many feeds have two new entries in the next round: 9 %

# A process of its own, so that its CPU doesn't count: feeds of 30 entries of 1.5 KB; /round lets some of them change.
SERVER = """
import asyncio
round = 0
text = "The harbour board met on Tuesday, and came no nearer to an answer than the week before. " * 16
def body(number):
    version = round if number % CHANGED == 0 else 0
    items = "".join(
        f"<item><title>Entry {n} of feed {number}</title><link>http://herald.example/{number}/{n}</link>"
        f"<guid>http://herald.example/{number}/{n}</guid><description>{text}</description></item>"
        for n in range(30 + 2 * version, 2 * version, -1)
    )
    return f"<rss version='2.0'><channel><title>Feed {number}</title>{items}</channel></rss>".encode(), version
async def answer(reader, writer):
    global round
    try:
        while True:
            request = await reader.readuntil(b"\\r\\n\\r\\n")
            path = request.split(b" ", 2)[1].decode()
            if path == "/round":
                round += 1
                found, etag = b"", "x"
            else:
                found, version = body(int(path[1:]))
                etag = f'"v{version}"'
            if etag.encode() in request:
                writer.write(f"HTTP/1.1 304 Not Modified\\r\\nETag: {etag}\\r\\n\\r\\n".encode())
            else:
                head = f"HTTP/1.1 200 OK\\r\\nETag: {etag}\\r\\nContent-Length: {len(found)}\\r\\n\\r\\n"
                writer.write(head.encode() + found)
            await writer.drain()
            if b"close" in request:
                break
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()
async def main():
    server = await asyncio.start_server(answer, "0.0.0.0", 0, backlog=1000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
""".replace("CHANGED", str(CHANGED))


def run() -> list[Row]:
    """CPU of polls, worker processes included, as multiples of a bare loop; and what the ticker costs."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(30))
    server = subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout
        with tempfile.TemporaryDirectory() as scratch:
            return asyncio.run(_measured(Path(scratch), int(server.stdout.readline())))
    finally:
        server.terminate()
        server.wait()
        structlog.reset_defaults()


async def _measured(scratch: Path, port: int) -> list[Row]:
    hosts = [f"127.0.{1 + number // 250}.{1 + number % 250}" for number in range(HOSTS)]
    urls = [f"http://{hosts[number % HOSTS]}:{port}/{number}" for number in range(FEEDS)]
    etags: dict[str, str] = {}
    rows = []
    async with _collecting(scratch, urls) as (pipeline, clock):
        for what in ("first poll", "all not modified", "9 % changed"):
            if what == "9 % changed":
                await _bare([f"http://127.0.0.1:{port}/round"], {})
            bare = await _cpu_s(lambda: _bare(urls, etags))
            ours = await _cpu_s(lambda: _polled(pipeline))
            clock.now += timedelta(days=2)
            rows.append(
                (f"{FEEDS} feeds, {what}", f"{ours * 1e3 / FEEDS:.1f} ms CPU a feed", f"{ours / bare:.1f}x a bare loop")
            )
    return rows + await _ticking(scratch)


@asynccontextmanager
async def _collecting(scratch: Path, urls: list[str]) -> AsyncIterator[tuple[Pipeline, Any]]:
    directory = scratch / "config"
    (directory / "topics").mkdir(parents=True)
    (directory / "digest.yaml").write_text(
        "poll: {concurrency: 50, per_host: {connections: 1, gap: 0s}, allow_networks: [127.0.0.0/8]}\n"
        "mail: {from: bench@example.org, directory: out}\n"
        'digests: [{id: daily, title: Daily, schedule: "0 7 * * *", timezone: UTC, to: [bench@example.org]}]\n'
    )
    (directory / "feeds.yaml").write_text(
        "feeds:\n" + "".join(f"  - {{url: '{url}', full_text: feed}}\n" for url in urls)
    )
    (directory / "topics" / "harbour.yaml").write_text("topic: Harbour\nany: [harbour]\n")
    config = configuration.load(directory, {"STATE_DIRECTORY": str(scratch)})
    clock = SimpleNamespace(now=datetime.now(UTC))
    with Store.open(config.store_url, lock=True) as store:
        async with wired(config, store, DirectoryDelivery(scratch / "out"), clock=lambda: clock.now) as pipeline:
            yield pipeline, clock


class _Polling(Collector):
    """Polls and leaves what they bring unread: reading is measured elsewhere."""

    async def _start_reads(self, patience: timedelta) -> None:
        """Nothing."""


async def _polled(pipeline: Pipeline) -> None:
    collector = _Polling(pipeline)
    await collector.look()
    tally = await collector.until_idle()
    assert (tally.polled, tally.failed) == (FEEDS, [])


async def _bare(urls: list[str], etags: dict[str, str]) -> None:
    left = iter(urls)

    async def work(session: aiohttp.ClientSession) -> None:
        for url in left:
            headers = {"If-None-Match": etags[url]} if url in etags else {}
            async with session.get(url, headers=headers) as response:
                await response.read()
                etags[url] = response.headers["ETag"]

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=50)) as session:
        await asyncio.gather(*(work(session) for _ in range(50)))


async def _cpu_s(step: Callable[[], Awaitable[None]]) -> float:
    """CPU seconds of this process and of all that descend from it."""
    before = _spent_s()
    await step()
    return _spent_s() - before


def _spent_s() -> float:
    children: dict[int, list[int]] = {}
    ticks: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                facts = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it has just ended
            children.setdefault(int(facts[1]), []).append(int(entry.name))
            ticks[int(entry.name)] = sum(map(int, facts[11:15]))
    found = [os.getpid()]
    for pid in found:
        found += children.get(pid, [])
    return sum(ticks.get(pid, 0) for pid in found) / os.sysconf("SC_CLK_TCK")


async def _ticking(scratch: Path) -> list[Row]:
    """What a look at 100,000 feeds costs: all due after a downtime, and none due."""

    async def hang(_url: str) -> None:
        await asyncio.sleep(3600)

    now = datetime.now(UTC)
    urls = [f"https://{number % 30_000}.example/{number}/rss.xml" for number in range(MANY)]
    with Store.open(f"sqlite:///{scratch}/many.db", lock=True) as store:
        store.subscribe(urls, now)
        pipeline: Any = SimpleNamespace(
            store=store, feeds=frozenset(urls), poll_settings=configuration.PollSettings(), clock=lambda: now, poll=hang
        )
        collector = Collector(pipeline)
        began = time.process_time()
        await collector.look()
        due_s = time.process_time() - began
        await collector.cancel()
        later = [PollUpdate(replace(state, next_poll_at=now + timedelta(hours=1)), (), now) for state in store.feeds()]
        for start in range(0, MANY, 5_000):
            store.apply(*later[start : start + 5_000])
        idle = Collector(pipeline)
        await idle.look()
        began = time.process_time()
        for _ in range(20):
            await idle.look()
        idle_s = (time.process_time() - began) / 20
    return [
        (f"{MANY:,} feeds due at once, taken up", f"{due_s:.2f} s CPU", "target: 0.6 s, none missed"),
        (f"{MANY:,} feeds, none due", f"{idle_s * 1e3:.1f} ms CPU a look", f"{idle_s / 5:.3%} of a core; target: 1 %"),
    ]
