"""Where a feed is asked after its publisher has moved it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest import planner
from digest.errors import FetchError, ParseError
from digest.model import FeedState, Fetched, Redirect, Validators

NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
DAY = timedelta(days=1)
OLD, NEW = "https://old.example/rss", "https://new.example/feed"


def asked(state: FeedState, now: datetime, *hops: Redirect, new: int = 0) -> FeedState:
    """The feed after one answer to a request at the address that the planner names."""
    address = planner.address(state)
    final = hops[-1].url if hops else address
    fetched = Fetched(address, final, 200, {}, b"", Validators(), hops)
    return planner.after_poll(
        state, fetched, None, new=new, body_hash="x", settings=planner.Interval(), now=now, jitter=0.0
    )


def test_a_permanent_redirect_is_believed_after_seven_days_and_then_asked_directly() -> None:
    state = FeedState(OLD)
    for day in range(7):
        state = asked(state, NOW + day * DAY, Redirect(301, NEW))
        assert planner.address(state) == OLD
        assert (state.moving_to, state.moving_since) == (NEW, NOW)
    state = asked(state, NOW + 7 * DAY, Redirect(301, NEW))
    assert planner.address(state) == NEW
    assert state.url == OLD, "the configured URL stays its identity"
    assert planner.address(asked(state, NOW + 8 * DAY)) == NEW


def test_a_chain_is_permanent_only_when_every_hop_is() -> None:
    state = FeedState(OLD)
    for day in range(9):
        state = asked(state, NOW + day * DAY, Redirect(301, "https://old.example/x"), Redirect(302, NEW))
    assert (planner.address(state), state.moving_to) == (OLD, None)
    for day in range(9, 17):
        state = asked(state, NOW + day * DAY, Redirect(308, "https://old.example/x"), Redirect(301, NEW))
    assert planner.address(state) == NEW


@pytest.mark.parametrize(
    "between", [(), (Redirect(302, NEW),), (Redirect(301, "https://third.example/"),)], ids=["none", "302", "other"]
)
def test_any_other_answer_in_between_begins_the_seven_days_anew(between: tuple[Redirect, ...]) -> None:
    state = FeedState(OLD)
    for day, hops in enumerate([(Redirect(301, NEW),)] * 5 + [between] + [(Redirect(301, NEW),)] * 7):
        state = asked(state, NOW + day * DAY, *hops)
        assert planner.address(state) == OLD


def test_a_failure_in_between_does_not_begin_them_anew() -> None:
    state = asked(FeedState(OLD), NOW, Redirect(301, NEW))
    state = planner.after_failure(state, FetchError("refused"), now=NOW + DAY, jitter=0.0)
    assert planner.address(asked(state, NOW + 7 * DAY, Redirect(301, NEW))) == NEW


@pytest.mark.parametrize(
    ("configured", "target", "at_once"),
    [
        ("http://old.example/rss", "https://old.example/rss", True),
        ("http://old.example", "https://old.example/", True),
        ("http://old.example:80/rss?a=1", "https://old.example:443/rss?a=1", True),
        ("http://old.example/rss", "https://www.old.example/rss", False),
        ("http://old.example/rss", "https://old.example/", False),
        ("http://old.example:8080/rss", "https://old.example/rss", False),
        ("https://old.example/rss", "http://old.example/rss", False),
    ],
)
def test_http_to_https_is_believed_at_once_and_nothing_else(configured: str, target: str, at_once: bool) -> None:
    state = asked(FeedState(configured), NOW, Redirect(301, target))
    assert (planner.address(state) == target) is at_once
    temporary = asked(FeedState(configured), NOW, Redirect(302, target))
    assert planner.address(temporary) == configured


def moved() -> FeedState:
    return FeedState(OLD, moved_to=NEW)


@pytest.mark.parametrize("error", [FetchError("gone", retryable=False, status=410), ParseError("HTML")])
def test_a_new_address_that_fails_for_good_is_given_up_for_the_configured_one(error: Exception) -> None:
    assert planner.address(planner.after_failure(moved(), error, now=NOW, jitter=0.0)) == OLD


def test_a_new_address_with_a_bad_day_is_kept_and_given_up_after_four_failures() -> None:
    state = moved()
    for _ in range(3):
        state = planner.after_failure(state, FetchError("503", status=503), now=NOW, jitter=0.0)
        assert planner.address(state) == NEW
    assert planner.address(planner.after_failure(state, FetchError("503", status=503), now=NOW, jitter=0.0)) == OLD


def test_secrets_are_only_taken_to_the_configured_address() -> None:
    assert planner.address(moved(), secret=True) == OLD
    with_password = FeedState("https://me:pw@old.example/rss", moved_to=NEW)
    assert planner.address(with_password) == with_password.url


def test_a_publisher_who_moves_back_is_followed() -> None:
    state = moved()
    for day in range(8):
        state = asked(state, NOW + day * DAY, Redirect(301, OLD))
    assert (planner.address(state), state.moved_to) == (OLD, None)


hops = st.lists(
    st.builds(Redirect, st.sampled_from([301, 302, 303, 307, 308]), st.sampled_from([NEW, OLD, "https://t.example/"])),
    max_size=3,
)


@given(st.lists(st.tuples(hops, st.floats(0.01, 6.9)), max_size=12))
def test_an_address_that_led_on_for_less_than_seven_days_is_never_left(
    polls: list[tuple[list[Redirect], float]],
) -> None:
    """Whatever the answers: a move is only stored after the same permanent target for a whole week."""
    state, now = FeedState(OLD), NOW
    since: dict[str, datetime] = {}
    for chain, days in polls:
        before = planner.address(state)
        state = asked(state, now, *chain)
        permanent = chain[-1].url if chain and all(hop.status in (301, 308) for hop in chain) else None
        since = {permanent: since.get(permanent, now)} if permanent else {}
        if planner.address(state) != before:
            assert planner.address(state) == permanent
            assert now - since[permanent] >= 7 * DAY
            since = {}
        now += timedelta(days=days)
