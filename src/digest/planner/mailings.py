"""When a mail leaves that no schedule asks for: an alert, or a sign of life from a digest with nothing to tell."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from digest.model import Window
from digest.planner.windows import reached

HOUR = timedelta(hours=1)
ALERT_WHILE_NEW = timedelta(days=1)
"""What was first seen longer ago is no alert: it stood behind quiet hours, an outage or a rule that is new."""

_DAY = timedelta(days=1)
_EARLY = timedelta(hours=2)  # where summer time begins, a slot comes an hour early


def alert_at(
    recent: Sequence[datetime], per_hour: int, quiet: tuple[time, time] | None, timezone: str, now: datetime
) -> datetime:
    """The first instant from `now` on at which an alert may leave, in UTC.

    `recent` are the instants at which alerts of the topic left in the last hour, in order. In any hour there are
    `per_hour` at most, and none between the times of `quiet`, which are local ones. Where the clocks skip the end of
    the quiet hours, they end with the gap. Where the clocks are put back over it, they end when it is shown for the
    last time: one night a year is an hour longer, and nobody is woken by a clock that still shows a quiet hour.
    """
    at = now.astimezone(UTC)
    if len(recent) >= per_hour:
        at = max(at, recent[-per_hour].astimezone(UTC) + HOUR)
    if quiet is None:
        return at
    zone = ZoneInfo(timezone)
    first, end = quiet
    today = at.astimezone(zone).date()
    for begun in (today - _DAY, today):
        ended = begun + _DAY if end <= first else begun
        if reached(datetime.combine(begun, first), zone) <= at:
            at = max(at, _last_shown(datetime.combine(ended, end), zone))
    return at


def _last_shown(local: datetime, zone: ZoneInfo) -> datetime:
    """The last instant at which clocks in the zone show this local time; in a gap, the first with a later one."""
    return max(reached(local, zone), local.replace(tzinfo=zone, fold=1).astimezone(UTC))


def silent_since(every_s: float | None, window: Window) -> datetime | None:
    """A digest that mailed nothing from this instant on owes a sign of life; None where none is asked for."""
    if every_s is None:
        return None
    return window.end - timedelta(seconds=every_s) + min(_EARLY, timedelta(seconds=every_s / 2))
