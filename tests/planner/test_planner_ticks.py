"""Windows partition time, whatever the clock does and whatever is edited between two looks at it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from digest import planner
from digest.model import Window

START = datetime(2026, 2, 20, tzinfo=UTC)
ZONES = ["Europe/Berlin", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Kathmandu", "America/Havana", "Pacific/Chatham"]
SCHEDULES = ["30 * * * *", "0 7 * * mon-fri", "30 2 * * *", "0 0 * * *", "15 */6 * * *", "0 8 1 * *"]
MODES = ["merge", "each", "skip"]

schedules, zones, modes = st.sampled_from(SCHEDULES), st.sampled_from(ZONES), st.sampled_from(MODES)


class Digest(RuleBasedStateMachine):
    """One digest over the years. All that is kept of it is where its last window ended, as in the store."""

    @initialize(schedule=schedules, zone=zones, catch_up=modes)
    def begin(self, schedule: str, zone: str, catch_up: str) -> None:
        """Its first configuration."""
        self.now = self.covered_until = START
        self.made: list[Window] = []
        self.skipped: set[datetime] = set()  # windows that begin later than the one before ended
        self.schedule, self.zone, self.catch_up = schedule, zone, catch_up

    @rule(minutes=st.integers(0, 26 * 60))
    def wait(self, minutes: int) -> None:
        """Time goes by, then the service looks."""
        self.now += timedelta(minutes=minutes)
        self.look()

    @rule(days=st.integers(1, 40))
    def be_down(self, days: int) -> None:
        """The service starts after days without it."""
        self.now += timedelta(days=days)
        self.look()

    @rule(minutes=st.integers(-20 * 24 * 60, 20 * 24 * 60))
    def set_clock(self, minutes: int) -> None:
        """The clock is set, back or forward: what was covered is not taken back."""
        self.now += timedelta(minutes=minutes)
        self.look()

    @rule(schedule=schedules, zone=zones, catch_up=modes)
    def edit(self, schedule: str, zone: str, catch_up: str) -> None:
        """Another schedule, in another zone."""
        self.schedule, self.zone, self.catch_up = schedule, zone, catch_up
        self.look()

    @rule()
    def look(self) -> None:
        """What is owed is made, and then nothing is owed."""
        since = self.covered_until
        # Asked from elsewhere: which slots there are must not depend on where one begins to look.
        walk = planner.next_slots(self.schedule, self.zone, since - timedelta(hours=30), 40 + self._slots_at_most())
        slots = [slot for slot in walk if since < slot <= self.now]
        windows = planner.owed(self.schedule, self.zone, since, self.now, self.catch_up)
        if self.catch_up == "skip":
            assert [window.end for window in windows] == slots[-1:]
            if len(slots) > 1:
                self.skipped.add(windows[0].start)
                assert windows[0].start == slots[-2]
        else:
            ends = slots if self.catch_up == "each" else slots[-1:]
            assert [window.end for window in windows] == ends
            assert sum(window.slots for window in windows) == len(slots)
        self.made += windows
        if windows:
            self.covered_until = windows[-1].end
        assert planner.owed(self.schedule, self.zone, self.covered_until, self.now, self.catch_up) == ()

    def _slots_at_most(self) -> int:
        """Until now: the densest schedule has one an hour."""
        return max(0, int((self.now - self.covered_until) / timedelta(hours=1)))

    @invariant()
    def windows_touch(self) -> None:
        """No instant is in two windows, and none in no window but where `skip` left some out."""
        for earlier, later in pairwise([Window(START, START), *self.made]):
            assert later.start < later.end
            if later.start in self.skipped:
                assert later.start > earlier.end
            else:
                assert later.start == earlier.end


Digest.TestCase.settings = settings(max_examples=25, stateful_step_count=25)
TestDigest = Digest.TestCase
