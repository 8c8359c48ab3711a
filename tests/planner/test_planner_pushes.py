"""How feeds whose hubs tell of news are polled."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest import planner
from digest.model import FeedState, Fetched, HubState, PollHints, Subscription, Validators

NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
URL, HUB = "https://one.example/rss", "https://hub.example/"


def feed(**more: object) -> FeedState:
    gaps = (2 * 3600.0,) * 12
    known = FeedState(URL, last_poll_at=NOW - HOUR, last_success_at=NOW - HOUR, last_new_at=NOW - HOUR, gaps_s=gaps)
    return replace(known, hints=PollHints(hub=HUB), **more)


def wait(state: FeedState, *, new: int = 0, interval: planner.Interval = planner.Interval()) -> timedelta:  # noqa: B008
    fetched = Fetched(URL, URL, 200, {}, b"", Validators())
    after = planner.after_poll(
        state, fetched, None, new=new, body_hash="x", settings=interval, now=NOW, jitter=0.0
    )  # fmt: skip
    return after.next_poll_at - NOW


def test_a_feed_whose_news_come_by_its_hub_is_polled_a_quarter_as_often() -> None:
    assert wait(feed()) == HOUR
    assert wait(feed(pushed_until=NOW + DAY, pushed_at=NOW - HOUR)) == 4 * HOUR
    assert wait(feed(pushed_until=NOW + DAY, pushed_at=NOW - 11 * MINUTE), new=1) == 4 * HOUR


def test_an_interval_that_the_owner_names_is_kept_all_the_same() -> None:
    named = planner.Interval(every_s=900, adaptive=False)
    assert wait(feed(pushed_until=NOW + DAY, pushed_at=NOW - HOUR), interval=named) == 15 * MINUTE


def test_a_hub_that_told_nothing_of_the_latest_news_is_no_reason_to_poll_less() -> None:
    assert wait(feed(pushed_until=NOW + DAY)) == HOUR, "it never told"
    assert wait(feed(pushed_until=NOW + DAY, pushed_at=NOW - 5 * HOUR), new=2) == HOUR
    assert wait(feed(pushed_until=NOW - MINUTE, pushed_at=NOW - HOUR)) == HOUR, "the lease is over"


def test_a_push_without_news_is_looked_after_once_more() -> None:
    """The publisher's caches can be slower than its hub."""
    assert wait(feed(pushed_until=NOW + DAY, pushed_at=NOW - MINUTE)) == 10 * MINUTE
    assert wait(feed(pushed_until=NOW + DAY, pushed_at=NOW - MINUTE), new=1) == 4 * HOUR


def test_only_hubs_on_the_web_and_feeds_that_can_be_read_count() -> None:
    def chores(state: FeedState) -> list[Subscription]:
        return list(planner.chores([state], [], "https://d.example/websub", lambda: "token", NOW))

    (asked,) = chores(feed())
    assert (asked.callback, asked.topic, asked.state) == ("https://d.example/websub/token", URL, HubState.ASKED)
    for other in (
        feed(stopped=True),
        replace(feed(), last_success_at=None),
        replace(feed(), hints=PollHints(hub="ftp://hub.example/")),
        replace(feed(), hints=PollHints()),
        replace(feed(), url="https://me:secret@one.example/rss"),
    ):
        assert not chores(other)


@given(st.floats(0, 1e12) | st.none())
def test_any_lease_is_kept_within_bounds_and_renewed_before_its_end(lease_s: float | None) -> None:
    held = Subscription(URL, HUB, URL, "https://d.example/websub/x", "s", HubState.ASKED, NOW)
    after = planner.verified(held, lease_s, NOW)
    assert NOW + 10 * MINUTE <= after.lease_until <= NOW + 90 * DAY
    assert NOW < after.next_at < after.lease_until


HELD = Subscription(URL, HUB, URL, "https://d.example/websub/x", "secret", HubState.ACTIVE, NOW + DAY, NOW + 9 * DAY)


@pytest.mark.parametrize(
    ("state", "held", "ways", "pushed", "says"),
    [
        (feed(), HELD, {}, True, "its hub tells of news, for another 9 days"),
        (feed(pushed_at=NOW - 3 * HOUR), HELD, {}, True, "for another 9 days; it last did 3 hours ago"),
        (feed(), None, {}, False, "polled only: its hub will be asked soon"),
        (feed(), None, {"reachable": False}, False, "if http.public_url were set"),
        (feed(), HELD, {"secret": True}, False, "feeds with secrets are not told to hubs"),
        (replace(feed(), url="https://me:pw@one.example/rss"), HELD, {}, False, "feeds with secrets"),
        (replace(feed(), hints=PollHints(hub="ftp://hub.example/")), None, {}, False, "no hub on the web"),
        (feed(stopped=True), HELD, {}, False, "polled no more"),
        (feed(), replace(HELD, lease_until=NOW), {}, False, "has not agreed; asked again in 24 hours"),
        (
            feed(),
            replace(HELD, state=HubState.ASKED, lease_until=None, failures=3),
            {},
            False,
            "has not agreed in 3 attempts; asked again in 24 hours",
        ),
    ],
)
def test_how_a_feed_stands_with_its_hub_is_told_in_words(
    state: FeedState, held: Subscription | None, ways: dict[str, bool], pushed: bool, says: str
) -> None:
    """Pushed, and until when; or why it is polled only."""
    found = planner.pushing(state, held, NOW, **{"reachable": True, "secret": False, **ways})
    assert found is not None
    assert (found.pushed, found.until is not None) == (pushed, pushed)
    assert says in found.says


def test_a_feed_that_names_no_hub_is_said_nothing_of() -> None:
    assert planner.pushing(None, None, NOW, reachable=True, secret=False) is None
    assert planner.pushing(FeedState(URL), None, NOW, reachable=True, secret=False) is None
