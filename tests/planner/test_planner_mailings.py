"""When alerts may leave, and when a silent digest owes a sign of life."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest import planner
from digest.model import Window

ZONES = [
    "UTC",
    "Asia/Seoul",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "Pacific/Apia",
]
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
NIGHT = (time(22), time(7))

instants = st.datetimes(datetime(2025, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))
hours = st.tuples(st.times(), st.times()).filter(lambda pair: pair[0] != pair[1])


def quiet_at(moment: datetime, quiet: tuple[time, time], zone: str) -> bool:
    local = moment.astimezone(ZoneInfo(zone)).time()
    first, end = quiet
    return first <= local < end if first < end else local >= first or local < end


def test_an_alert_leaves_at_once_when_nothing_speaks_against_it() -> None:
    assert planner.alert_at((), 1, None, "UTC", NOW) == NOW
    assert planner.alert_at((NOW - timedelta(minutes=1),), 2, NIGHT, "UTC", NOW) == NOW


def test_beyond_so_many_an_hour_the_next_waits_until_the_first_of_them_is_an_hour_old() -> None:
    recent = tuple(NOW - timedelta(minutes=minutes) for minutes in (50, 30, 10))
    assert planner.alert_at(recent, 3, None, "UTC", NOW) == NOW + timedelta(minutes=10)
    assert planner.alert_at(recent, 1, None, "UTC", NOW) == NOW + timedelta(minutes=50)


@pytest.mark.parametrize(
    ("zone", "now", "until"),
    [
        ("UTC", "2026-03-02T21:59", "2026-03-02T21:59"),
        ("UTC", "2026-03-02T22:00", "2026-03-03T07:00"),
        ("UTC", "2026-03-03T06:59", "2026-03-03T07:00"),
        ("UTC", "2026-03-03T07:00", "2026-03-03T07:00"),
        ("Asia/Seoul", "2026-03-02T14:00", "2026-03-02T22:00"),
        ("Europe/Berlin", "2026-03-28T22:30", "2026-03-29T05:00"),  # the night that is an hour shorter
        ("Europe/Berlin", "2026-10-24T22:30", "2026-10-25T06:00"),  # and the one that is longer
    ],
)
def test_quiet_hours_are_those_of_the_zones_own_clocks(zone: str, now: str, until: str) -> None:
    moment, expected = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (now, until))
    assert planner.alert_at((), 4, NIGHT, zone, moment) == expected


def test_quiet_hours_that_end_within_a_gap_end_with_it() -> None:
    moment = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)  # 1:30 in Berlin; clocks go from 2:00 to 3:00
    assert planner.alert_at((), 4, (time(1), time(2, 30)), "Europe/Berlin", moment) == datetime(
        2026, 3, 29, 1, 0, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("quiet", "now", "until"),
    [
        ((time(22), time(2, 30)), "2026-10-25T00:15", "2026-10-25T01:30"),  # 2:15 in Berlin for the first time
        ((time(22), time(2, 30)), "2026-10-25T00:45", "2026-10-25T01:30"),  # 2:45: the clock will show 2:15 once more
        ((time(22), time(2, 30)), "2026-10-25T01:15", "2026-10-25T01:30"),  # 2:15 for the second time
        ((time(22), time(2, 30)), "2026-10-25T01:30", "2026-10-25T01:30"),
        ((time(2, 30), time(7)), "2026-10-25T00:29", "2026-10-25T00:29"),
        ((time(2, 30), time(7)), "2026-10-25T01:15", "2026-10-25T06:00"),  # begun an hour ago, at the first 2:30
    ],
)
def test_quiet_hours_that_end_in_a_repeated_hour_end_when_it_comes_again(
    quiet: tuple[time, time], now: str, until: str
) -> None:
    """Nobody is woken while a clock shows a quiet hour; so that night is quiet an hour longer, without a break."""
    moment, expected = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (now, until))
    assert planner.alert_at((), 4, quiet, "Europe/Berlin", moment) == expected


@given(
    now=instants,
    quiet=hours,
    zone=st.sampled_from(ZONES),
    per_hour=st.integers(1, 5),
    ages=st.lists(st.integers(0, 3600)),
)
def test_an_alert_never_leaves_early_within_quiet_hours_or_beyond_its_number(
    now: datetime, quiet: tuple[time, time], zone: str, per_hour: int, ages: list[int]
) -> None:
    recent = tuple(now - timedelta(seconds=age) for age in sorted(ages, reverse=True))
    at = planner.alert_at(recent, per_hour, quiet, zone, now)
    assert at >= now
    assert at - now <= timedelta(hours=50), "a day; two where a repeated hour joins quiet hours of almost a day"
    assert not quiet_at(at, quiet, zone)
    assert sum(other > at - timedelta(hours=1) for other in recent[-per_hour:]) < per_hour
    assert planner.alert_at(recent, per_hour, quiet, zone, at) == at, "what may leave then, may leave then"


@settings(max_examples=40)
@given(
    begin=instants,
    quiet=hours,
    zone=st.sampled_from(ZONES),
    per_hour=st.integers(1, 4),
    gaps=st.lists(st.integers(1, 7200), min_size=1, max_size=60),
)
def test_every_story_leaves_and_those_that_waited_leave_together(
    begin: datetime, quiet: tuple[time, time], zone: str, per_hour: int, gaps: list[int]
) -> None:
    """Stories come at random moments; each look sends all that wait, if it may. In the end none waits."""
    left: list[tuple[datetime, int]] = []
    waiting, now = 0, begin
    for gap in [*gaps, 26 * 3600, 3600, 3600]:
        recent = tuple(at for at, _ in left if at >= now - timedelta(hours=1))
        if waiting and planner.alert_at(recent, per_hour, quiet, zone, now) <= now:
            left.append((now, waiting))
            waiting = 0
        waiting += gap <= 7200 and gap != 3600
        now += timedelta(seconds=gap)
    recent = tuple(at for at, _ in left if at >= now - timedelta(hours=1))
    last = planner.alert_at(recent, per_hour, quiet, zone, now)
    left.append((last, waiting))
    assert sum(count for _, count in left) == sum(gap <= 7200 and gap != 3600 for gap in gaps)
    for at, _ in left:
        assert not quiet_at(at, quiet, zone)
        assert sum(at - timedelta(hours=1) < other <= at for other, _ in left) <= per_hour


def test_a_digest_that_is_silent_owes_a_sign_of_life_at_the_slot_and_not_a_day_later() -> None:
    """Slots are a day or, where summer time begins, 23 hours apart, and a mail leaves moments after its slot."""
    window = Window(NOW - timedelta(days=1), NOW)
    assert planner.silent_since(None, window) is None
    since = planner.silent_since(7 * 86_400.0, window)
    assert since is not None
    assert NOW - timedelta(days=7) < since < NOW - timedelta(days=6, hours=20)
    short = planner.silent_since(3_600.0, window)
    assert short is not None
    assert NOW - timedelta(hours=1) < short < NOW
