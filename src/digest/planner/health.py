"""Says in words how a feed does: for `digest feeds list`, for `digest status` and for the digest's footer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from digest.model import FeedState, FeedWord, Health
from digest.planner.trust import lying

REMEMBERED = timedelta(days=7)  # entries that may have been lost are told so long
SILENT_DAYS, SILENT_GAPS = 7, 10


def health(state: FeedState | None, now: datetime, *, quarantined: bool = False) -> Health:
    """The word for the worst that is true of a feed, and a sentence with all that is.

    `state` is None for a feed that the store doesn't know yet; `quarantined`: what it sent last crashed our readers
    twice. Times are told as spans, so that the sentence is true in every time zone.
    """
    if state is None:
        return Health(FeedWord.NEW, "not polled yet")
    found = list(_findings(state, now, quarantined))
    if not found:
        found = [(FeedWord.OK, "ok") if state.last_success_at else (FeedWord.NEW, "not polled yet")]
    words, sentences = zip(*found, strict=True)
    return Health(words[0], "; ".join(sentences), None if state.stopped else state.next_poll_at)


def span(time: timedelta) -> str:
    """A stretch of time as people say it: `40 minutes`, `3 hours`, `12 days`."""
    seconds = max(time.total_seconds(), 0.0)
    for unit, name in ((86400, "day"), (3600, "hour"), (60, "minute")):
        # Two days and more are told in days, two hours and more in hours.
        if seconds >= 2 * unit or (seconds >= unit and unit == 60):
            return f"{seconds // unit:.0f} {name}{'s' if seconds >= 2 * unit else ''}"
    return "a moment"


def remark(state: FeedState, since: datetime, now: datetime) -> str | None:
    """What readers should know of a feed that is read all the same; None for nothing.

    A move is told until feeds.yaml follows. Silence and lies are told once: if they began, or were found, in
    [since, now).
    """
    told = []
    if state.moved_to:
        told.append(_moved(state))
    if lying(state, now) and state.lied_at is not None and state.lied_at >= since:
        told.append(_LYING)
    silent_from = _silent_from(state)
    if silent_from is not None and since <= silent_from <= now:
        told.append(_silent(state, now))
    return "; ".join(told) or None


_LYING = "its server says “not modified” of what has changed, so it is asked for all of it once a day"


def _findings(state: FeedState, now: datetime, quarantined: bool) -> Iterator[tuple[FeedWord, str]]:
    """All that is true and worth telling, the worst first."""
    if state.stopped:
        yield FeedWord.GONE, "gone: it answered 410 on three days, so it is polled no more; take it out of feeds.yaml"
    elif quarantined:
        yield (
            FeedWord.QUARANTINED,
            f"what it sends crashes the reader; tried again when that changes ({state.last_error})",
        )
    elif state.failures and state.last_status == 429:
        yield (
            FeedWord.RATE_LIMITED,
            f"{state.last_error}; fewer feeds of this publisher or a longer `every:` would help",
        )
    elif state.failures:
        times = "" if state.failures == 1 else f" ({state.failures} times in a row)"
        yield FeedWord.FAILING, f"{state.last_error or 'it can not be read'}{times}"
    elif state.last_error:
        yield FeedWord.OFFLINE, f"we seem to be offline: {state.last_error}"
    if state.lost_window_at and now - state.lost_window_at < REMEMBERED:
        ago = span(now - state.lost_window_at)
        yield (
            FeedWord.GAP,
            f"entries may have been lost {ago} ago: all that it showed was new; a shorter `every:` helps",
        )
    if lying(state, now):
        yield FeedWord.LYING, _LYING
    if state.moved_to:
        yield FeedWord.MOVED, _moved(state)
    silent_from = _silent_from(state)
    if silent_from is not None and silent_from <= now and not state.failures:
        yield FeedWord.SILENT, _silent(state, now)


def _moved(state: FeedState) -> str:
    return f"moved to {state.moved_to}: change its URL in feeds.yaml"


def _silent_from(state: FeedState) -> datetime | None:
    """From when on its silence is against its own rhythm."""
    if state.last_new_at is None or state.gap_s is None:
        return None
    return state.last_new_at + max(timedelta(days=SILENT_DAYS), timedelta(seconds=SILENT_GAPS * state.gap_s))


def _silent(state: FeedState, now: datetime) -> str:
    usual = span(timedelta(seconds=state.gap_s or 0.0))
    return f"nothing new for {span(now - (state.last_new_at or now))}; it used to have something every {usual}"
