"""Finds the slots that a change of the clocks moves or makes ambiguous, so that nobody is surprised by them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from cronsim import CronSim

LOOK_S = 900  # zones change on quarters of an hour
SLOTS_A_CHANGE = 3  # of a schedule with many


@dataclass(frozen=True, slots=True)
class Oddity:
    """A slot's time on the clocks of its zone that does not come (`skipped`), or comes twice. Naive."""

    local: datetime
    skipped: bool
    fires: datetime  # when the edition leaves, as the zone's clocks show it


def oddities(schedule: str, timezone: str, now: datetime, days: int = 366) -> tuple[Oddity, ...]:
    """The odd slots of so many days from now, in order; of one change of the clocks the first few only."""
    zone = ZoneInfo(timezone)
    return tuple(
        Oddity(local, skipped=gained > timedelta(0), fires=end if gained > timedelta(0) else local)
        for start, end, gained in _changes(zone, now, now + timedelta(days=days))
        for local in _slots(schedule, start, end)
    )


def _changes(zone: ZoneInfo, now: datetime, until: datetime) -> list[tuple[datetime, datetime, timedelta]]:
    """Each change of the clocks as the span of local times that is skipped or repeated, and by how much it gains."""
    found = []
    instant = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    day, step = timedelta(days=1), timedelta(seconds=LOOK_S)
    while instant < until:
        before = instant.astimezone(zone).utcoffset()
        if (instant + day).astimezone(zone).utcoffset() != before:
            change = instant
            while change.astimezone(zone).utcoffset() == before:
                change += step
            gained = (change.astimezone(zone).utcoffset() or timedelta(0)) - (before or timedelta(0))
            after = change.astimezone(zone).replace(tzinfo=None)
            found.append((after - gained, after, gained) if gained > timedelta(0) else (after, after - gained, gained))
        instant += day
    return found


def _slots(schedule: str, start: datetime, end: datetime) -> list[datetime]:
    """The slots among the local times from `start` on and before `end`."""
    slots = CronSim(schedule, start - timedelta(minutes=1))
    return list(islice(takewhile(lambda local: local < end, slots), SLOTS_A_CHANGE))
