"""When a feed is asked next."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest import planner
from digest.config import FeedConfig, PollSettings
from digest.errors import FetchError, ParseError, Paused
from digest.model import Entry, FeedDocument, FeedState, Fetched, PollHints, Validators
from digest.planner import Interval

NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)  # a Monday
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
URL = "https://one.example/rss"
NO_VALIDATORS, NO_HINTS, DEFAULT = Validators(), PollHints(), Interval()


def fetched(status: int = 200, validators: Validators = NO_VALIDATORS, **headers: str) -> Fetched:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Fetched(URL, f"{URL}.xml", status, named, b"", validators)


def document(entries: int = 3, hints: PollHints = NO_HINTS) -> FeedDocument:
    return FeedDocument("One", None, "en", tuple(Entry(f"g{n}", None, "t") for n in range(entries)), hints)


def polled(
    state: FeedState,
    answer: Fetched | None = None,
    parsed: FeedDocument | None = None,
    *,
    new: int = 0,
    now: datetime = NOW,
    settings: Interval = DEFAULT,
    jitter: float = 0.0,
    body_hash: str | None = "hash",
) -> FeedState:
    return planner.after_poll(
        state,
        answer or fetched(),
        parsed,
        new=new,
        body_hash=body_hash,
        settings=settings,
        now=now,
        jitter=jitter,
    )  # fmt: skip


def wait(state: FeedState, now: datetime = NOW) -> timedelta:
    assert state.next_poll_at is not None
    return state.next_poll_at - now


def seen(gap: timedelta, count: int = 12, silence: timedelta = timedelta()) -> FeedState:
    """A feed with this time between entries, silent for this long."""
    gaps = (gap.total_seconds(),) * count
    last = NOW - silence
    return FeedState(URL, last_poll_at=NOW - HOUR, last_success_at=NOW - HOUR, last_new_at=last, gaps_s=gaps)


# --- interval -----------------------------------------------------------------------------------


def test_a_feed_of_unknown_rhythm_is_asked_as_often_as_configured() -> None:
    assert wait(polled(FeedState(URL), parsed=document(), new=3)) == HOUR
    assert wait(polled(FeedState(URL), settings=Interval(every_s=7200))) == 2 * HOUR


@pytest.mark.parametrize(
    ("gap", "expected"),
    [(10 * MINUTE, HOUR), (2 * HOUR, HOUR), (10 * HOUR, 5 * HOUR), (3 * DAY, DAY)],
)
def test_a_feed_is_asked_twice_in_the_median_time_between_its_entries_within_floor_and_ceiling(
    gap: timedelta, expected: timedelta
) -> None:
    state = polled(seen(gap), parsed=document())
    assert wait(state) == expected
    assert state.gap_s == gap.total_seconds()


def test_the_floor_falls_only_for_every_or_for_max_age_and_never_below_ten_minutes() -> None:
    busy = seen(2 * MINUTE)
    assert wait(polled(busy, settings=Interval(every_s=1200))) == 20 * MINUTE
    assert wait(polled(busy, fetched(cache_control="max-age=1500"))) == 25 * MINUTE
    assert wait(polled(busy, fetched(cache_control="max-age=60"))) == 10 * MINUTE
    assert wait(polled(busy, settings=Interval(every_s=60))) == 10 * MINUTE
    quiet = seen(10 * HOUR)
    assert wait(polled(quiet, fetched(cache_control="max-age=1500"))) == 5 * HOUR, "its rhythm needs no more"


def test_an_owner_who_names_an_interval_for_one_feed_is_taken_at_his_word() -> None:
    fixed = Interval(every_s=900, adaptive=False)
    for state in (FeedState(URL), seen(10 * HOUR), seen(MINUTE)):
        assert wait(polled(state, settings=fixed)) == 15 * MINUTE
    assert wait(polled(seen(MINUTE), settings=Interval(every_s=2 * 86400, adaptive=False))) == 2 * DAY
    assert wait(polled(seen(MINUTE), settings=Interval(every_s=60, adaptive=False))) == 10 * MINUTE


def test_the_configuration_becomes_an_interval() -> None:
    poll = PollSettings.model_validate({"every": "2h", "floor": "90m", "ceiling": "12h"})
    assert Interval.of(poll, FeedConfig.model_validate({"url": URL})) == Interval(7200, 5400, 43200)
    named = FeedConfig.model_validate({"url": URL, "every": "15m"})
    assert Interval.of(poll, named) == Interval(900, 5400, 43200, adaptive=False)


def test_entries_that_come_together_count_as_evenly_spread() -> None:
    """A paper that publishes 24 entries once a day is asked hourly, not twice a day."""
    state = seen(DAY, silence=DAY)
    state = polled(state, parsed=document(30), new=24)
    assert state.gap_s == 3600
    assert wait(state) == HOUR


def test_a_feed_falls_silent_step_by_step() -> None:
    busy = seen(10 * MINUTE)
    waits = [wait(polled(replace(busy, last_new_at=NOW - silence))) for silence in (DAY, 3 * DAY, 7 * DAY, 60 * DAY)]
    assert waits == [HOUR, 3 * HOUR, 7 * HOUR, DAY]


def test_a_feed_that_was_silent_and_speaks_again_is_asked_often_again() -> None:
    state = polled(seen(4 * DAY, silence=20 * DAY), parsed=document(20), new=12)
    assert wait(state) == 20 * HOUR
    for _ in range(12):
        later = state.next_poll_at
        state = polled(state, parsed=document(20), new=1, now=later)
    assert wait(state, later) <= 10 * HOUR


def test_the_first_poll_says_nothing_about_the_rhythm() -> None:
    state = polled(FeedState(URL), parsed=document(20), new=20)
    assert (state.gap_s, state.gaps_s, state.last_new_at) == (None, (), NOW)


# --- the server's wishes ------------------------------------------------------------------------


def test_the_longest_wish_counts_and_at_most_a_day_of_it() -> None:
    busy = seen(2 * MINUTE)
    two, three = fetched(cache_control="public, max-age=7200"), PollHints(ttl_s=3 * 3600)
    assert wait(polled(busy, two)) == 2 * HOUR
    assert wait(polled(busy, two, document(hints=three))) == 3 * HOUR
    assert wait(polled(replace(busy, hints=three), two)) == 3 * HOUR, "a 304 repeats no ttl, so the last one counts"
    assert wait(polled(busy, fetched(cache_control="max-age=31536000"))) == DAY
    assert wait(polled(busy, parsed=document(hints=PollHints(ttl_s=1e9)))) == DAY
    assert wait(polled(busy, two, settings=Interval(every_s=900, adaptive=False))) == 2 * HOUR


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"cache-control": "max-age=600"}, 600),
        ({"cache-control": "Public,MAX-AGE=600"}, 600),
        ({"cache-control": 'max-age="600"'}, 600),
        ({"cache-control": "max-age=600", "age": "100"}, 500),
        ({"cache-control": "max-age=600", "age": "100000"}, 0),
        ({"cache-control": "max-age=600", "age": "a while"}, 600),
        ({"cache-control": "s-maxage=600"}, None),
        ({"cache-control": "no-cache, max-age=600"}, None),
        ({"cache-control": "no-store"}, None),
        ({"cache-control": "max-age=-1"}, None),
        ({"cache-control": "max-age=99999999999999999999"}, 9_999_999_999),
        ({"expires": "Mon, 02 Mar 2026 08:00:00 GMT"}, 3600),
        ({"expires": "Mon, 02 Mar 2026 08:00:00 GMT", "date": "Mon, 02 Mar 2026 07:30:00 GMT"}, 1800),
        ({"expires": "Mon, 02 Mar 2026 06:00:00 GMT"}, 0),
        ({"expires": "Mon, 02 Mar 2026 08:00:00 GMT", "cache-control": "max-age=60"}, 60),
        ({"expires": "0"}, None),
        ({"expires": "-1"}, None),
        ({"expires": "Mon, 99 Mar 99999 08:00:00 GMT"}, None),
    ],
)
def test_freshness_is_read_as_rfc_9111_says(headers: dict[str, str], expected: float | None) -> None:
    assert planner.freshness_s(headers, NOW) == expected


def test_hours_and_days_to_be_spared_are_spared() -> None:
    hints = PollHints(skip_hours=frozenset({8, 9, 10}))
    state = polled(FeedState(URL), parsed=document(hints=hints))
    assert state.next_poll_at == NOW + 4 * HOUR
    assert polled(FeedState(URL), parsed=document(hints=hints), jitter=0.5).next_poll_at == NOW + 4 * HOUR + 5 * MINUTE
    friday = NOW + 4 * DAY + 16 * HOUR + 30 * MINUTE
    weekend = PollHints(skip_days=frozenset({5, 6}))
    state = polled(FeedState(URL), parsed=document(hints=weekend), now=friday)
    assert state.next_poll_at == NOW + 7 * DAY - 7 * HOUR, "Monday at 00:00 UTC"


def test_a_feed_that_leaves_no_hour_is_not_listened_to() -> None:
    for hints in (PollHints(skip_hours=frozenset(range(24))), PollHints(skip_days=frozenset(range(7)))):
        assert wait(polled(FeedState(URL), parsed=document(hints=hints))) == HOUR


# --- what a poll leaves -------------------------------------------------------------------------


def test_a_success_forgives_all_failures() -> None:
    failing = FeedState(URL, failures=5, last_error="503", gone_on=("2026-03-01",))
    state = polled(failing)
    assert (state.failures, state.last_error, state.gone_on, state.stopped) == (0, None, (), False)
    assert (state.last_poll_at, state.last_success_at) == (NOW, NOW)


def test_what_the_document_says_of_itself_is_kept_and_a_304_changes_none_of_it() -> None:
    hints = PollHints(ttl_s=60)
    state = polled(FeedState(URL), parsed=replace(document(hints=hints), site_url="https://one.example/"))
    assert (state.title, state.site_url, state.language, state.hints) == ("One", "https://one.example/", "en", hints)
    again = polled(state, fetched(304), None, body_hash=None)
    assert (again.title, again.site_url, again.language, again.hints) == ("One", "https://one.example/", "en", hints)
    assert again.body_hash == "hash"


def test_new_validators_are_kept_also_with_a_known_body_and_a_304_may_leave_them_out() -> None:
    held = FeedState(URL, validators=Validators('"1"', "Mon"))
    assert polled(held, fetched(200, Validators('"2"'))).validators == Validators('"2"', None)
    assert polled(held, fetched(200)).validators == Validators(), "never sent again when the server stopped using them"
    assert polled(held, fetched(304)).validators == Validators('"1"', "Mon")
    assert polled(held, fetched(304, Validators('"3"'))).validators == Validators('"3"', "Mon")
    assert polled(held).validators_url == f"{URL}.xml"
    assert planner.validators(held, NOW) == Validators('"1"', "Mon")


def test_a_poll_without_overlap_is_a_lost_window_and_the_interval_shrinks() -> None:
    busy = replace(seen(8 * HOUR), last_poll_at=NOW - 4 * HOUR)
    state = polled(busy, parsed=document(5), new=5)
    assert state.lost_window_at == NOW
    assert wait(state) == 2 * HOUR
    assert polled(busy, parsed=document(5), new=4).lost_window_at is None
    assert polled(FeedState(URL), parsed=document(5), new=5).lost_window_at is None, "the first poll lost nothing"
    assert polled(busy, parsed=document(1), new=1).lost_window_at is None, "a feed of one entry never overlaps"
    assert polled(state, parsed=document(5), now=NOW + HOUR).lost_window_at == NOW, "and it is remembered"


# --- failures -----------------------------------------------------------------------------------


def failed(state: FeedState, error: Exception, now: datetime = NOW, jitter: float = 0.0) -> FeedState:
    return planner.after_failure(state, error, now=now, jitter=jitter)


def test_a_feed_that_fails_is_asked_ever_more_rarely_but_never_given_up() -> None:
    state, waits = FeedState(URL, validators=Validators('"1"')), []
    for _ in range(30):
        state = failed(state, FetchError("404 Not Found", retryable=False, status=404))
        waits.append(wait(state))
    assert waits[:4] == [30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR]
    assert waits[-1] == 7 * DAY
    assert (state.failures, state.last_error, state.stopped) == (30, "404 Not Found", False)
    assert state.validators == Validators('"1"')


@pytest.mark.parametrize("error", [FetchError("timeout"), FetchError("502", status=502), FetchError("429", status=429)])
def test_a_temporary_failure_is_looked_at_daily(error: FetchError) -> None:
    assert wait(failed(FeedState(URL, failures=40), error)) == DAY


@pytest.mark.parametrize("error", [ParseError("no feed"), FetchError("403", status=403)])
def test_a_lasting_failure_is_looked_at_weekly(error: Exception) -> None:
    assert wait(failed(FeedState(URL, failures=40), error)) == 7 * DAY


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_heeded_up_to_seven_days(status: int) -> None:
    def after(seconds: float, failures: int = 0) -> timedelta:
        error = FetchError("later", status=status, retry_after_s=seconds)
        return wait(failed(FeedState(URL, failures=failures), error))

    assert after(7200) == 2 * HOUR
    assert after(3 * 86400) == 3 * DAY
    assert after(30 * 86400) == 7 * DAY
    assert after(5) == 30 * MINUTE, "our own backoff is longer"
    assert after(7200, failures=4) == 8 * HOUR


def test_too_many_requests_without_a_time_is_one_to_two_hours() -> None:
    error = FetchError("429", status=429)
    assert wait(failed(FeedState(URL), error)) == HOUR
    assert wait(failed(FeedState(URL), error, jitter=0.5)) == 1.5 * HOUR


def test_a_feeds_title_is_kept_as_long_as_a_name_may_be() -> None:
    """One of a million letters would fill every table and the footer of every digest."""
    assert polled(FeedState(URL), parsed=replace(document(), title=1_000_000 * "T")).title == 200 * "T"
    assert polled(FeedState(URL, title="One"), parsed=replace(document(), title="")).title == "One"


def test_a_feed_that_waits_for_its_publishers_pause_is_not_failing_and_is_asked_after_it() -> None:
    """With half an hour's backoff and more, twenty feeds of one busy publisher would look broken by turns."""
    state = replace(FeedState(URL), failures=0, last_success_at=NOW - HOUR)
    error = Paused("one.example asked for a pause", status=429, retry_after_s=120)
    after = failed(state, error, jitter=0.5)
    assert after == replace(state, next_poll_at=NOW + 7 * MINUTE)
    assert not planner.hold(error, URL, [URL, "https://one.example/2"], lambda _url: "one.example", NOW).until


