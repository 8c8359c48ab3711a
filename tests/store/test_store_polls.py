"""What polls leave in the store."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_values import DAY, FEED, HOUR, NOW, OTHER, entry, known, poll, read, waiting

from digest.errors import StoreError
from digest.model import (
    HoldUpdate,
    HubState,
    NewEntry,
    PollHints,
    PollUpdate,
    PushUpdate,
    RetryUpdate,
    Subscription,
    SubscriptionUpdate,
    Validators,
)
from digest.model.packed import packed
from digest.store import Store


@pytest.fixture(autouse=True)
def _subscribed(store: Store) -> None:
    store.subscribe([FEED, OTHER], NOW)


def urls(states) -> list[str]:
    return [state.url for state in states]


def test_a_new_feed_is_due_at_once_and_a_polled_one_when_it_says(store: Store) -> None:
    assert urls(store.due(NOW)) == [FEED, OTHER]
    store.apply(poll(store))
    assert urls(store.due(NOW)) == [OTHER]
    assert urls(store.due(NOW + HOUR)) == [OTHER, FEED], "the longest overdue first"
    assert urls(store.due(NOW + HOUR, limit=1)) == [OTHER]


def test_a_feed_taken_out_keeps_its_history_but_is_not_polled_nor_read(store: Store) -> None:
    store.apply(poll(store, 1))
    store.subscribe([OTHER], NOW + HOUR)
    assert urls(store.due(NOW + DAY)) == urls(store.feeds()) == [OTHER]
    assert waiting(store, NOW + DAY) == []
    store.subscribe([OTHER, FEED], NOW + HOUR)
    assert urls(store.due(NOW + DAY)) == [OTHER, FEED]
    assert store.feed(FEED).validators == Validators('"1"')
    assert known(store, FEED, ["guid:guid-1"]) == {"guid:guid-1"}


def test_a_stopped_feed_is_subscribed_but_not_due(store: Store) -> None:
    store.apply(PollUpdate(replace(store.feed(FEED), stopped=True, failures=3), (), NOW))
    assert urls(store.due(NOW + DAY)) == [OTHER]
    assert urls(store.feeds()) == [FEED, OTHER]


def test_every_fact_of_a_feed_comes_back_as_it_went_in(store: Store) -> None:
    state = replace(
        store.feed(FEED),
        title="One 한국",
        site_url="https://one.example/",
        language="ko",
        validators=Validators('W/"caf\udce9"', "Mon, 02 Mar 2026 07:00:00 GMT"),
        validators_url="https://one.example/rss",
        body_hash="abc",
        hints=PollHints(3600.0, frozenset({0, 23}), frozenset({6}), "https://hub.example/", FEED),
        next_poll_at=NOW + HOUR,
        last_poll_at=NOW,
        last_success_at=NOW - HOUR,
        last_new_at=NOW - DAY,
        failures=2,
        last_error="503 Service Unavailable",
        gone_on=("2026-03-01", "2026-03-02"),
        stopped=True,
        gap_s=1234.5,
        gaps_s=(1.5, 2.5),
        lost_window_at=NOW,
    )
    store.apply(PollUpdate(state, (), NOW))
    assert store.feed(FEED) == state


def test_a_validator_is_saved_only_with_the_entries_it_vouches_for(store: Store) -> None:
    """When one entry can't be written, nothing of its poll is."""
    broken = NewEntry(entry(2, published="no date"), True)
    with pytest.raises(sa.exc.StatementError):
        store.apply(replace(poll(store), entries=(NewEntry(entry(1), True), broken)))
    assert store.feed(FEED).validators == Validators()
    assert known(store, FEED, ["guid:guid-1"]) == set()
    assert waiting(store, NOW) == []


def test_all_updates_of_one_call_are_written_or_none(store: Store) -> None:
    with pytest.raises(StoreError, match="no feed https://unknown"):
        store.apply(poll(store, 1), PollUpdate(replace(store.feed(OTHER), url="https://unknown.example/"), (), NOW))
    assert known(store, FEED, ["guid:guid-1"]) == set()


def test_a_poll_applied_twice_leaves_what_it_left_at_first(store: Store) -> None:
    update = poll(store, 1, 2)
    store.apply(update)
    first = waiting(store, NOW)
    store.apply(update)
    store.apply(update, update)
    assert waiting(store, NOW) == first
    assert [stored.entry for stored in first] == [entry(1), entry(2)]
    assert [stored.first_seen for stored in first] == [NOW, NOW]


def test_an_entry_with_any_known_key_is_the_same_entry_and_its_other_keys_are_learnt(store: Store) -> None:
    store.apply(poll(store, 1))
    moved = entry(1, url="https://one.example/new", keys=("guid:guid-1", "url:https://one.example/new"))
    store.apply(replace(poll(store), entries=(NewEntry(moved, True),)))
    assert len(waiting(store, NOW)) == 1
    regenerated = replace(moved, guid="fresh", keys=("guid:fresh", "url:https://one.example/new"))
    store.apply(replace(poll(store), entries=(NewEntry(regenerated, True),)))
    assert len(waiting(store, NOW)) == 1
    assert known(store, FEED, ["guid:fresh", "guid:guid-2"]) == {"guid:fresh"}


