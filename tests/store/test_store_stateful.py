"""The store against a model of a few dictionaries, through any sequence of changes, crashes and restarts."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from store_values import DAY, FEED, HOUR, NOW, OTHER, edition, known, match, poll, read

from databases import TEMPLATE
from digest.config import KeepSettings
from digest.errors import StoreError
from digest.model import Flagged, Parcel, ParcelState, ParcelUpdate, Update, Window
from digest.store import Store
from postgresql_server import Server

NUMBERS = st.lists(st.integers(0, 30), max_size=5, unique=True).map(tuple)
KEEP = KeepSettings(articles=DAY.total_seconds(), editions=DAY.total_seconds(), messages=DAY.total_seconds())
NO_SUCH_PARCEL = ParcelUpdate(999_999, ParcelState.SENT, NOW)


class Machine(RuleBasedStateMachine):
    """What must be true of the store after each step, whatever the steps were."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.url = self.stack.enter_context(self.place())
        self.now = NOW
        self.seen: dict[str, set[int]] = {FEED: set(), OTHER: set()}  # entries by number, for ever
        self.waiting: set[int] = set()  # ids
        self.pending: set[int] = set()  # match ids
        self.mailed: set[int] = set()
        self.parcels: dict[int, ParcelState] = {}

    def place(self) -> AbstractContextManager[str]:
        """The URL of a store of this run's own."""
        return sqlite()

    @initialize()
    def open(self) -> None:
        self.store = Store.open(self.url, lock=True)
        self.store.subscribe([FEED, OTHER], NOW)
        self.store.digest_state("daily", NOW)

    def teardown(self) -> None:
        self.store.close()
        self.stack.close()

    def apply(self, crash: bool, *changes: Update) -> bool:
        """All of it, or, when the process crashes before the commit, nothing of it."""
        if crash:
            with suppress(StoreError):
                self.store.apply(*changes, NO_SUCH_PARCEL)
        else:
            self.store.apply(*changes)
        return not crash

    @rule(url=st.sampled_from([FEED, OTHER]), numbers=NUMBERS, crash=st.booleans())
    def polled(self, url: str, numbers: tuple[int, ...], crash: bool) -> None:
        known = {entry.id for entry in self.store.waiting(self.now)}
        if self.apply(crash, poll(self.store, *numbers, url=url, now=self.now)):
            new = {entry.id for entry in self.store.waiting(self.now)} - known
            assert len(new) == len(set(numbers) - self.seen[url]), "each entry once, ever"
            self.seen[url] |= set(numbers)
            self.waiting |= new

    @rule(data=st.data(), flagged=st.booleans(), crash=st.booleans())
    def read(self, data: st.DataObject, flagged: bool, crash: bool) -> None:
        if not self.waiting:
            return
        entry_id = data.draw(st.sampled_from(sorted(self.waiting)))
        before = set(self.store.matches("korea", NOW - DAY))
        update = read(entry_id, *([match()] if flagged else []), now=self.now)
        if self.apply(crash, update):
            self.waiting.remove(entry_id)
            new = {each.match_id for each in self._pending()} - self.pending
            assert len(new) == flagged
            assert not new & self.mailed, "no id is given twice"
            self.pending |= new
        else:
            assert set(self.store.matches("korea", NOW - DAY)) == before

    @rule(room=st.integers(0, 3), crash=st.booleans())
    def mailed_some(self, room: int, crash: bool) -> None:
        state = self.store.digest_state("daily", self.now)
        waiting = self._pending()
        told, carried = waiting[:room], tuple(each.match_id for each in waiting[room:])
        self.now += HOUR
        window = Window(state.window_end or state.since, self.now)
        update = edition(
            *told, window=window, carried=carried, high_water=max([state.high_water, *[m.match_id for m in waiting]])
        )
        known = set(self.parcels)
        if self.apply(crash, replace(update, now=self.now)):
            self.mailed |= {each.match_id for each in told}
            self.pending -= self.mailed
            self.parcels |= {p.id: p.state for p in self._parcels() if p.id not in known}

    @rule(data=st.data(), state=st.sampled_from([ParcelState.SENDING, ParcelState.SENT, ParcelState.READY]))
    def delivered(self, data: st.DataObject, state: ParcelState) -> None:
        left = sorted(parcel for parcel, now in self.parcels.items() if now is not ParcelState.SENT)
        if left:
            parcel_id = data.draw(st.sampled_from(left))
            self.store.apply(ParcelUpdate(parcel_id, state, self.now))
            self.parcels[parcel_id] = state

    @rule()
    def restarted(self) -> None:
        self.store.close()
        self.store = Store.open(self.url, lock=True)

    @rule()
    def forgot(self) -> None:
        self.now += timedelta(days=2)
        while self.store.forget(KEEP, self.now, {"daily": ("korea",)}):
            pass
        self.store.set_right(self.now)

    def _pending(self) -> list[Flagged]:
        return self.store.pending(self.store.digest_state("daily", self.now), ["korea"])

    def _parcels(self) -> list[Parcel]:
        return [self.store.parcel(parcel.id) for parcel in self.store.outbox(list(ParcelState))]

    @invariant()
    def nothing_is_lost_and_nothing_comes_twice(self) -> None:
        if not hasattr(self, "store"):
            return
        assert {each.match_id for each in self._pending()} == self.pending
        assert {entry.id for entry in self.store.waiting(self.now)} == self.waiting
        assert {parcel.id: parcel.state for parcel in self._parcels()} == self.parcels
        assert all(parcel.raw for parcel in self._parcels() if parcel.state is not ParcelState.SENT)
        for url, numbers in self.seen.items():
            keys = [f"guid:guid-{number}" for number in range(31)]
            assert known(self.store, url, keys) == {f"guid:guid-{number}" for number in numbers}


@contextmanager
def sqlite() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="digest-stateful-") as home:
        yield f"sqlite:///{home}/digest.db"


def runs(number: int) -> settings:
    return settings(max_examples=number, stateful_step_count=25, suppress_health_check=list(HealthCheck), deadline=None)


TestStore = Machine.TestCase
TestStore.settings = runs(8)


def test_the_store_in_postgresql(postgresql_store: Server) -> None:
    class InPostgresql(Machine):
        def place(self) -> AbstractContextManager[str]:
            return postgresql_store.database(TEMPLATE)

    run_state_machine_as_test(InPostgresql, settings=runs(4))
