"""When a feed is asked next: by its own rhythm, its owner's wishes, its server's wishes, and after errors.

The figures are those of the design's section 6; docs/decisions/022-when-a-feed-is-asked.md gives the reasons.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from statistics import median
from typing import TYPE_CHECKING

from digest.errors import FetchError, Paused
from digest.model import FeedDocument, FeedState, Fetched, HoldUpdate, PollHints, Validators
from digest.planner import moves, pushes, trust
from digest.planner.uplink import Excuse

if TYPE_CHECKING:
    from digest.config import FeedConfig, PollSettings

MINUTE_S, HOUR_S, DAY_S, WEEK_S = 60.0, 3600.0, 86400.0, 7 * 86400.0
SHORTEST_S = 10 * MINUTE_S
FIRST_BACKOFF_S = 30 * MINUTE_S
GAPS_KEPT = 12
LONGEST_TITLE = 200  # characters, as of the name that its owner may give it; tables and mails show it
SILENCE_SHARE = 24  # a feed silent for a day is asked hourly, for a week every 7 hours
DAYS_GONE = 3
BACKUP_SHARE = 4  # a feed whose hub tells of its news is asked a quarter as often


@dataclass(frozen=True, slots=True)
class Interval:
    """How often the owner wants a feed to be asked, in seconds; not `adaptive`: every `every_s`, whatever it brings."""

    every_s: float = HOUR_S
    floor_s: float = HOUR_S
    ceiling_s: float = DAY_S
    adaptive: bool = True

    @classmethod
    def of(cls, poll: PollSettings, feed: FeedConfig) -> Interval:
        """What the configuration says. A feed's own `every` is taken at its word."""
        if feed.every is not None:
            return cls(feed.every, poll.floor, poll.ceiling, adaptive=False)
        return cls(poll.every, poll.floor, poll.ceiling)


def after_poll(
    state: FeedState,
    fetched: Fetched,
    document: FeedDocument | None,
    *,
    new: int,
    total: int | None = None,
    body_hash: str | None,
    settings: Interval,
    now: datetime,
    jitter: float,
) -> FeedState:
    """The feed's state after an answer that could be read; `document` is None when it is the one already known.

    `new` counts the entries not seen before, `total` all of them, should `document` hold fewer. `body_hash` is that of
    this answer, None for a 304; `jitter` is in [0, 1).
    New validators are kept whenever the server sends some, also with a known body (FreshRSS #6712).
    """
    gaps = _gaps(state, new, now)
    after = trust.after_answer(moves.after_answer(state, fetched, now), fetched, document, new, now)
    after = replace(
        after,
        validators=_newest(state.validators, fetched),
        validators_url=fetched.final_url,
        body_hash=body_hash or state.body_hash,
        last_poll_at=now,
        last_success_at=now,
        last_new_at=now if new else state.last_new_at,
        failures=0,
        last_error=None,
        last_status=None,
        gone_on=(),
        stopped=False,
        gaps_s=gaps,
        gap_s=median(gaps) if gaps else None,
    )
    if document is not None:
        after = replace(
            after,
            title=document.title[:LONGEST_TITLE] or state.title,
            site_url=document.site_url or state.site_url,
            language=document.language or state.language,
            hints=document.hints,
            lost_window_at=now
            if _lost_window(state, new, len(document.entries) if total is None else total)
            else state.lost_window_at,
        )
    fresh_s = freshness_s(fetched.headers, now)
    own_s = _own_s(after, settings, fresh_s, now)
    if after.lost_window_at == now and state.last_poll_at is not None:  # entries came faster than we looked
        own_s = min(own_s, max(_floor_s(settings), (now - state.last_poll_at).total_seconds() / 2))
    own_s = _beside_hub_s(own_s, after, settings, now, news=new > 0)
    wished_s = min(DAY_S, max(fresh_s or 0.0, after.hints.ttl_s or 0.0))
    next_poll_at = now + timedelta(seconds=_later(max(own_s, wished_s), jitter))
    return replace(after, next_poll_at=_out_of_skipped(next_poll_at, after.hints, jitter))


