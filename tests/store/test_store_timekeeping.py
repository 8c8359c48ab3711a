"""A clock that ran ahead leaves nothing that waits for a far day."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from store_values import DAY, FEED, HOUR, NOW, edition, flag, poll

from digest.model import ParcelState, ParcelUpdate, RetryUpdate, Window
from digest.store import Store

YEARS = timedelta(days=3650)


def test_after_the_clock_was_put_back_all_that_was_put_off_is_due_again(store: Store) -> None:
    ahead = NOW + YEARS
    store.subscribe([FEED], NOW)
    mailed = flag(store, 1)
    store.apply(poll(store, 2, now=ahead))
    (unread,) = store.waiting(ahead)
    store.apply(RetryUpdate(unread.id, ahead + HOUR))
    store.apply(replace(edition(*mailed, window=Window(NOW, ahead)), now=ahead))
    (parcel,) = store.outbox([ParcelState.READY])
    store.apply(ParcelUpdate(parcel.id, ParcelState.READY, ahead, "later", next_attempt_at=ahead + HOUR))
    assert store.set_right(NOW + DAY) == 4
    assert [state.url for state in store.due(NOW + DAY)] == [FEED]
    assert [stored.id for stored in store.waiting(NOW + DAY)] == [unread.id]
    assert [each.id for each in store.outbox([ParcelState.READY], due_by=NOW + DAY)] == [parcel.id]
    daily = store.digest_state("daily", NOW + DAY)
    assert daily.window_end == NOW + DAY
    assert store.pending(daily, ["korea"]) == [], "what was mailed stays mailed"


def test_where_the_clock_was_right_nothing_is_changed(store: Store) -> None:
    """Nor is it by a clock that was not set yet, as after the start of a board without a battery."""
    store.subscribe([FEED], NOW)
    store.apply(edition(*flag(store, 1), window=Window(NOW, NOW + HOUR)))
    assert store.set_right(NOW + HOUR) == 0
    assert store.set_right(datetime(1970, 1, 1, tzinfo=UTC)) == 0
