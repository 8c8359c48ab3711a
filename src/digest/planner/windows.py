"""Which slots of a schedule are due, and the windows of time that their editions cover."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta, tzinfo
from itertools import chain, islice, pairwise, takewhile
from zoneinfo import ZoneInfo

from cronsim import CronSim

from digest.model import Window

_DAY = timedelta(days=1)


def owed(schedule: str, timezone: str, since: datetime, now: datetime, catch_up: str) -> tuple[Window, ...]:
    """The windows whose editions are due at `now`, the oldest first; `since` is the end of the one before.

    Windows touch: each begins where the one before it ended, so time is covered once and no instant twice. When
    several slots came due, `catch_up` says what happens: "merge" makes one window of them, "each" a window of every
    slot, "skip" only the latest slot's. An empty result when the clock stands before `since`.
    """
    slots = takewhile(lambda slot: slot <= now, _slots(schedule, timezone, since))
    match catch_up:
        case "merge":
            last = deque(enumerate(slots, 1), maxlen=1)
            return tuple(Window(since, end, number) for number, end in last)
        case "each":
            return tuple(Window(start, end) for start, end in pairwise((since, *slots)))
        case "skip":
            latest = deque(pairwise(chain((since,), slots)), maxlen=1)
            return tuple(Window(start, end) for start, end in latest)
    raise ValueError(f"catch_up is merge, each or skip, not {catch_up!r}")


def next_slots(schedule: str, timezone: str, after: datetime, count: int) -> tuple[datetime, ...]:
    """The next `count` slots after an instant, in UTC; fewer when the schedule has no more in 50 years."""
    return tuple(islice(_slots(schedule, timezone, after), count))


def _slots(schedule: str, timezone: str, after: datetime) -> Iterator[datetime]:
    """The instants after `after`, ascending and without repetition, at which clocks in the zone reach a slot.

    The schedule is walked in local time without a zone, where every day has 24 hours; only then is each slot placed
    on the real line. A slot inside a gap thus fires when the gap ends, one inside a fold at its first instant only.
    cronsim's own walk through a zone fires `30 * * * *` twice in a fold. It is asked for the days and, once, for the
    times of a day: a year of `*/15` takes it a second, and this hundredths of one.
    """
    zone = ZoneInfo(timezone)
    last = after.astimezone(UTC)
    minute, hour, days = schedule.split(maxsplit=2)
    today = datetime.combine(last.astimezone(zone).date(), time())
    times = takewhile(lambda slot: slot < today + _DAY, CronSim(f"{minute} {hour} * * *", today - timedelta(minutes=1)))
    since_midnight = [slot - today for slot in times]
    for day in CronSim(f"0 0 {days}", today - timedelta(minutes=1)):
        for slot in _on(day, since_midnight, zone):
            if slot > last:
                yield slot
                last = slot


def _on(midnight: datetime, since_midnight: Sequence[timedelta], zone: tzinfo) -> list[datetime]:
    """When clocks in the zone reach these times of one day, which is given by its local midnight."""
    start = reached(midnight, zone)
    if reached(midnight + _DAY, zone) - start == _DAY:  # no clock is put forward or back
        return [start + past for past in since_midnight]
    return [reached(midnight + past, zone) for past in since_midnight]


def reached(local: datetime, zone: tzinfo) -> datetime:
    """The first instant at which clocks in the zone show this local time, which has no zone, or a later one."""
    slot = local.replace(tzinfo=zone).astimezone(UTC)
    if slot.astimezone(zone).replace(tzinfo=None) == local:
        return slot
    # In a gap. Read with the offset from after it (fold=1), the time lies before the gap ends; else not (PEP 495).
    before, reached = local.replace(tzinfo=zone, fold=1).astimezone(UTC), slot
    while reached - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(reached - before) // timedelta(seconds=2))
        if middle.astimezone(zone).replace(tzinfo=None) >= local:
            reached = middle
        else:
            before = middle
    return reached