def after_failure(state: FeedState, error: Exception, *, now: datetime, jitter: float) -> FeedState:
    """The feed's state after a poll that brought nothing: it is asked ever more rarely, but never given up.

    Except when it is gone: 410 on three different days stops it. Nothing is held against one that was not even asked,
    since its publisher wants a pause. Validators and all that was known stay. `jitter` is in [0, 1).
    """
    if isinstance(error, Paused):
        later_s = (error.retry_after_s or 0.0) + SHORTEST_S * jitter
        return replace(state, next_poll_at=now + timedelta(seconds=later_s))
    gone_on = state.gone_on
    if isinstance(error, FetchError) and error.status == 410:
        gone_on = tuple(sorted({*gone_on, now.astimezone(UTC).date().isoformat()}))
    delay_s = _backoff_s(error, state.failures + 1, jitter)
    return replace(
        moves.after_failure(state, error),
        last_poll_at=now,
        failures=state.failures + 1,
        last_error=str(error),
        last_status=error.status if isinstance(error, FetchError) else None,
        gone_on=gone_on,
        stopped=len(gone_on) >= DAYS_GONE,
        next_poll_at=_out_of_skipped(now + timedelta(seconds=delay_s), state.hints, jitter),
    )


def after_failures(
    state: FeedState, error: Exception, excused: Sequence[Excuse], *, now: datetime, jitter: float
) -> tuple[FeedState, ...]:
    """This feed's state after a failure, then those of other feeds whose failures are taken back.

    `excused` is what Uplink.failed says: where this feed is among them, its failure isn't counted either.
    """
    spared = {each.url: after_offline(each, its, now=now, jitter=jitter) for each, its in excused}
    own = spared.pop(state.url, None) or after_failure(state, error, now=now, jitter=jitter)
    return (own, *spared.values())


def hold(
    error: Exception, url: str, others: Iterable[str], publisher: Callable[[str], str], now: datetime
) -> HoldUpdate:
    """Until when a publisher's other feeds are left alone after the one at `url` met this error, a minute apart.

    Retry-After speaks for the whole registrable domain: limits are counted by address, not by feed (FreshRSS #8925).
    """
    if not isinstance(error, FetchError) or isinstance(error, Paused):  # whoever was told of the pause has held them
        return HoldUpdate({})
    if error.status not in {429, 503} or not error.retry_after_s:
        return HoldUpdate({})
    whose = publisher(url)  # a part of every URL of theirs: to take 100,000 of them apart would hold up everything
    sisters = (other for other in others if whose in other.lower() and other != url and publisher(other) == whose)
    end = now + timedelta(seconds=min(error.retry_after_s, WEEK_S))
    return HoldUpdate({sister: end + timedelta(minutes=place) for place, sister in enumerate(sisters, start=1)})


def after_offline(state: FeedState, error: Exception, *, now: datetime, jitter: float) -> FeedState:
    """The feed's state when we could not reach the network: asked again soon, and nothing is held against it."""
    later = now + timedelta(seconds=SHORTEST_S * (1 + jitter))
    return replace(state, last_poll_at=now, last_error=str(error), last_status=None, next_poll_at=later)


# --- the feed's own rhythm ----------------------------------------------------------------------


def _gaps(state: FeedState, new: int, now: datetime) -> tuple[float, ...]:
    """The latest times between entries. Those that came together are spread evenly over the time they came in."""
    if not new or state.last_new_at is None or now <= state.last_new_at:
        return state.gaps_s
    gap_s = (now - state.last_new_at).total_seconds() / new
    return (*state.gaps_s, *[gap_s] * min(new, GAPS_KEPT))[-GAPS_KEPT:]


def _lost_window(state: FeedState, new: int, total: int) -> bool:
    """Nothing in the document was seen before, although earlier ones had entries: some may have come and gone."""
    return state.last_new_at is not None and new >= total > 1


def _floor_s(settings: Interval) -> float:
    return max(SHORTEST_S, min(settings.floor_s, settings.every_s))


def _own_s(state: FeedState, settings: Interval, fresh_s: float | None, now: datetime) -> float:
    if not settings.adaptive:
        return max(SHORTEST_S, settings.every_s)
    floor_s = _floor_s(settings)
    if fresh_s:  # the server itself invites us sooner
        floor_s = max(SHORTEST_S, min(floor_s, fresh_s))
    own_s = settings.every_s if state.gap_s is None else state.gap_s / 2
    if state.last_new_at is not None:
        own_s = max(own_s, (now - state.last_new_at).total_seconds() / SILENCE_SHARE)
    return min(max(own_s, floor_s), max(settings.ceiling_s, floor_s))


