"""Tasks that share transactions: each is told of its own changes alone, and only once they are safe."""

from __future__ import annotations

import asyncio

import pytest
from store_values import FEED, NOW, edition, flag

from digest.errors import StoreError
from digest.model import ParcelState, ParcelUpdate
from digest.store import Store

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
    sent = store.outbox([ParcelState.SENT], contents=False)
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