def test_two_entries_of_one_document_that_share_a_key_are_one(store: Store) -> None:
    twin = replace(entry(2), keys=("guid:guid-2", "url:https://one.example/1"))
    store.apply(replace(poll(store), entries=(NewEntry(entry(1), True), NewEntry(twin, True))))
    assert [stored.entry.title for stored in waiting(store, NOW)] == ["Entry 1"]
    assert known(store, FEED, ["guid:guid-2"]) == {"guid:guid-2"}


def test_further_keys_of_a_known_entry_are_learnt(store: Store) -> None:
    store.apply(poll(store, 1))
    store.apply(replace(poll(store), more_keys=(("guid:guid-1", "title:Entry 1"), ("guid:guid-1", "title:Entry 1"))))
    assert known(store, FEED, ["title:Entry 1"]) == {"title:Entry 1"}


def test_the_same_key_in_two_feeds_is_two_entries(store: Store) -> None:
    store.apply(poll(store, 1))
    assert known(store, OTHER, ["guid:guid-1"]) == set()
    store.apply(poll(store, 1, url=OTHER))
    assert [stored.feed for stored in waiting(store, NOW)] == [FEED, OTHER]


def test_an_entry_that_is_not_wanted_is_remembered_and_never_read(store: Store) -> None:
    store.apply(replace(poll(store), entries=(NewEntry(entry(1), False),)))
    assert waiting(store, NOW + DAY) == []
    store.apply(poll(store, 1))
    assert waiting(store, NOW + DAY) == []


def test_an_entry_without_keys_is_not_new_at_every_poll(store: Store) -> None:
    for _ in range(2):
        store.apply(replace(poll(store), entries=(NewEntry(entry(1, keys=()), True),)))
    assert len(waiting(store, NOW)) == 1


def test_many_keys_are_asked_for_at_once(store: Store) -> None:
    """A feed of 6,000 entries has more keys than a statement takes parameters."""
    new = tuple(NewEntry(entry(number), number == 0) for number in range(6_000))
    store.apply(replace(poll(store), entries=new))
    keys = [key for each in new for key in each.entry.keys]
    assert known(store, FEED, [*keys, "guid:unknown"]) == set(keys)


def test_text_that_no_database_takes_costs_one_character_not_the_poll(store: Store) -> None:
    """NUL, lone surrogates: replaced one for one, in titles as in content, urls and errors."""
    nasty = entry(1, title="a\0b\ud800c", summary="\0", guid="g\0\udfff", authors=("\ud83d",))
    update = replace(poll(store), entries=(NewEntry(nasty, True),))
    store.apply(replace(update, feed=replace(update.feed, title="\0\ud800", last_error="\0")))
    (stored,) = waiting(store, NOW)
    assert stored.entry.title.replace("\0", "\ufffd") == "a\ufffdb\ufffdc"
    assert store.feed(FEED).title == "\ufffd\ufffd"
    store.apply(read(stored.id, title="x\0y\ud800z", text="\0\ud800"))
    assert store.article_at(f"one.example/{stored.id}").title == "x\ufffdy\ufffdz"


def test_a_page_that_could_not_be_had_is_asked_for_again_not_before_its_time(store: Store) -> None:
    store.apply(poll(store, 1, 2))
    first, second = waiting(store, NOW)
    store.apply(RetryUpdate(first.id, NOW + HOUR))
    assert waiting(store, NOW) == [second]
    assert waiting(store, NOW + HOUR) == [second, replace(first, attempts=1)]
    assert store.entry(first.id) == replace(first, attempts=1)


def test_a_retry_does_not_bring_back_an_entry_that_was_read(store: Store) -> None:
    store.apply(poll(store, 1))
    (stored,) = waiting(store, NOW)
    store.apply(read(stored.id))
    store.apply(RetryUpdate(stored.id, NOW))
    assert waiting(store, NOW + DAY) == []


def test_threads_write_without_losing_anything(store: Store) -> None:
    feeds = [f"https://{number}.example/rss" for number in range(16)]
    store.subscribe(feeds, NOW)

    def work(url: str) -> int:
        for number in range(5):
            store.apply(poll(store, number, url=url))
            store.due(NOW)
        return len(known(store, url, [f"guid:guid-{number}" for number in range(5)]))

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, feeds)) == [5] * 16
    assert store.counts().entries == 80


def test_what_is_not_there_is_said_in_words(store: Store) -> None:
    with pytest.raises(StoreError, match="knows no feed https://unknown"):
        store.feed("https://unknown.example/")
    with pytest.raises(StoreError, match="knows no entry 99"):
        store.entry(99)
    with pytest.raises(StoreError, match="no parcel 99"):
        store.parcel(99)


