"""A feed made to hang or to fill the memory costs its own poll at most five seconds of CPU, nobody else anything."""

from __future__ import annotations

import asyncio
import time

import pytest

from digest import feeds
from digest.errors import ParseError, WorkerDied, WorkerTimeout
from digest.model import FeedDocument
from digest.workers import UNSERVED, Workers

URL = "https://x.example/feed"
DEADLINE_S = 2.0  # so that the test takes less than the five allowed


def rss(inside: str) -> bytes:
    return f'<rss version="2.0"><channel><title>t</title><item><title>i</title>{inside}</item></channel></rss>'.encode()


KILLERS = {
    "a style of 100,000 spaces": rss("<description>&lt;p style=&quot;" + " " * 100_000 + "x</description>"),
    "an author's mail of 32 KB": rss("<author>" + "a" * 16_000 + "@" + "b." * 8_000 + "</author>"),
    "100,000 attributes, escaped": rss("<description>&lt;p " + "a=b " * 100_000 + "&gt;</description>"),
    "100,000 attributes": rss("<p " + " ".join(f'a{n}="x"' for n in range(100_000)) + "/>"),
    "two million elements": rss("<b/>" * 2_000_000),
}
GOOD = rss("<guid>entry-1</guid>")
TWO = rss("<guid>entry-1</guid></item><item><guid>entry-2</guid>")


async def outcome(workers: Workers, body: bytes) -> FeedDocument | Exception:
    try:
        document = await workers.run(feeds.parse, body, {}, URL, deadline_s=DEADLINE_S)
        for entry in document.entries:
            await workers.run(feeds.claims, entry, None, "x", deadline_s=DEADLINE_S)
    except (ParseError, WorkerDied, WorkerTimeout) as error:
        return error
    return document


@pytest.mark.parametrize("name", KILLERS)
async def test_a_killer_costs_its_own_item_five_seconds_of_computing_at_most(name: str) -> None:
    async with Workers(count=2, memory_bytes=2_000_000_000) as workers:
        assert isinstance(await outcome(workers, GOOD), FeedDocument)  # both rooms are imported
        begun = time.monotonic()
        killer = asyncio.create_task(outcome(workers, KILLERS[name]))
        others = [await outcome(workers, GOOD) for _ in range(5)]
        await killer
        assert time.monotonic() - begun < UNSERVED * DEADLINE_S + 5, "however busy the machine is"
        assert all(isinstance(other, FeedDocument) for other in others)
        assert isinstance(await outcome(workers, GOOD), FeedDocument)


async def test_parsing_only_what_is_new_works_in_a_worker() -> None:
    async with Workers(count=1) as workers:
        scanned = await workers.run(feeds.scan, TWO, {}, URL, deadline_s=DEADLINE_S)
        unseen = await workers.run(feeds.parse_new, TWO, {}, URL, frozenset(scanned.keys), deadline_s=DEADLINE_S)
    assert scanned == feeds.Glance(("guid:entry-1", "guid:entry-2"))
    assert (unseen.document.entries, unseen.seen) == ((), 2)
