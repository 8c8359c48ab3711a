"""Fetch: what politeness costs beside a bare loop that asks for the same."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import aiohttp

from digest.fetch import Fetcher
from digest.model import Validators

Row = tuple[str, str, str]
HOSTS = 500
FEEDS = 600
ETAG = '"v1"'

# Answers on many loopback addresses, in a process of its own so that its CPU doesn't count.
SERVER = """
import asyncio
body = b"<rss version='2.0'><channel><title>t</title>" + b"<item><title>x</title></item>" * 300 + b"</channel></rss>"
async def answer(reader, writer):
    try:
        while True:
            request = await reader.readuntil(b"\\r\\n\\r\\n")
            if b'"v1"' in request:
                writer.write(b'HTTP/1.1 304 Not Modified\\r\\nETag: "v1"\\r\\n\\r\\n')
            else:
                writer.write(b'HTTP/1.1 200 OK\\r\\nETag: "v1"\\r\\nContent-Length: %d\\r\\n\\r\\n' % len(body) + body)
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
"""


@dataclass(frozen=True)
class PerHost:
    connections: int = 2
    gap: float = 0.0


@dataclass(frozen=True)
class Limits:
    concurrency: int = 50
    per_host: PerHost = PerHost()
    timeout: float = 30.0
    max_bytes: int = 10_000_000
    contact: str | None = None
    allow_networks: tuple[str, ...] = ("127.0.0.0/8",)


def run() -> list[Row]:
    """CPU and wall time of 600 feeds on 500 hosts, against aiohttp's session with 50 workers in the same run."""
    server = subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout
        return asyncio.run(_measured(int(server.stdout.readline())))
    finally:
        server.terminate()
        server.wait()


async def _measured(port: int) -> list[Row]:
    hosts = [f"127.0.{1 + number // 250}.{1 + number % 250}" for number in range(HOSTS)]
    urls = [f"http://{hosts[number % HOSTS]}:{port}/{number}" for number in range(FEEDS)]
    rows = []
    for what, validators in (("all new", Validators()), ("all not modified", Validators(etag=ETAG))):
        async with Fetcher(Limits()) as fetcher:
            bare = await _timed(lambda known=validators: _bare(urls, known))
            ours = await _timed(lambda known=validators, opened=fetcher: _ours(opened, urls, known))
        rows.append(
            (
                f"{FEEDS} feeds, {what}",
                f"{ours[0] * 1e3 / FEEDS:.2f} ms CPU a feed, {ours[1]:.2f} s",
                f"{ours[0] / bare[0]:.2f}x the CPU and {ours[1] / bare[1]:.2f}x the time of a bare aiohttp loop",
            )
        )
    return rows


async def _timed(step: Callable[[], Awaitable[None]]) -> tuple[float, float]:
    """CPU and wall seconds, the best of three."""
    best = []
    for _ in range(3):
        cpu, wall = time.process_time(), time.perf_counter()
        await step()
        best.append((time.process_time() - cpu, time.perf_counter() - wall))
    return min(best)


async def _ours(fetcher: Fetcher, urls: list[str], validators: Validators) -> None:
    await asyncio.gather(*(fetcher.feed(url, validators=validators) for url in urls))


async def _bare(urls: list[str], validators: Validators) -> None:
    headers = {"If-None-Match": validators.etag} if validators.etag else {}
    left = iter(urls)
    connector = aiohttp.TCPConnector(limit=50, limit_per_host=2)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def worker() -> None:
            for url in left:
                async with session.get(url, headers=headers) as response:
                    await response.read()

        await asyncio.gather(*(worker() for _ in range(50)))
