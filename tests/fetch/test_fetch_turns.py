"""A host sees at most so many connections, and a pause between starts; the others never wait for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise

import pytest
from fetch_web import Names, PerHost, Request, Serve, Settings, always, paths, response

from digest.errors import FetchError, GaveWay
from digest.fetch import Fetcher, client
from digest.fetch import turns as turning
from digest.fetch.turns import Closed, Turns


@asynccontextmanager
async def started(turns: Turns, host: str, log: list[tuple[str, float]], name: str = "") -> AsyncIterator[None]:
    async with turns.turn(host):
        log.append((name or host, asyncio.get_running_loop().time()))
        yield


async def test_starts_at_a_host_keep_their_distance_and_order() -> None:
    turns = Turns(concurrency=50, connections=3, gap_s=0.05)
    log: list[tuple[str, float]] = []

    async def one(number: int) -> None:
        async with started(turns, "a", log, str(number)):
            await asyncio.sleep(0.001)

    await asyncio.gather(*(one(number) for number in range(8)))
    assert [name for name, _ in log] == [str(number) for number in range(8)]
    assert all(later - earlier > 0.045 for (_, earlier), (_, later) in pairwise(log))


async def test_a_host_sees_no_more_connections_than_allowed(serve: Serve) -> None:
    async def slowly(request: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.03)
        writer.write(response(b"x"))

    for connections in (1, 3):
        site = await serve(slowly)
        async with Fetcher(Settings(per_host=PerHost(connections=connections))) as fetcher:
            await asyncio.gather(*(fetcher.feed(site.url(f"/{number}")) for number in range(12)))
        assert site.most_open == connections
        assert len(site.requests) == 12


async def test_one_hosts_line_holds_up_no_other_host() -> None:
    turns = Turns(concurrency=2, connections=1, gap_s=0.3)
    log: list[tuple[str, float]] = []

    async def one(host: str) -> None:
        async with started(turns, host, log):
            pass

    begun = asyncio.get_running_loop().time()
    waiting = [asyncio.create_task(one("slow")) for _ in range(10)]
    await asyncio.sleep(0.01)
    await asyncio.gather(*(one(f"host{number}") for number in range(20)))
    assert asyncio.get_running_loop().time() - begun < 0.25
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_no_more_than_the_concurrency_run_at_once() -> None:
    turns = Turns(concurrency=5, connections=1, gap_s=0)
    running = most = 0

    async def one(host: str) -> None:
        nonlocal running, most
        async with turns.turn(host):
            running += 1
            most = max(most, running)
            await asyncio.sleep(0.005)
            running -= 1

    await asyncio.gather(*(one(f"host{number}") for number in range(40)))
    assert most == 5


async def order_of_starts(hosts: list[str], *, pause_s: float = 0.0) -> list[str]:
    """Who starts when all of them wait for one slot, each asking `pause_s` after the last."""
    turns = Turns(concurrency=1, connections=1, gap_s=0)
    log: list[tuple[str, float]] = []

    async def one(host: str) -> None:
        async with started(turns, host, log):
            await asyncio.sleep(0.001)

    async with turns.turn("first"):
        tasks = []
        for host in hosts:
            tasks.append(asyncio.create_task(one(host)))
            await asyncio.sleep(pause_s)
        await asyncio.sleep(0.001)
    await asyncio.gather(*tasks)
    return [name for name, _ in log]


async def test_a_host_with_a_line_has_a_head_start() -> None:
    """Its line is gone through one by one, so it would be the last to end. Its next one asks after "a" has the slot."""
    assert await order_of_starts(["long", "long", "long", "a", "b", "c"]) == ["long", "a", "long", "b", "c", "long"]


async def test_a_head_start_is_worth_seconds_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """So those of short lines wait a little longer, and never without end."""
    monkeypatch.setattr(turning, "HEAD_START_S", 0.01)
    assert await order_of_starts(["long", "a", "long", "long"], pause_s=0.05) == ["long", "a", "long", "long"]


async def test_a_slot_that_is_given_to_a_waiter_while_it_is_cancelled_goes_on_to_the_next() -> None:
    turns = Turns(concurrency=1, connections=1, gap_s=0)
    log: list[tuple[str, float]] = []

    async def one(host: str) -> None:
        async with started(turns, host, log):
            pass

    async with turns.turn("first"):
        cancelled, next_one = asyncio.create_task(one("a")), asyncio.create_task(one("b"))
        await asyncio.sleep(0.001)
    cancelled.cancel()  # the slot is its own by now, and it does not know yet
    await asyncio.wait_for(asyncio.gather(cancelled, next_one, return_exceptions=True), 5)
    assert [name for name, _ in log] == ["b"]


async def test_a_cancelled_waiter_costs_nobody_a_turn() -> None:
    turns = Turns(concurrency=1, connections=1, gap_s=0.01)
    done: list[int] = []

    async def one(number: int) -> None:
        async with turns.turn("a"):
            await asyncio.sleep(0.005)
            done.append(number)

    tasks = [asyncio.create_task(one(number)) for number in range(20)]
    await asyncio.sleep(0.02)
    for task in tasks[::2]:
        task.cancel()
    await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 5)
    assert {1, 3, 5, 7, 9, 11, 13, 15, 17, 19} <= set(done)


async def test_idle_hosts_are_forgotten() -> None:
    turns = Turns(concurrency=100, connections=1, gap_s=0.01)
    for number in range(500):
        async with turns.turn(f"host{number}"):
            pass
    await asyncio.sleep(0.02)
    async with turns.turn("last"):
        pass
    assert len(turns) < 20


async def test_after_a_429_the_pause_is_30_seconds() -> None:
    turns = Turns(concurrency=1, connections=1, gap_s=0.0)
    async with turns.turn("a"):
        turns.busy("a", None, status=429)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1), turns.turn("a"):
            pass
    assert 29 < turns._lanes["a"].next_start - asyncio.get_running_loop().time() < 30.1
    assert len(turns) == 1  # not forgotten while it matters


async def test_a_host_that_asked_for_a_long_pause_is_not_asked_again_until_then(serve: Serve) -> None:
    busy = response(status="503 Service Unavailable", headers={"Retry-After": "3600"})
    site = await serve(paths({"/busy": busy, "/feed": response(b"x")}))
    other = await serve(always(response(b"x")))
    async with Fetcher(Settings()) as fetcher:
        with pytest.raises(FetchError):
            await fetcher.feed(site.url("/busy"))
        begun = time.monotonic()
        with pytest.raises(FetchError, match="asked for a pause; it lasts another 60 minutes") as caught:
            await fetcher.feed(site.url("/feed"))
        assert time.monotonic() - begun < 0.5
        assert caught.value.retryable
        assert caught.value.retry_after_s == pytest.approx(3600, abs=5)
        assert (await fetcher.feed(other.url())).body == b"x"
    assert len(site.requests) == 1


async def test_a_pause_holds_every_host_of_the_registrable_domain_pages_included(serve: Serve) -> None:
    busy = response(status="429 Too Many Requests", headers={"Retry-After": "3600"})
    site = await serve(paths({"/busy": busy, "/robots.txt": response(status="404 Not Found"), "/feed": response(b"x")}))
    names = Names({name: [["127.0.0.1"]] for name in ("feeds.paper.co.kr", "www.paper.co.kr", "www.other.co.kr")})
    async with Fetcher(Settings(), resolver=names) as fetcher:
        with pytest.raises(FetchError, match="fewer requests"):
            await fetcher.feed(f"http://feeds.paper.co.kr:{site.port}/busy")
        with pytest.raises(FetchError, match="asked for a pause"):
            await fetcher.feed(f"http://www.paper.co.kr:{site.port}/feed")
        with pytest.raises(FetchError, match="asked for a pause"):
            await fetcher.page(f"http://www.paper.co.kr:{site.port}/article")
        assert (await fetcher.feed(f"http://www.other.co.kr:{site.port}/feed")).body == b"x"
    assert [request.path for request in site.requests] == ["/busy", "/feed"]


async def test_a_pause_lasts_seven_days_at_most() -> None:
    turns = Turns(concurrency=1, connections=1, gap_s=0.0)
    async with turns.turn("a"):
        turns.busy("a", 1e9, status=503)
    with pytest.raises(Closed) as caught:
        async with turns.turn("a"):
            pass
    assert caught.value.remaining_s <= 7 * 86400


async def test_a_short_pause_that_a_host_asked_for_is_waited_for() -> None:
    turns = Turns(concurrency=1, connections=1, gap_s=0.0)
    begun = asyncio.get_running_loop().time()
    async with turns.turn("a"):
        turns.busy("a", 0.1, status=503)
    async with turns.turn("a"):
        assert asyncio.get_running_loop().time() - begun > 0.09
    async with turns.turn("a"):
        turns.busy("a", 120, status=503)
    with pytest.raises(Closed):
        async with turns.turn("a"):
            pass


async def test_hosts_that_hung_share_few_slots_where_there_is_little_room_beside_the_slots(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As long as there is room they step aside like any other: what answers again is not to wait behind what hangs."""
    monkeypatch.setattr(turning, "SLOW_AFTER_S", 0.02)
    turns = Turns(concurrency=16, connections=1, gap_s=0)
    for number in range(30):
        async with turns.turn(f"hung{number}"):
            turns.hung(f"hung{number}", slow=True)
    running = most = 0

    async def one(host: str) -> None:
        nonlocal running, most
        async with turns.turn(host):
            running += 1
            most = max(most, running)
            await asyncio.sleep(0.01)
            running -= 1

    await asyncio.gather(*(one(f"hung{number}") for number in range(30)))
    assert most == 16
    end = asyncio.Event()

    async def hang(host: str) -> None:
        async with turns.turn(host):
            await end.wait()

    hanging = [asyncio.create_task(hang(f"hangs{number}")) for number in range(16 * turning.ASIDE_A_SLOT // 2)]
    await asyncio.sleep(0.15)
    most = 0
    await asyncio.gather(*(one(f"hung{number}") for number in range(30)))
    assert most == 2
    end.set()
    await asyncio.gather(*hanging)


async def test_the_wait_for_a_turn_does_not_count_towards_the_deadline(serve: Serve) -> None:
    site = await serve(always(response(b"x")))
    async with Fetcher(Settings(timeout=0.3, per_host=PerHost(gap=0.2))) as fetcher:
        done = await asyncio.gather(*(fetcher.feed(site.url(f"/{number}")) for number in range(4)))
    assert len(done) == 4


async def test_hosts_that_hang_make_room_for_the_others_as_far_as_there_is_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of 4 slots, 10 hosts that hang keep none; it takes 20 of them until another one has to wait."""
    monkeypatch.setattr(turning, "SLOW_AFTER_S", 0.02)
    turns = Turns(concurrency=4, connections=1, gap_s=0)
    log: list[tuple[str, float]] = []
    end = asyncio.Event()

    async def hang(host: str) -> None:
        async with started(turns, host, log):
            await end.wait()

    async def answer(host: str) -> None:
        async with started(turns, host, log):
            await asyncio.sleep(0.001)

    hanging = [asyncio.create_task(hang(f"hangs{number}")) for number in range(10)]
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await asyncio.gather(*(answer(f"answers{number}") for number in range(20)))
    more = [asyncio.create_task(hang(f"hangs too{number}")) for number in range(10)]
    blocked = asyncio.create_task(answer("waits"))
    await asyncio.sleep(0.2)
    assert not blocked.done()
    assert sum(host.startswith("hangs") for host, _ in log) == 20
    end.set()
    await asyncio.gather(*hanging, *more, blocked)
    async with asyncio.timeout(5):
        await asyncio.gather(*(answer(f"again{number}") for number in range(20)))


async def test_nothing_is_fetched_before_its_reader_is_ready_and_a_cancelled_wait_costs_no_slot() -> None:
    ready = asyncio.Event()

    async def until_ready() -> None:
        await ready.wait()

    turns = Turns(concurrency=1, connections=1, gap_s=0, ready=until_ready)
    log: list[tuple[str, float]] = []

    async def one(host: str) -> None:
        async with started(turns, host, log):
            pass

    given_up = asyncio.create_task(one("a"))
    waiting = asyncio.create_task(one("b"))
    await asyncio.sleep(0.01)
    assert not log
    given_up.cancel()
    ready.set()
    await waiting
    assert [host for host, _ in log] == ["b"]


async def test_a_feed_nobody_has_seen_gives_way_when_others_wait_for_its_host(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is given up early, once; what was seen before, or keeps nobody waiting, has all of its time."""
    monkeypatch.setattr(client, "IMPATIENT_S", 0.1)

    async def slowly(request: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.4 if "/slow" in request.path else 0)
        writer.write(response(b"x"))

    site = await serve(slowly)
    async with Fetcher(Settings()) as fetcher:
        assert (await fetcher.feed(site.url("/slow"), patient=False)).body == b"x"
        hurried = asyncio.create_task(fetcher.feed(site.url("/slow"), patient=False))
        other = asyncio.create_task(fetcher.feed(site.url("/other")))
        with pytest.raises(GaveWay):
            await hurried
        assert (await other).body == b"x"
        patient = asyncio.create_task(fetcher.feed(site.url("/slow")))
        other = asyncio.create_task(fetcher.feed(site.url("/other")))
        assert [(await each).body for each in (patient, other)] == [b"x", b"x"]
