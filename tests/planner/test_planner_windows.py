"""Windows partition time: in every zone, across folds and gaps, whatever was down and for how long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise, takewhile
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim
from hypothesis import given, settings
from hypothesis import strategies as st

from digest import planner
from digest.planner.windows import reached

ZONES = [
    "Asia/Seoul",  # no daylight saving
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",  # half hours
    "Australia/Lord_Howe",  # a gap and a fold of half an hour
    "Africa/Cairo",  # midnight is in the gap
    "Asia/Kathmandu",  # quarters of an hour
    "America/Havana",  # midnight is in the fold
]
SCHEDULES = ["0 7 * * mon-fri", "30 0 * * *", "30 1 * * *", "30 2 * * *", "0 0 * * *", "15 */6 * * *", "0 8 1 * *"]
START = datetime(2026, 1, 1, tzinfo=UTC)
TWO_YEARS = timedelta(days=730)

outages = st.lists(
    st.tuples(st.integers(0, 730 * 24 * 60), st.integers(1, 20 * 24 * 60)),  # minutes from the start, and how many
    max_size=6,
)


def ticks(outages: list[tuple[int, int]], every: timedelta) -> list[datetime]:
    """When the service looked: regularly, except while it was down."""
    down = [(START + timedelta(minutes=start), START + timedelta(minutes=start + length)) for start, length in outages]
    times, now = [], START
    while now <= START + TWO_YEARS:
        away = [end for start, end in down if start <= now < end]
        if away:
            now = max(away)
            continue
        times.append(now)
        now += every
    return times


def local(slot: datetime, zone: str) -> str:
    return slot.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize("zone", ZONES)
@given(schedule=st.sampled_from(SCHEDULES), outages=outages, catch_up=st.sampled_from(["merge", "each"]))
@settings(max_examples=5)
def test_no_window_is_missed_or_doubled(
    zone: str, schedule: str, outages: list[tuple[int, int]], catch_up: str
) -> None:
    """In two years with outages: the windows touch, every slot ends or lies in exactly one of them."""
    slots = [window.end for window in planner.owed(schedule, zone, START, START + TWO_YEARS, "each")]
    made, since = [], START
    for now in [*ticks(outages, timedelta(hours=19)), START + TWO_YEARS]:
        for window in planner.owed(schedule, zone, since, now, catch_up):
            assert window.start == since
            assert window.start < window.end <= now
            made.append(window)
            since = window.end
    left = iter(slots)
    for window in made:
        inside = list(islice(left, window.slots))
        assert window.start < inside[0]
        assert inside[-1] == window.end
    assert list(left) == []
    assert catch_up == "merge" or {window.slots for window in made} == {1}


@pytest.mark.parametrize("zone", ZONES)
def test_a_daily_slot_fires_once_on_every_date_of_the_zone(zone: str) -> None:
    for schedule in ("30 0 * * *", "30 1 * * *", "30 2 * * *", "0 0 * * *", "0 7 * * *"):
        slots = planner.next_slots(schedule, zone, START, 730)
        dates = [slot.astimezone(ZoneInfo(zone)).date() for slot in slots]
        assert all(later - earlier == timedelta(days=1) for earlier, later in pairwise(dates))


@given(
    zone=st.sampled_from(ZONES),
    schedule=st.sampled_from(["*/10 * * * *", "30 * * * *", *SCHEDULES]),
    minutes=st.integers(0, 730 * 24 * 60),
)
@settings(max_examples=60)
def test_where_one_begins_to_look_does_not_matter(zone: str, schedule: str, minutes: int) -> None:
    """The slots after an instant are the tail of the slots after an earlier one."""
    later = START + timedelta(minutes=minutes)
    earlier = later - timedelta(hours=30)
    seen = planner.next_slots(schedule, zone, earlier, 200)
    tail = tuple(slot for slot in seen if slot > later)
    assert planner.next_slots(schedule, zone, later, len(tail)) == tail
    assert list(seen) == sorted(set(seen))


@given(
    zone=st.sampled_from([*ZONES, "Pacific/Apia", "America/Sao_Paulo"]),
    schedule=st.sampled_from(["*/20 * * * *", "7 1,2,23 * * mon,sun", "15 */3 1-7 * mon", "0 12 L * *", *SCHEDULES]),
    days=st.integers(-20 * 365, 365),
)
@settings(max_examples=60)
def test_days_and_times_apart_give_the_slots_of_a_walk_from_one_to_the_next(
    zone: str, schedule: str, days: int
) -> None:
    since = START + timedelta(days=days, minutes=47)
    until = since + timedelta(days=200 if schedule in SCHEDULES else 8)
    walked = CronSim(schedule, since.astimezone(ZoneInfo(zone)).replace(tzinfo=None))
    instants = takewhile(lambda slot: slot <= until, (reached(slot, ZoneInfo(zone)) for slot in walked))
    wanted = [slot for slot in dict.fromkeys(instants) if slot > since]
    assert [window.end for window in planner.owed(schedule, zone, since, until, "each")] == wanted


def test_a_slot_in_a_gap_fires_when_the_gap_ends() -> None:
    slots = planner.next_slots("30 2 * * *", "America/New_York", utc("2026-03-07T12:00"), 2)
    assert [local(slot, "America/New_York") for slot in slots] == ["2026-03-08 03:00", "2026-03-09 02:30"]
    (midnight,) = planner.next_slots("0 0 * * *", "Africa/Cairo", utc("2026-04-23T12:00"), 1)
    assert local(midnight, "Africa/Cairo") == "2026-04-24 01:00"


def test_a_date_that_a_zone_skips_fires_when_the_next_begins() -> None:
    """Samoa had no 30 December 2011."""
    slots = planner.next_slots("0 7 * * *", "Pacific/Apia", utc("2011-12-29T12:00"), 3)
    assert [local(slot, "Pacific/Apia") for slot in slots] == [
        "2011-12-29 07:00", "2011-12-31 00:00", "2011-12-31 07:00",
    ]  # fmt: skip


def test_a_slot_in_a_fold_fires_at_its_first_instant_only() -> None:
    (slot, following) = planner.next_slots("30 1 * * *", "America/New_York", utc("2026-10-31T12:00"), 2)
    assert (slot, following) == (utc("2026-11-01T05:30"), utc("2026-11-02T06:30"))
    hourly = planner.next_slots("30 * * * *", "America/New_York", utc("2026-11-01T04:00"), 3)
    assert hourly == (utc("2026-11-01T04:30"), utc("2026-11-01T05:30"), utc("2026-11-01T07:30"))
    within = planner.next_slots("30 1 * * *", "America/New_York", utc("2026-11-01T06:10"), 1)
    assert within == (utc("2026-11-02T06:30"),), "asked between the two: it has fired"


def test_half_past_midnight_fires_on_the_day_after_spring_forward() -> None:
    slots = planner.next_slots("30 0 * * *", "Europe/Berlin", utc("2026-03-28T12:00"), 3)
    assert [local(slot, "Europe/Berlin") for slot in slots] == [
        "2026-03-29 00:30", "2026-03-30 00:30", "2026-03-31 00:30",
    ]  # fmt: skip


def test_one_is_monday_and_zero_and_seven_are_sunday() -> None:
    for day, weekday in (("1", 0), ("0", 6), ("7", 6), ("mon", 0), ("SUN", 6)):
        (slot,) = planner.next_slots(f"0 7 * * {day}", "UTC", START, 1)
        assert slot.weekday() == weekday


def test_nothing_is_owed_before_the_first_slot_nor_when_the_clock_was_set_back() -> None:
    assert planner.owed("0 7 * * *", "UTC", START, START + timedelta(hours=6, minutes=59), "merge") == ()
    assert planner.owed("0 7 * * *", "UTC", START, START - timedelta(days=3), "merge") == ()


def test_a_slot_is_due_at_its_very_instant_and_not_again_afterwards() -> None:
    seven = START + timedelta(hours=7)
    (window,) = planner.owed("0 7 * * *", "UTC", START, seven, "merge")
    assert (window.start, window.end, window.slots) == (START, seven, 1)
    assert planner.owed("0 7 * * *", "UTC", seven, seven, "merge") == ()


def test_three_days_of_downtime_are_one_window_or_three_or_the_last() -> None:
    now = START + timedelta(days=3, hours=9)
    sevens = [START + timedelta(days=day, hours=7) for day in range(4)]
    (merged,) = planner.owed("0 7 * * *", "UTC", START, now, "merge")
    assert (merged.start, merged.end, merged.slots) == (START, sevens[3], 4)
    each = planner.owed("0 7 * * *", "UTC", START, now, "each")
    assert [(window.start, window.end) for window in each] == list(pairwise([START, *sevens]))
    (last,) = planner.owed("0 7 * * *", "UTC", START, now, "skip")
    assert (last.start, last.end, last.slots) == (sevens[2], sevens[3], 1)


def test_another_way_to_catch_up_is_a_mistake_of_the_program() -> None:
    with pytest.raises(ValueError, match="merge, each or skip"):
        planner.owed("0 7 * * *", "UTC", START, START + timedelta(days=1), "sometimes")


def test_a_month_of_downtime_with_a_slot_a_minute_is_one_window() -> None:
    (window,) = planner.owed("* * * * *", "Europe/Berlin", START, START + timedelta(days=30), "merge")
    assert window.slots == 30 * 24 * 60