@given(
    text=st.text(st.characters(exclude_categories=())),
    etag=st.text(st.characters(exclude_categories=())),
    when=st.datetimes(timezones=st.just(UTC)),
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_feed_says_can_be_stored_and_read_again(store: Store, text: str, etag: str, when: datetime) -> None:
    """Validators come back byte for byte, text as it was but for what no database takes."""
    store.apply(replace(poll(store, etag=etag), feed=replace(store.feed(FEED), validators=Validators(etag, text))))
    assert store.feed(FEED).validators == Validators(etag, text)
    said = entry(0, guid=text, title=text, content=text, published=when, keys=(text, etag))
    store.apply(replace(poll(store), entries=(NewEntry(said, True),)))
    assert known(store, FEED, [text, etag, "never"]) >= {text, etag}
    stored = waiting(store, NOW)[-1].entry
    if stored.keys == (text, etag):
        assert (stored.title, stored.content, stored.published) == (text, text, when)


def test_a_feed_held_back_is_not_due_before_its_time_and_a_later_time_stays(store: Store) -> None:
    store.apply(replace(poll(store, url=OTHER), feed=replace(store.feed(OTHER), next_poll_at=NOW + DAY)))
    store.apply(HoldUpdate({FEED: NOW + HOUR, OTHER: NOW + HOUR, "https://never.example/": NOW + HOUR}))
    assert (store.feed(FEED).next_poll_at, store.feed(OTHER).next_poll_at) == (NOW + HOUR, NOW + DAY)
    assert [state.url for state in store.due(NOW + HOUR)] == [FEED]
    store.apply(HoldUpdate({}))


def test_where_a_feed_has_moved_and_what_its_servers_word_is_worth_are_kept(store: Store) -> None:
    known = replace(
        store.feed(FEED),
        last_status=404,
        moved_to="https://new.example/1",
        moving_to="https://new.example/2",
        moving_since=NOW,
        last_full_at=NOW + HOUR,
        lied_at=NOW + DAY,
    )
    store.apply(PollUpdate(known, (), NOW))
    assert store.feed(FEED) == known


def test_subscriptions_with_hubs_are_kept_and_forgotten_with_the_feed_told(store: Store) -> None:
    held = Subscription(FEED, "https://hub.example/", FEED, "https://d.example/x", "secret", HubState.ASKED, NOW)
    store.apply(SubscriptionUpdate(held))
    active = replace(held, state=HubState.ACTIVE, lease_until=NOW + DAY, next_at=NOW + HOUR, failures=2)
    store.apply(SubscriptionUpdate(active))
    assert store.subscriptions() == [active]
    assert store.subscription("https://d.example/x") == active
    assert store.subscription("https://d.example/y") is None
    assert store.feed(FEED).pushed_until == NOW + DAY
    store.apply(poll(store))
    assert store.feed(FEED).pushed_until == NOW + DAY, "a poll does not change it"
    store.apply(PushUpdate(FEED, NOW, NOW + HOUR / 2))
    assert (store.feed(FEED).pushed_at, store.feed(FEED).next_poll_at) == (NOW, NOW + HOUR / 2)
    store.apply(PushUpdate(FEED, NOW, NOW + HOUR))
    assert store.feed(FEED).next_poll_at == NOW + HOUR / 2, "a push never makes later"
    store.apply(SubscriptionUpdate(replace(active, state=HubState.GONE)))
    assert store.subscriptions() == []
    assert store.feed(FEED).pushed_until is None


def test_a_push_during_a_poll_is_not_overtaken_by_it(store: Store) -> None:
    """The poll may have asked before the news were there: the feed is asked once more, a minute after it."""
    store.subscribe([FEED], NOW)
    before = store.feed(FEED)
    pushed = NOW + timedelta(seconds=5)
    store.apply(PushUpdate(FEED, pushed, pushed))
    polled = replace(before, last_poll_at=NOW + timedelta(seconds=6), next_poll_at=NOW + HOUR)
    store.apply(PollUpdate(polled, (), NOW))
    assert store.feed(FEED).next_poll_at == NOW + timedelta(seconds=66)
    store.apply(PollUpdate(replace(store.feed(FEED), next_poll_at=NOW + HOUR), (), NOW))
    assert store.feed(FEED).next_poll_at == NOW + HOUR, "the next poll knows of the push"


def test_a_feed_of_thousands_of_entries_comes_whole_with_its_validators_or_not_at_all(store: Store) -> None:
    """They are written in portions, but within one transaction."""

    def arriving(broken: bool) -> Iterator[NewEntry]:
        for number in range(2500):
            yield NewEntry(entry(number), number % 2 == 0)
        if broken:
            raise ValueError("the last portion can't be had")

    update = poll(store)
    with pytest.raises(ValueError, match="portion"):
        store.apply(replace(update, entries=arriving(broken=True)))
    assert known(store, FEED, ["guid:guid-0"]) == set()
    assert store.feed(FEED).validators == Validators()
    store.apply(replace(update, entries=packed(arriving(broken=False))))
    assert len(waiting(store, NOW)) == 1250, "the others are only remembered"
    assert len(known(store, FEED, [f"guid:guid-{number}" for number in range(6000)])) == 2500
    store.apply(replace(update, entries=packed(arriving(broken=False))))
    assert len(waiting(store, NOW)) == 1250
