"""How feeds do, in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest import planner
from digest.model import FeedState, FeedWord

NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
URL = "https://one.example/rss"
READ = {"last_poll_at": NOW, "last_success_at": NOW, "next_poll_at": NOW + HOUR}


@pytest.mark.parametrize(
    ("facts", "word", "sentence"),
    [
        ({}, "new", "not polled yet"),
        (READ, "ok", "ok"),
        (READ | {"failures": 1, "last_error": "x refuses connections"}, "failing", "x refuses connections"),
        (READ | {"failures": 4, "last_error": "404"}, "failing", "404 (4 times in a row)"),
        (
            READ | {"failures": 2, "last_error": "x asks for fewer requests (429)", "last_status": 429},
            "rate-limited",
            "x asks for fewer requests (429); fewer feeds of this publisher or a longer `every:` would help",
        ),
        (READ | {"last_error": "no route"}, "offline", "we seem to be offline: no route"),
        (
            READ | {"stopped": True, "failures": 3, "gone_on": ("a", "b", "c"), "last_error": "410"},
            "gone",
            "gone: it answered 410 on three days, so it is polled no more; take it out of feeds.yaml",
        ),
        (
            READ | {"moved_to": "https://new.example/"},
            "moved",
            "moved to https://new.example/: change its URL in feeds.yaml",
        ),
        (
            READ | {"last_new_at": NOW - 9 * DAY, "gap_s": 4 * 3600.0},
            "silent",
            "nothing new for 9 days; it used to have something every 4 hours",
        ),
        (READ | {"last_new_at": NOW - 9 * DAY, "gap_s": 86400.0}, "ok", "ok"),
        (READ | {"last_new_at": NOW - 6 * DAY, "gap_s": 600.0}, "ok", "ok"),
        (
            READ | {"lied_at": NOW - DAY},
            "lying",
            "its server says “not modified” of what has changed, so it is asked for all of it once a day",
        ),
        (
            READ | {"lost_window_at": NOW - 3 * HOUR, "moved_to": "https://new.example/"},
            "gap",
            """entries may have been lost 3 hours ago: all that it showed was new; a shorter `every:` helps; \
moved to https://new.example/: change its URL in feeds.yaml""",
        ),
    ],
)
def test_a_feed_is_described_by_the_worst_that_is_true_of_it(
    facts: dict[str, object], word: str, sentence: str
) -> None:
    told = planner.health(FeedState(URL, **facts), NOW)
    assert (told.word, told.sentence) == (word, sentence)


def test_the_next_try_is_told_except_of_what_is_polled_no_more() -> None:
    assert planner.health(FeedState(URL, **READ), NOW).next_try == NOW + HOUR
    assert planner.health(FeedState(URL, **READ, stopped=True), NOW).next_try is None
    assert planner.health(None, NOW).word == FeedWord.NEW


def test_what_crashes_readers_is_told_as_such() -> None:
    state = FeedState(URL, **READ, failures=2, last_error="the worker process died of SIGSEGV")
    told = planner.health(state, NOW, quarantined=True)
    assert (told.word, told.sentence) == (
        "quarantined",
        "what it sends crashes the reader; tried again when that changes (the worker process died of SIGSEGV)",
    )


def test_what_is_forgotten_is_not_told() -> None:
    old = FeedState(URL, **READ, lost_window_at=NOW - 8 * DAY, lied_at=NOW - 31 * DAY)
    assert planner.health(old, NOW).word == FeedWord.OK


@pytest.mark.parametrize(
    ("time", "words"),
    [
        (timedelta(seconds=-5), "a moment"),
        (59 * timedelta(seconds=1), "a moment"),
        (MINUTE, "1 minute"),
        (119 * MINUTE, "119 minutes"),
        (2 * HOUR, "2 hours"),
        (47 * HOUR, "47 hours"),
        (48 * HOUR, "2 days"),
        (400 * DAY, "400 days"),
    ],
)
def test_spans_are_told_as_people_say_them(time: timedelta, words: str) -> None:
    assert planner.span(time) == words


maybe_when = st.none() | st.floats(-400, 400).map(lambda days: NOW + days * DAY)


@given(
    st.builds(
        FeedState,
        st.just(URL),
        next_poll_at=maybe_when,
        last_success_at=maybe_when,
        last_new_at=maybe_when,
        failures=st.integers(0, 99),
        last_error=st.none() | st.text(),
        last_status=st.none() | st.sampled_from([404, 410, 429, 503]),
        stopped=st.booleans(),
        gap_s=st.none() | st.floats(0, 1e8),
        lost_window_at=maybe_when,
        lied_at=maybe_when,
        moved_to=st.none() | st.just("https://new.example/"),
    ),
    st.booleans(),
)
def test_whatever_is_known_of_a_feed_can_be_told(state: FeedState, quarantined: bool) -> None:
    told = planner.health(state, NOW, quarantined=quarantined)
    assert told.sentence
    planner.remark(state, NOW - DAY, NOW)
    healthy = told.word in (FeedWord.OK, FeedWord.NEW)
    assert not (healthy and (state.failures or state.stopped or state.moved_to)), "nothing is passed over"