def test_a_pause_holds_the_publishers_other_feeds_a_minute_apart_and_seven_days_at_most() -> None:
    sisters = ["https://one.example/2", "https://One.Example/3"]

    def publisher(url: str) -> str:
        return url.split("/")[2].lower()

    def held(error: Exception) -> dict[str, datetime]:
        return dict(planner.hold(error, URL, [URL, *sisters, "https://two.example/"], publisher, NOW).until)

    pause = FetchError("429", status=429, retry_after_s=3600)
    assert held(pause) == {sisters[0]: NOW + HOUR + MINUTE, sisters[1]: NOW + HOUR + 2 * MINUTE}
    assert held(FetchError("503", status=503, retry_after_s=1e9))[sisters[0]] == NOW + 7 * DAY + MINUTE
    for other in (FetchError("429", status=429), FetchError("500", status=500, retry_after_s=60), ParseError("HTML")):
        assert not held(other)


def test_gone_on_three_different_days_stops_a_feed() -> None:
    gone = FetchError("410 Gone", retryable=False, status=410)
    state = FeedState(URL)
    for now in (NOW, NOW + HOUR, NOW + DAY, NOW + DAY + HOUR):
        state = failed(state, gone, now)
        assert not state.stopped
        assert wait(state, now) >= DAY
    state = failed(state, FetchError("500", status=500), NOW + 2 * DAY)
    assert len(state.gone_on) == 2
    state = failed(state, gone, NOW + 3 * DAY)
    assert state.stopped
    assert state.gone_on == ("2026-03-02", "2026-03-03", "2026-03-05")


