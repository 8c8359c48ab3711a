"""Pages are read in worker processes: the way there and back, and the poisoned page."""

from __future__ import annotations

import asyncio
import time

import pytest

from digest.errors import WorkerTimeout
from digest.extract import article, read
from digest.model import FeedClaims, Page
from digest.workers import Workers

SENTENCE = "The committee met again on Tuesday and came no nearer to an answer. "
PAGE = Page("https://example.org/a", f"<article><h1>Committee</h1>{f'<p>{SENTENCE * 3}</p>' * 4}</article>".encode())


async def test_an_article_is_read_in_a_worker_as_it_is_here():
    async with Workers(1) as workers:
        assert await workers.run(article, PAGE, FeedClaims(title="Committee"), deadline_s=20) == article(
            PAGE, FeedClaims(title="Committee")
        )
        assert (await workers.run(read, PAGE, deadline_s=20)).changes


async def test_a_page_that_takes_too_long_costs_its_own_item_only():
    slow = Page("https://example.org/slow", b"<p>" + b"<i>word</i> <b>word</b> <br>" * 200_000)
    async with Workers(2) as workers:
        await asyncio.gather(*(workers.run(article, PAGE, deadline_s=20) for _ in range(2)))
        started = time.monotonic()
        late = asyncio.ensure_future(workers.run(article, slow, deadline_s=0.2))
        found = await asyncio.gather(*(workers.run(article, PAGE, deadline_s=20) for _ in range(10)))
        with pytest.raises(WorkerTimeout):
            await late
        assert all(one.complete for one in found)
        assert time.monotonic() - started < 15


async def test_a_warm_worker_answers_at_once():
    async with Workers(1) as workers:
        await workers.run(article, PAGE, deadline_s=20)
        started = time.monotonic()
        await workers.run(article, PAGE, deadline_s=20)
        assert time.monotonic() - started < 0.5
