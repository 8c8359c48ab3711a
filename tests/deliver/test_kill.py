"""Nothing is lost and nothing is doubled unknowingly when the process is killed while it sends."""

from __future__ import annotations

import asyncio
import multiprocessing
import random
import time
from collections import Counter
from collections.abc import Callable
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest
from outbox_life import fill, live
from relays import scripted

from digest.model import ParcelState
from digest.store import Store


@pytest.fixture(scope="module")
def processes() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["aiosmtpd.smtp", "digest.engine", "digest.store", "sqlalchemy.dialects.sqlite"])
    return context


async def one_life(
    processes: ForkServerContext, *arguments: object, until: Callable[[], bool] = lambda: False
) -> int | None:
    """The exit code of one life, which is killed as soon as `until` is true: -9 then."""
    process = processes.Process(target=live, args=arguments)
    process.start()
    while process.is_alive() and not until():  # noqa: ASYNC110 - another process sets no event
        await asyncio.sleep(0.001)
    process.kill()
    await asyncio.to_thread(process.join)
    return process.exitcode


def states(url: str) -> Counter[ParcelState]:
    with Store.open(url, lock=False) as store:
        return Counter(parcel.state for parcel in store.outbox(tuple(ParcelState)))


@pytest.mark.parametrize(
    ("nth", "when", "arrivals"),
    [
        (1, "before", 1),  # `sending` is not committed: nothing happened
        (1, "after", 1),  # before connecting
        (2, "before", 1),  # the message is written, but not the dot
        (2, "after", 1),  # the dot is not written, which nobody can know later
        (3, "before", 2),  # the relay has it, and the record of that is lost
        (3, "after", 1),  # recorded
    ],
)
async def test_a_kill_at_each_commit_loses_nothing_and_doubles_only_what_is_unknown(
    processes: ForkServerContext, store_url: str, nth: int, when: str, arrivals: int
):
    fill(store_url, recipients=1)
    async with scripted() as (relay, port):
        assert await one_life(processes, store_url, port, nth, when) == -9
        assert await one_life(processes, store_url, port) == 0
        assert len(relay.messages) == arrivals
        assert len(set(relay.messages)) == 1
    assert states(store_url) == {ParcelState.SENT: 1}


@pytest.mark.parametrize(("nth", "when", "arrivals"), [(2, "after", 0), (3, "before", 1)])
async def test_with_hold_an_unknown_outcome_waits_for_its_owner(
    processes: ForkServerContext, store_url: str, nth: int, when: str, arrivals: int
):
    fill(store_url, recipients=1)
    async with scripted() as (relay, port):
        assert await one_life(processes, store_url, port, nth, when) == -9
        assert await one_life(processes, store_url, port, 0, "before", "hold") == 0
        assert len(relay.messages) == arrivals
    assert states(store_url) == {ParcelState.UNKNOWN: 1}


async def test_kills_at_random_moments_lose_nothing_and_repeat_byte_for_byte(
    processes: ForkServerContext, tmp_path: Path
):
    recipients, killed = 30, 0
    url = f"sqlite:///{tmp_path / 'digest.db'}"
    fill(url, recipients)
    chance = random.Random(7)
    async with scripted() as (relay, port):

        def reached(commands: int, pause_s: float) -> Callable[[], bool]:
            """True some milliseconds after the relay has heard so many commands."""
            since: list[float] = []

            def look() -> bool:
                if len(relay.commands) >= commands and not since:
                    since.append(time.monotonic())
                return bool(since) and time.monotonic() - since[0] >= pause_s

            return look

        while states(url)[ParcelState.SENT] < recipients:
            until = reached(len(relay.commands) + chance.randint(1, 12), chance.uniform(0, 0.01))
            killed += await one_life(processes, url, port, until=until) == -9
        arrived = Counter(relay.messages)
    assert killed > 10
    assert len(arrived) == recipients
    assert sum(arrived.values()) - recipients <= 4 * killed, "no more than there were connections"