def _beside_hub_s(own_s: float, state: FeedState, settings: Interval, now: datetime, *, news: bool) -> float:
    """The interval of a feed whose hub tells of its news, or just told of some that are not to be seen yet."""
    if not news and state.pushed_at is not None and now - state.pushed_at < timedelta(seconds=SHORTEST_S):
        return SHORTEST_S  # the publisher's caches are slower than its hub: look once more
    if pushes.told_by_hub(state, now) and settings.adaptive:
        return max(own_s, min(own_s * BACKUP_SHARE, settings.ceiling_s))
    return own_s


def _later(wait_s: float, jitter: float) -> float:
    """Up to a tenth later, so that feeds subscribed together drift apart; never beyond a day because of that."""
    return min(wait_s * (1 + jitter / 10), max(wait_s, DAY_S))


# --- what the server says -----------------------------------------------------------------------


def _newest(held: Validators, fetched: Fetched) -> Validators:
    """What the answer carries. A 304 may leave out what has not changed (RFC 9110, 15.4.5)."""
    sent = fetched.validators
    if not fetched.not_modified:
        return sent
    return Validators(sent.etag or held.etag, sent.last_modified or held.last_modified)


_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,10})", re.IGNORECASE | re.ASCII)
_UNCACHED = re.compile(r"(?:^|[\s,])no-(?:cache|store)\b", re.IGNORECASE | re.ASCII)


def freshness_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """How long the server calls its answer fresh, in seconds from now; None when it does not say (RFC 9111, 4.2.1).

    `headers` have lower-case names. max-age stands before Expires; the time that the answer spent in caches is off.
    """
    control = headers.get("cache-control", "")
    if _UNCACHED.search(control):
        return None
    if stated := _MAX_AGE.search(control):
        age = headers.get("age", "").strip()
        spent_s = int(age) if age.isascii() and age.isdigit() and len(age) <= 10 else 0
        return max(0.0, float(int(stated[1]) - spent_s))
    expires = _http_date(headers.get("expires", ""))
    if expires is None:
        return None
    return max(0.0, (expires - (_http_date(headers.get("date", "")) or now)).total_seconds())


def _http_date(text: str) -> datetime | None:
    try:
        read = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read


def _out_of_skipped(when: datetime, hints: PollHints, jitter: float) -> datetime:
    """The first moment from `when` on that lies in no hour or day the feed asks to be spared in.

    A feed that leaves no hour at all is not listened to. Waits that end with an hour are spread over ten minutes.
    """
    if not _skipped(when, hints):
        return when
    hour = when.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    for ahead in range(1, 7 * 24 + 1):
        if not _skipped(hour + timedelta(hours=ahead), hints):
            return hour + timedelta(hours=ahead, seconds=SHORTEST_S * jitter)
    return when


def _skipped(when: datetime, hints: PollHints) -> bool:
    utc = when.astimezone(UTC)
    return utc.hour in hints.skip_hours or utc.weekday() in hints.skip_days


# --- failures -----------------------------------------------------------------------------------


def _backoff_s(error: Exception, failures: int, jitter: float) -> float:
    """30 minutes, doubled with each failure in a row, and longer where the server says so; at most 7 days."""
    longest_s = DAY_S if _temporary(error) else WEEK_S
    delay_s = min(FIRST_BACKOFF_S * 2.0 ** min(failures - 1, 16) * (1 + jitter / 10), longest_s)
    if isinstance(error, FetchError):
        if error.status == 410:  # the next answer counts on another day only
            delay_s = max(delay_s, DAY_S)
        elif error.status in {429, 503} and error.retry_after_s is not None:
            delay_s = max(delay_s, error.retry_after_s + SHORTEST_S * jitter)
        elif error.status == 429:
            delay_s = max(delay_s, HOUR_S * (1 + jitter))
    return min(delay_s, WEEK_S)


def _temporary(error: Exception) -> bool:
    """The publisher's server has a bad day: that doesn't speak against the feed, so daily we look again."""
    if not isinstance(error, FetchError) or not error.retryable:
        return False
    return error.status is None or error.status in {408, 425, 429} or error.status >= 500
