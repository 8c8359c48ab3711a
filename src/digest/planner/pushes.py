"""Which hubs are asked to tell of news, and what their answers mean (W3C WebSub); polling stays as the backup.

docs/decisions/107-websub.md gives the reasons.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from digest.model import FeedState, HubState, Subscription
from digest.planner.health import span

LEASE_S = 10 * 86400  # asked for; hubs decide
SHORTEST_LEASE_S, LONGEST_LEASE_S = 600.0, 90 * 86400.0
RENEWED_AFTER = 0.8  # of a lease
FIRST_RETRY, LONGEST_RETRY = timedelta(minutes=10), timedelta(days=1)
DENIED_FOR = timedelta(days=7)
FAREWELLS = 3
BETWEEN_LOOKS = timedelta(minutes=1)  # a hub that pushes all the time does not make us ask all the time
TOLD_WITHIN = timedelta(minutes=15)  # news that come so soon after a push are those that it told of


def chores(
    feeds: Iterable[FeedState], held: Iterable[Subscription], base: str, token: Callable[[], str], now: datetime
) -> Iterator[Subscription]:
    """The subscriptions whose hub is to be asked now, as they are to be stored before that.

    `feeds` are those that are polled, `held` what the store knows; callbacks lie below `base`. `token` gives what
    nobody can guess. One that is not HubState.LEAVING is asked for, or renewed.
    """
    by_feed = {each.feed: each for each in held}
    for state in feeds:
        known, hub = by_feed.pop(state.url, None), _hub(state)
        topic = state.hints.self_url or state.moved_to or state.url
        if hub is None:
            if known is not None:
                yield from _farewell(known, now)
        elif known is None or (known.hub, known.topic) != (hub, topic) or not known.callback.startswith(f"{base}/"):
            fresh = Subscription(state.url, hub, topic, f"{base}/{token()}", token(), HubState.ASKED, now)
            yield _asked(fresh, now)
        elif known.next_at <= now:
            yield _asked(replace(known, state=_still(known, now)), now)
    for known in by_feed.values():
        yield from _farewell(known, now)


def verified(held: Subscription, lease_s: float | None, now: datetime) -> Subscription:
    """The subscription after its hub has checked that we want it."""
    lease = timedelta(seconds=min(max(lease_s or LEASE_S, SHORTEST_LEASE_S), LONGEST_LEASE_S))
    return replace(
        held, state=HubState.ACTIVE, lease_until=now + lease, next_at=now + RENEWED_AFTER * lease, failures=0
    )


def denied(held: Subscription, now: datetime) -> Subscription:
    """The subscription after its hub has refused it: asked for again in a week."""
    return replace(held, state=HubState.ASKED, lease_until=None, next_at=now + DENIED_FOR)


def gone(held: Subscription) -> Subscription:
    """The subscription after its hub has let us go."""
    return replace(held, state=HubState.GONE)


def poll_at(state: FeedState, now: datetime) -> datetime:
    """When to poll a feed whose hub tells of news."""
    return max(now, state.last_poll_at + BETWEEN_LOOKS) if state.last_poll_at else now


def not_overtaken(state: FeedState, pushed_at: datetime | None) -> FeedState:
    """The feed's state after a poll, where its hub may have told of news meanwhile: the poll may not have seen them."""
    if pushed_at is None or pushed_at == state.pushed_at or state.failures or state.next_poll_at is None:
        return state
    return replace(state, pushed_at=pushed_at, next_poll_at=min(state.next_poll_at, poll_at(state, pushed_at)))


def told_by_hub(state: FeedState, now: datetime) -> bool:
    """The feed's latest news came with a push, and its hub goes on telling: so it need not be asked as often."""
    if state.pushed_until is None or state.pushed_at is None or state.pushed_until <= now:
        return False
    return state.last_new_at is None or state.pushed_at >= state.last_new_at - TOLD_WITHIN


@dataclass(frozen=True, slots=True)
class Pushing:
    """How news of a feed that names a hub come: `pushed` until then, else polled only; and why, in words."""

    hub: str
    pushed: bool
    says: str
    until: datetime | None = None


def pushing(
    state: FeedState | None, held: Subscription | None, now: datetime, *, reachable: bool, secret: bool
) -> Pushing | None:
    """How a feed stands with its hub; None where it names none. `held` is what the store knows of it.

    `reachable`: hubs can reach us; `secret`: the feed is asked with headers of its own, and no hub is told of it.
    """
    if state is None or not state.hints.hub:
        return None
    if not reachable:
        return Pushing(state.hints.hub, False, "polled only: its hub could tell of news if http.public_url were set")
    if secret or "@" in urlsplit(state.url).netloc:
        return Pushing(state.hints.hub, False, "polled only: feeds with secrets are not told to hubs")
    if _hub(state) is None:
        return Pushing(state.hints.hub, False, "polled no more" if state.stopped else "polled only: no hub on the web")
    if held is None or held.hub != state.hints.hub:
        return Pushing(state.hints.hub, False, "polled only: its hub will be asked soon")
    if held.state is HubState.ACTIVE and held.lease_until is not None and held.lease_until > now:
        last = f"; it last did {span(now - state.pushed_at)} ago" if state.pushed_at else ""
        until = f"its hub tells of news, for another {span(held.lease_until - now)}"
        return Pushing(held.hub, True, f"{until}{last}", held.lease_until)
    times = f" in {held.failures} attempts" if held.failures > 1 else ""
    again = f"asked again in {span(held.next_at - now)}"
    return Pushing(held.hub, False, f"polled only: its hub has not agreed{times}; {again}")


def _hub(state: FeedState) -> str | None:
    """The hub to be asked. A feed with secrets in its URL is nobody else's business."""
    hub = state.hints.hub
    if state.stopped or not hub or not state.last_success_at or "@" in urlsplit(state.url).netloc:
        return None
    return hub if hub.startswith(("https://", "http://")) else None


def _asked(held: Subscription, now: datetime) -> Subscription:
    """Waiting for the hub's check, which is asked for again ever more rarely."""
    wait = min(FIRST_RETRY * 2 ** min(held.failures, 10), LONGEST_RETRY)
    return replace(held, next_at=now + wait, failures=held.failures + 1)


def _still(held: Subscription, now: datetime) -> HubState:
    return HubState.ACTIVE if held.lease_until is not None and held.lease_until > now else HubState.ASKED


def _farewell(held: Subscription, now: datetime) -> Iterator[Subscription]:
    """Unsubscribe; a hub that does not answer forgets us by itself when the lease ends."""
    begins = held.state is not HubState.LEAVING
    if begins or held.next_at <= now:
        leaving = replace(held, state=HubState.LEAVING, failures=0 if begins else held.failures)
        over = held.lease_until is None or held.lease_until <= now or leaving.failures >= FAREWELLS
        yield replace(leaving, state=HubState.GONE) if over else _asked(leaving, now)
