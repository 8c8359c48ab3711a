"""Tasks that share transactions: each is told of its own changes alone, and only once they are safe."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from store_values import FEED, NOW, edition, flag

from digest.errors import StoreError
from digest.model import ParcelState, ParcelUpdate
from digest.store import Store
from digest.store import together as sharing
from digest.store.together import Together

RECIPIENTS = tuple(f"reader{number}@example.org" for number in range(20))


@pytest.fixture
def ids(store: Store) -> list[int]:
    store.subscribe({FEED: "The One"}, NOW)
    store.apply(edition(*flag(store, 1), recipients=RECIPIENTS))
    return [parcel.id for parcel in store.outbox([ParcelState.READY])]


async def test_what_is_written_side_by_side_is_all_there_when_each_returns(store: Store, ids: list[int]) -> None:
    async def send(parcel_id: int) -> ParcelState:
        await store.write(ParcelUpdate(parcel_id, ParcelState.SENDING, NOW, attempts=1))
        await store.write(ParcelUpdate(parcel_id, ParcelState.SENT, NOW, f"250 {parcel_id}"))
        return store.parcel(parcel_id).state

    assert await asyncio.gather(*map(send, ids)) == [ParcelState.SENT] * 20
    sent = store.outbox([ParcelState.SENT])
    assert [(parcel.reply, parcel.attempts, parcel.raw, parcel.html) for parcel in sent] == [
        (f"250 {parcel_id}", 1, b"", "") for parcel_id in ids
    ]


async def test_a_change_that_fails_is_its_callers_alone(store: Store, ids: list[int]) -> None:
    outcomes = await asyncio.gather(
        *(store.write(ParcelUpdate(parcel_id, ParcelState.SENT, NOW)) for parcel_id in (*ids[:10], 9999, *ids[10:])),
        return_exceptions=True,
    )
    assert [str(outcome) for outcome in outcomes if outcome is not None] == ["the outbox holds no parcel 9999"]
    assert isinstance(outcomes[10], StoreError)
    assert store.counts().outbox == {ParcelState.SENT: 20}


async def test_a_caller_that_is_cancelled_stops_nobody_else(store: Store, ids: list[int]) -> None:
    writing = [asyncio.create_task(store.write(ParcelUpdate(parcel_id, ParcelState.SENT, NOW))) for parcel_id in ids]
    await asyncio.sleep(0)
    writing[3].cancel()
    outcomes = await asyncio.gather(*writing, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes if outcome is not None] == [asyncio.CancelledError]
    assert store.counts().outbox[ParcelState.SENT] >= 19


async def test_one_in_a_hurry_takes_along_those_who_wait_for_company() -> None:
    batches: list[list[int]] = []

    def work(asked: Sequence[int]) -> list[int]:
        batches.append(list(asked))
        return [10 * number for number in asked]

    together = Together(work, 50, linger_s=3600)
    assert await asyncio.gather(together.ask(8), together.ask(9)) == [80, 90]  # a crowd: from now on it pays to wait
    patient = [asyncio.create_task(together.ask(number)) for number in (1, 2)]
    await asyncio.sleep(0.01)
    assert batches == [[8, 9]]
    async with asyncio.timeout(60):
        assert await together.ask(3, hurry=True) == 30
        assert await asyncio.gather(*patient) == [10, 20]
    assert batches == [[8, 9], [1, 2, 3]]


async def test_those_in_a_hurry_wait_for_as_many_as_came_round_with_the_last_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Connections to a relay that commit side by side go on doing so; one that ended holds the others up once."""
    batches: list[list[int]] = []

    def work(asked: Sequence[int]) -> list[int]:
        batches.append(list(asked))
        return list(asked)

    monkeypatch.setattr(sharing, "HURRY_S", 3600)
    company = Together(work, 50, linger_s=3600)
    async with asyncio.timeout(60):
        await asyncio.gather(*(company.ask(number, hurry=True) for number in (1, 2, 3)))
        early = [asyncio.create_task(company.ask(number, hurry=True)) for number in (4, 5)]
        await asyncio.sleep(0.01)
        assert batches == [[1, 2, 3]]
        await asyncio.gather(*early, company.ask(6, hurry=True))
        monkeypatch.setattr(sharing, "HURRY_S", 0.001)
        await asyncio.gather(*(company.ask(number, hurry=True) for number in (7, 8)))
        monkeypatch.setattr(sharing, "HURRY_S", 3600)
        await asyncio.gather(*(company.ask(number, hurry=True) for number in (9, 10)))
    assert batches == [[1, 2, 3], [4, 5, 6], [7, 8], [9, 10]]


async def test_a_move_that_nobody_waits_for_is_written_without_company_too(store: Store, ids: list[int]) -> None:
    async with asyncio.timeout(60):
        await store.write_along(ParcelUpdate(ids[0], ParcelState.SENT, NOW))
    assert store.parcel(ids[0]).state is ParcelState.SENT