def test_a_feed_that_comes_back_in_between_is_not_gone() -> None:
    gone = FetchError("410 Gone", retryable=False, status=410)
    state = failed(failed(FeedState(URL), gone), gone, NOW + DAY)
    state = failed(polled(state, now=NOW + 2 * DAY), gone, NOW + 3 * DAY)
    assert state.gone_on == ("2026-03-05",)
    assert not state.stopped


def test_when_most_hosts_fail_at_once_we_are_offline_and_nothing_is_counted() -> None:
    assert planner.offline(failed_hosts=10, asked_hosts=11)
    assert not planner.offline(failed_hosts=5, asked_hosts=10)
    assert not planner.offline(failed_hosts=2, asked_hosts=2), "too few to tell"
    state = planner.after_offline(FeedState(URL, failures=1), FetchError("no route"), now=NOW, jitter=0.0)
    assert (state.failures, state.last_poll_at, wait(state)) == (1, NOW, 10 * MINUTE)


# --- whatever happens ---------------------------------------------------------------------------

seconds = st.floats(0, 1e9)
jitters = st.floats(0, 1, exclude_max=True)
settings_ = st.builds(
    Interval,
    every_s=st.floats(1, 86400),
    floor_s=st.floats(1, 86400),
    ceiling_s=st.floats(60, 86400),
    adaptive=st.booleans(),
)
states = st.builds(
    lambda gaps, silence, ttl, failures: FeedState(
        URL,
        last_poll_at=NOW - HOUR,
        last_new_at=None if silence is None else NOW - timedelta(seconds=silence),
        hints=PollHints(ttl_s=ttl),
        gaps_s=tuple(gaps),
        failures=failures,
    ),
    st.lists(seconds, max_size=12),
    st.none() | seconds,
    st.none() | seconds,
    st.integers(0, 10_000),
)


