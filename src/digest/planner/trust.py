"""When a server that only ever says “not modified” is asked without conditions, to see whether that is true.

docs/decisions/101-lying-servers.md gives the reasons.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from digest.model import FeedDocument, FeedState, Fetched, Validators

A_DAY = timedelta(days=1)
OVERDUE_GAPS = 4
RARELY = timedelta(days=30)  # how far apart the checks of an honest server come
REMEMBERED = timedelta(days=30)  # a lie is held against a server for so long
BACKDATED = timedelta(hours=1)


def validators(state: FeedState, now: datetime) -> Validators:
    """The validators to send with the next poll: none when the server's word is to be tested, at most once a day.

    It is tested when it has said nothing but 304 for a day although the feed's rhythm calls for news. A server found
    honest is tested ever more rarely while the feed stays silent: after 1 day, 2, 4 ... 30. One that has lied within
    30 days is tested daily.
    """
    return Validators() if _doubtful(state, now) else state.validators


def patient(state: FeedState) -> bool:
    """Whether the feed may take its time while others wait for its host: all but new ones, which may hang."""
    return state.last_success_at is not None or state.failures > 0


def after_answer(
    state: FeedState, fetched: Fetched, document: FeedDocument | None, new: int, now: datetime
) -> FeedState:
    """What an answer that could be read says about the server's word; `state` is the one from before it."""
    if fetched.not_modified:
        return state
    lied = bool(new) and document is not None and _doubtful(state, now) and _was_hidden(state, fetched, document)
    return replace(state, last_full_at=now, lied_at=now if lied else state.lied_at)


def lying(state: FeedState, now: datetime) -> bool:
    """The server was caught saying “not modified” of what had changed, not long ago."""
    return state.lied_at is not None and state.lied_at <= now < state.lied_at + REMEMBERED


def _doubtful(state: FeedState, now: datetime) -> bool:
    full_at = state.last_full_at or state.last_new_at
    if full_at is None or state.validators == Validators():
        return False
    full_at = min(full_at, now)  # the clock may have been ahead
    if lying(state, now):
        return now - full_at >= A_DAY
    if state.gap_s is None or state.last_new_at is None:
        return False
    overdue = now - state.last_new_at >= max(A_DAY, timedelta(seconds=OVERDUE_GAPS * state.gap_s))
    return overdue and now - full_at >= max(A_DAY, min(full_at - state.last_new_at, RARELY))


def _was_hidden(state: FeedState, fetched: Fetched, document: FeedDocument) -> bool:
    """What is new was there when the server last said 304: its validators are the same, or its dates say so."""
    sent, held = fetched.validators, state.validators
    if (held.etag is not None and sent.etag == held.etag) or (held.etag is None and sent == held):
        return True
    if state.last_new_at is None or state.last_poll_at is None:
        return False
    earliest, latest = state.last_new_at, state.last_poll_at - BACKDATED
    return any(entry.published is not None and earliest < entry.published < latest for entry in document.entries)
