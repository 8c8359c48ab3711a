"""Where a feed is asked: at its configured URL, or where that has been leading for good.

docs/decisions/100-moved-feeds.md gives the reasons.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from digest.errors import FetchError
from digest.model import FeedState, Fetched

STABLE = timedelta(days=7)
PERMANENT = frozenset({301, 308})
DISAPPOINTMENTS = 3  # failures in a row at the new address after which the configured one is asked again


def address(state: FeedState, *, secret: bool = False) -> str:
    """The URL to ask. `secret`: the feed is sent headers of its own, which belong to the configured URL's server."""
    if state.moved_to is None or secret or "@" in urlsplit(state.url).netloc:
        return state.url
    return state.moved_to


def after_answer(state: FeedState, fetched: Fetched, now: datetime) -> FeedState:
    """What an answer that could be read says about the feed's address.

    A chain of permanent redirects is believed once it has led to the same place for seven days; one that only
    changes http to https is believed at once. Any other answer from where we asked ends the watch over a chain.
    """
    if not fetched.redirects or any(hop.status not in PERMANENT for hop in fetched.redirects):
        return replace(state, moving_to=None, moving_since=None)
    target = fetched.redirects[-1].url
    since = state.moving_since if state.moving_to == target and state.moving_since is not None else now
    since = min(since, now)  # the clock may have been ahead
    if now - since >= STABLE or _only_safer(fetched.url, target):
        return replace(state, moved_to=_unless_itself(state, target), moving_to=None, moving_since=None)
    return replace(state, moving_to=target, moving_since=since)


def after_failure(state: FeedState, error: Exception) -> FeedState:
    """A new address that fails for good, or again and again, is given up for the configured one."""
    if state.moved_to is None:
        return state
    temporary = isinstance(error, FetchError) and error.retryable
    return state if temporary and state.failures < DISAPPOINTMENTS else replace(state, moved_to=None)


def _only_safer(asked: str, target: str) -> bool:
    here, there = urlsplit(asked), urlsplit(target)
    return (
        (here.scheme, there.scheme) == ("http", "https")
        and here.hostname == there.hostname
        and here.port in (None, 80)
        and there.port in (None, 443)
        and (here.path or "/", here.query) == (there.path or "/", there.query)
    )


def _unless_itself(state: FeedState, target: str) -> str | None:
    """A chain that has come back to the configured URL is no move."""
    return None if target == state.url else target