@given(state=states, settings=settings_, jitter=jitters, new=st.integers(0, 50), max_age=st.integers(0, 10**10))
def test_a_feed_that_answers_is_never_asked_within_ten_minutes_nor_later_than_in_a_day(
    state: FeedState, settings: Interval, jitter: float, new: int, max_age: int
) -> None:
    after = polled(
        state,
        fetched(cache_control=f"max-age={max_age}"),
        document(60, state.hints),
        new=new,
        settings=settings,
        jitter=jitter,
    )
    assert 10 * MINUTE <= wait(after) <= DAY
    assert len(after.gaps_s) <= 12


@given(
    state=states,
    jitter=jitters,
    status=st.sampled_from([None, 401, 403, 404, 410, 429, 500, 503]),
    retry_after_s=st.none() | st.floats(0, 1e12),
    retryable=st.booleans(),
)
def test_a_feed_that_fails_is_never_asked_within_thirty_minutes_nor_later_than_in_seven_days(
    state: FeedState, jitter: float, status: int | None, retry_after_s: float | None, retryable: bool
) -> None:
    error = FetchError("no", status=status, retry_after_s=retry_after_s, retryable=retryable)
    assert 30 * MINUTE <= wait(failed(state, error, jitter=jitter)) <= 7 * DAY


@given(
    hours=st.frozensets(st.integers(0, 23)),
    days=st.frozensets(st.integers(0, 6)),
    jitter=jitters,
    minutes=st.integers(0, 10_000),
)
def test_no_poll_falls_into_a_spared_hour_unless_every_hour_is_one(
    hours: frozenset[int], days: frozenset[int], jitter: float, minutes: int
) -> None:
    now = NOW + minutes * MINUTE
    hints = PollHints(skip_hours=hours, skip_days=days)
    after = polled(FeedState(URL), parsed=document(hints=hints), now=now, jitter=jitter).next_poll_at
    assert after - now <= 7 * DAY + HOUR
    spared = after.hour in hours or after.weekday() in days
    assert spared == (len(hours) == 24 or len(days) == 7)


def test_jitter_only_makes_later() -> None:
    assert wait(polled(FeedState(URL), jitter=0.999)) > HOUR
    assert wait(polled(FeedState(URL), jitter=0.999)) < 1.1 * HOUR
