"""When a server's “not modified” is tested, and what counts as a lie."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from digest import planner
from digest.model import Entry, FeedDocument, FeedState, Fetched, Validators

NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
URL = "https://one.example/rss"
HELD, NONE = Validators('"1"', "Mon, 02 Mar 2026 06:00:00 GMT"), Validators()


def feed(gap: timedelta = 4 * HOUR) -> FeedState:
    """A feed with this rhythm that was last seen whole and with something new at NOW."""
    known = FeedState(URL, validators=HELD, gap_s=gap.total_seconds(), gaps_s=(gap.total_seconds(),) * 12)
    return replace(known, last_poll_at=NOW, last_success_at=NOW, last_new_at=NOW, last_full_at=NOW)


def answered(
    state: FeedState, now: datetime, *, status: int = 304, new: int = 0, sent: Validators = HELD, dated: datetime = NOW
) -> FeedState:
    document = FeedDocument("", None, None, (Entry("g", None, "t", published=dated),)) if new else None
    return planner.after_poll(
        state,
        Fetched(URL, URL, status, {}, b"", sent),
        document,
        new=new,
        body_hash=f"hash {now}" if new else "hash",
        settings=planner.Interval(),
        now=now,
        jitter=0.0,
    )


def life(server: object, days: int, gap: timedelta = 4 * HOUR) -> tuple[list[datetime], FeedState]:
    """Polls as the planner wants them; when it asked without conditions, and what is known in the end."""
    state, now, bare = feed(gap), NOW + HOUR, []
    while now < NOW + days * DAY:
        conditional = planner.validators(state, now) != NONE
        if not conditional:
            bare.append(now)
        state = server(state, now, conditional)
        assert state.next_poll_at is not None
        now = state.next_poll_at
    return bare, state


def test_validators_are_sent_as_long_as_the_feed_keeps_its_rhythm() -> None:
    assert planner.validators(feed(), NOW + 23 * HOUR) == HELD
    assert planner.validators(feed(gap=2 * DAY), NOW + 7 * DAY) == HELD
    assert planner.validators(replace(feed(), gap_s=None), NOW + 90 * DAY) == HELD, "no rhythm is known"


def test_only_304s_and_overdue_is_asked_without_conditions_once_a_day() -> None:
    silent = feed()
    assert planner.validators(silent, NOW + 25 * HOUR) == NONE
    seen = answered(silent, NOW + 25 * HOUR, status=200)
    assert planner.validators(seen, NOW + 48 * HOUR) == HELD
    assert planner.validators(seen, NOW + 25 * HOUR + 26 * HOUR) == NONE


def test_a_server_that_sends_bodies_needs_no_test() -> None:
    state = replace(feed(), last_full_at=NOW + 9 * DAY)
    assert planner.validators(state, NOW + 9 * DAY + 5 * HOUR) == HELD


def test_an_honest_server_of_a_feed_that_has_ended_is_tested_ever_more_rarely() -> None:
    def honest(state: FeedState, now: datetime, conditional: bool) -> FeedState:
        return answered(state, now, status=304 if conditional else 200)

    bare, state = life(honest, days=365)
    gaps = [(later - earlier) / DAY for earlier, later in pairwise(bare)]
    assert len(bare) <= 17
    assert gaps == sorted(gaps)
    assert gaps[-1] < 32
    assert state.lied_at is None


def test_a_server_that_always_says_304_is_found_out_within_two_days_and_then_tested_daily() -> None:
    """tt-rss: behind a broken cache, an ETag that never changes hides every new entry."""

    def liar(state: FeedState, now: datetime, conditional: bool) -> FeedState:
        return answered(state, now) if conditional else answered(state, now, status=200, new=6, dated=now)

    bare, state = life(liar, days=20)
    assert bare[0] - NOW <= 2 * DAY
    assert all(later - earlier <= 26 * HOUR for earlier, later in pairwise(bare))
    assert all(later - earlier >= DAY for earlier, later in pairwise(bare)), "at most once a day"
    assert state.lied_at is not None


def test_news_that_came_with_a_new_validator_since_the_last_look_are_no_lie() -> None:
    state = replace(feed(), last_poll_at=NOW + 30 * HOUR)
    honest = answered(state, NOW + 31 * HOUR, status=200, new=1, sent=Validators('"2"'), dated=NOW + 31 * HOUR)
    assert honest.lied_at is None
    hidden = answered(state, NOW + 31 * HOUR, status=200, new=1, sent=Validators('"2"'), dated=NOW + 20 * HOUR)
    assert hidden.lied_at == NOW + 31 * HOUR, "it was there when the server said 304"
    same = answered(state, NOW + 31 * HOUR, status=200, new=1, sent=HELD, dated=NOW + 31 * HOUR)
    assert same.lied_at == NOW + 31 * HOUR, "the validator would have hidden it again"


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 3)), max_size=40), st.floats(600, 30 * 86400))
def test_no_server_is_asked_without_conditions_twice_within_a_day(turns: list[tuple[bool, int]], gap_s: float) -> None:
    """Whatever it answers, and whenever it is asked."""
    state, now, last = feed(timedelta(seconds=gap_s)), NOW, NOW
    for honest, new in turns:
        bare = planner.validators(state, now) == NONE
        if bare:
            assert now - last >= DAY
            last = now
        status = 200 if bare or not honest else 304
        state = answered(state, now, status=status, new=new if status == 200 else 0, dated=now)
        last = now if status == 200 else last
        now += 5 * HOUR


def test_only_the_first_attempt_at_a_new_feed_is_made_without_patience() -> None:
    new = FeedState(url="https://a.example/rss")
    assert not planner.patient(new)
    assert planner.patient(replace(new, failures=1))
    assert planner.patient(replace(new, last_success_at=NOW))
