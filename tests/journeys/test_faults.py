"""Everything that can be wrong with a feed, at once, on real sockets: each fails with its reason, the others go on."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from loopback import Web, write_config

from digest import config as configuration
from digest.app import wired
from digest.deliver import DirectoryDelivery
from digest.engine import Collector
from digest.model import FeedState
from digest.store import Store

NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
Serve = Callable[[asyncio.StreamWriter], Awaitable[None]]


def http(body: bytes = b"", status: str = "200 OK", *headers: str, length: int | None = None) -> bytes:
    stated = len(body) if length is None else length
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, f"Content-Length: {stated}", "", ""]).encode() + body


def rss(*items: str, before: str = "", head: str = "") -> bytes:
    channel = f"<channel><title>Feed</title>{head}{''.join(f'<item>{item}</item>' for item in items)}</channel>"
    return f"{before}<rss version='2.0'>{channel}</rss>".encode()


async def drip(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while not writer.is_closing():
        writer.write(b"<")
        await writer.drain()
        await asyncio.sleep(0.1)


async def hang(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n")
    await asyncio.sleep(10)


async def endless(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while not writer.is_closing():
        writer.write(b"<!-- and on and on -->" * 3000)
        await writer.drain()


async def interim(writer: asyncio.StreamWriter) -> None:
    while not writer.is_closing():
        writer.write(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(0.01)


BOMB = gzip.compress(b" " * 60_000_000, 9)
LAUGHS = "<!DOCTYPE rss [<!ENTITY a 'ha'>" + "".join(
    f"<!ENTITY {name} '{f'&{before};' * 10}'>" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
FILE = "<!DOCTYPE rss [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"
KILLER = f'<title>Style</title><guid>k</guid><description>&lt;p style="{" " * 100_000}&gt;</description>'

# path -> what is answered, and the words of the reason
BROKEN: dict[str, tuple[bytes | Serve, str]] = {
    "/short": (http(b"<rss>", length=1000), "breaks off"),
    "/torn": (http(gzip.compress(rss("<title>a</title>") * 50)[:-20], "200 OK", "Content-Encoding: gzip"), "damaged"),
    "/no-gzip": (http(b"plain", "200 OK", "Content-Encoding: gzip"), "damaged"),
    "/bomb": (http(BOMB, "200 OK", "Content-Encoding: gzip"), "larger than"),
    "/endless": (endless, "larger than"),
    "/announced": (http(b"", length=10**12), "larger than"),
    "/drip": (drip, "total time"),
    "/hang": (hang, "total time"),
    "/interim": (interim, "total time"),
    "/headers": (http(b"", "200 OK", *(f"X-{n}: {'x' * 65536}" for n in range(200))), "HTTP"),
    "/noise": (b"\x16\x03\x01\x02\x00" * 50, "HTTP"),
    "/loop": (http(b"", "301 Moved", "Location: /loop"), "circle"),
    "/nowhere": (http(b"", "302 Found"), "without saying where"),
    "/metadata": (http(b"", "302 Found", "Location: http://169.254.169.254/latest/"), "link-local"),
    "/local-file": (http(b"", "302 Found", "Location: file:///etc/passwd"), "not the web"),
    "/unasked": (http(b"", "304 Not Modified"), "not modified"),
    "/gone": (http(b"", "410 Gone"), "gone for good"),
    "/teapot": (http(b"", "418 I'm a teapot"), "418"),
    "/html": (http(b"<!doctype html><title>Home</title><p>Hello</p>"), "page"),
    "/empty": (http(b""), "empty"),
    "/nothing-but-space": (http(b" \n" * 500), "empty"),
    "/picture": (http(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), "not a feed"),
}
# path -> what is answered, and how many entries come of it all the same
ODD: dict[str, tuple[bytes, int]] = {
    "/laughs": (http(rss("<title>L</title><guid>l</guid><description>&i;</description>", before=LAUGHS + "]>")), 1),
    "/file-entity": (http(rss("<title>F</title><guid>f</guid><description>&x;</description>", before=FILE)), 1),
    "/killer": (http(rss(KILLER)), 1),
    "/same-guid": (http(rss(*(f"<title>{n}</title><guid>same</guid><link>/s{n}</link>" for n in range(3)))), 3),
    "/no-id": (http(rss("<title>No id</title>", "<description>nor title</description>", "")), 2),
    "/dates": (
        http(
            rss(
                *(
                    f"<title>D{n}</title><guid>d{n}</guid><pubDate>{date}</pubDate>"
                    for n, date in enumerate(
                        ["0001-01-01", "Mon, 01 Jan 2099 00:00:00 GMT", "2016/6/29 15:07:41", "soon"]
                    )
                )
            )
        ),
        3,  # that of 2016 is older than a first look goes back
    ),
    "/nuls": (http(b"\xef\xbb\xbf\0\0" + rss("<title>N\0ul</title><guid>n</guid>")), 1),
    "/bad-byte": (http(rss("<title>b\xff</title><guid>b</guid>").replace("ÿ".encode(), b"\xff")), 1),
    "/euc-kr": (
        http(
            b"<?xml version='1.0' encoding='utf-8'?>"
            + rss("<title>연합뉴스</title><guid>e</guid>").decode().encode("euc-kr")
        ),
        1,
    ),
    "/cut": (http(rss("<title>C</title><guid>c</guid>")[:-12]), 1),
}


@pytest.fixture
async def port() -> AsyncIterator[int]:
    answers: dict[str, bytes | Serve] = {path: answer for path, (answer, _) in (BROKEN | ODD).items()}

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            path = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1].decode()
            answer = answers.get(path, http(b"", "404 Not Found"))
            if isinstance(answer, bytes):
                writer.write(answer)
                await writer.drain()
            else:
                await answer(writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


async def test_every_fault_costs_its_own_feed_only_and_says_why(tmp_path: Path, web: Web, port: int) -> None:
    web.publish("Old bridge to be rebuilt")
    urls = {path: f"http://127.0.0.1:{port}{path}" for path in (*BROKEN, *ODD)}
    refused, unknown, healthy = "http://127.0.0.9:9/", "http://no-such-host.invalid/", web.url("/feed.xml")
    directory = write_config(tmp_path / "c", feeds=[refused, unknown, *urls.values(), healthy], relay_port=9)
    config = configuration.load(directory, {"STATE_DIRECTORY": str(tmp_path / "state")})
    per_host = config.poll.per_host.model_copy(update={"connections": 8})
    poll = config.poll.model_copy(update={"timeout": 2.0, "per_host": per_host, "max_bytes": 5_000_000})
    with Store.open(config.store_url, lock=True) as store:
        wiring = wired(replace(config, poll=poll), store, DirectoryDelivery(tmp_path / "out"), clock=lambda: NOW)
        async with wiring as pipeline:
            collector = Collector(pipeline)
            collector.start_polls(store.due(NOW))
            await asyncio.wait_for(collector.until_idle(), 120)
        states = {state.url: state for state in store.feeds()}
        read = [stored.feed for stored in store.articles(NOW - timedelta(days=1))]

    def told(state: FeedState) -> str:
        return state.last_error or ""

    for path, (_, words) in BROKEN.items():
        state = states[urls[path]]
        assert words in told(state), f"{path}: {told(state)}"
        assert (state.failures, read.count(state.url)) == (1, 0), path
        assert state.next_poll_at >= NOW + timedelta(minutes=30), path
    for path, (_, count) in ODD.items():
        assert (told(states[urls[path]]), read.count(urls[path])) == ("", count), path
    assert "refuses connections" in told(states[refused])
    assert "has no address" in told(states[unknown]) or "could not be looked up" in told(states[unknown])
    assert (told(states[healthy]), read.count(healthy)) == ("", 1)
