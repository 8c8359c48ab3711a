"""Whose fault it is that hosts can't be reached."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest import planner
from digest.errors import FetchError, ParseError
from digest.model import FeedState
from digest.planner import Uplink

NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
NO_ROUTE = FetchError("there is no route", unreachable=True)


def feed(number: int, **more: object) -> FeedState:
    return replace(FeedState(f"https://{number}.example/rss"), **more)


def failed(uplink: Uplink, state: FeedState, now: datetime, error: Exception = NO_ROUTE) -> list[FeedState]:
    excused = uplink.failed(state, error, now)
    return list(planner.after_failures(state, error, excused, now=now, jitter=0.0))


def test_the_first_feeds_to_fail_are_taken_back_when_it_turns_out_that_we_are_offline() -> None:
    uplink = Uplink()
    assert [state.failures for state in failed(uplink, feed(1), NOW)] == [1]
    assert [state.failures for state in failed(uplink, feed(2), NOW + SECOND)] == [1]
    third, *taken_back = failed(uplink, feed(3), NOW + 2 * SECOND)
    assert (third.url, third.failures) == (feed(3).url, 0)
    assert {state.url: state.failures for state in taken_back} == {feed(1).url: 0, feed(2).url: 0}
    assert all(state.next_poll_at - NOW < 21 * MINUTE for state in (third, *taken_back)), "asked again soon"
    fourth = failed(uplink, feed(4), NOW + 3 * SECOND)
    assert [state.failures for state in fourth] == [0], "the others are not touched twice"


def test_while_most_hosts_answer_a_failure_is_the_feeds_own() -> None:
    uplink = Uplink()
    for number in range(10):
        uplink.answered(feed(number).url, NOW)
    for number in range(10, 19):
        assert [state.failures for state in failed(uplink, feed(number), NOW + SECOND)] == [1]


def test_many_feeds_of_one_host_are_one_host() -> None:
    uplink = Uplink()
    for number in range(20):
        state = FeedState(f"https://one.example/{number}")
        assert [each.failures for each in failed(uplink, state, NOW)] == [1]


@pytest.mark.parametrize(
    "error",
    [
        ParseError("HTML"),
        FetchError("503", status=503),
        FetchError("private", retryable=False),
        FetchError("breaks off"),
    ],
)
def test_who_answers_was_reached_whatever_the_answer(error: Exception) -> None:
    uplink = Uplink()
    for number in range(9):
        assert [state.failures for state in failed(uplink, feed(number), NOW, error)] == [1]


def test_failures_that_lie_apart_say_nothing_about_us() -> None:
    uplink = Uplink()
    for number in range(9):
        assert [state.failures for state in failed(uplink, feed(number), NOW + number * 3 * MINUTE)] == [1]


def test_a_long_night_offline_costs_no_feed_anything() -> None:
    uplink = Uplink()
    feeds = {number: feed(number, next_poll_at=NOW + number * SECOND) for number in range(40)}
    for minute in range(8 * 60):
        now = NOW + minute * MINUTE
        for state in list(feeds.values()):
            if state.next_poll_at <= now:
                for after in failed(uplink, state, now):
                    feeds[int(after.url.split("/")[2].split(".")[0])] = after
    assert {state.failures for state in feeds.values()} == {0}
    assert all(state.next_poll_at <= NOW + 8 * 60 * MINUTE + 21 * MINUTE for state in feeds.values())


def test_of_a_few_feeds_most_of_them_dead_the_dead_are_counted_once_others_were_reached() -> None:
    """Else three dead feeds beside a living one would be asked every ten minutes for ever."""
    uplink, now = Uplink(), NOW
    dead = [feed(number) for number in range(3)]
    for _ in range(4):
        for place in range(3):
            for after in failed(uplink, dead[place], now):
                dead[[each.url for each in dead].index(after.url)] = after
        uplink.answered(feed(9).url, now + MINUTE)
        now += 30 * MINUTE
    assert all(state.failures >= 2 for state in dead)


@given(st.lists(st.tuples(st.integers(0, 8), st.booleans(), st.floats(0, 90)), max_size=60))
def test_nobody_is_excused_while_at_least_half_of_the_hosts_answer(looks: list[tuple[int, bool, float]]) -> None:
    """Compared with a plain recount of the last two minutes."""
    uplink, now = Uplink(), NOW
    latest: dict[int, tuple[datetime, bool]] = {}
    for number, missed, wait_s in looks:
        now += timedelta(seconds=wait_s)
        latest[number] = (now, missed)
        recent = [miss for at, miss in latest.values() if at > now - 2 * MINUTE]
        if missed:
            excused = uplink.failed(feed(number), NO_ROUTE, now)
            assert bool(excused) == planner.offline(sum(recent), len(recent))
        else:
            uplink.answered(feed(number).url, now)
