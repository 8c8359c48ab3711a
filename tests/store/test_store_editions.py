"""Articles, matches, editions and the outbox."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from store_values import DAY, FEED, HOUR, NOW, OTHER, edition, entry, flag, match, parcel, poll, read, waiting

from digest.errors import Stale, StoreError
from digest.model import (
    Article,
    DigestState,
    Enclosure,
    FailingFeed,
    HurryUpdate,
    NewEntry,
    ParcelState,
    ParcelUpdate,
    PollUpdate,
    Window,
)
from digest.store import Store


@pytest.fixture(autouse=True)
def _subscribed(store: Store) -> None:
    store.subscribe({FEED: "The One", OTHER: ""}, NOW)


def test_an_article_and_its_matches_come_back_as_they_went_in(store: Store) -> None:
    store.apply(poll(store, 1))
    article = Article(
        url="https://one.example/1",
        title="talks resume",
        text="북한 대표단\n\nText",
        authors=("A. Writer", "B. Writer"),
        published=datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=9))),
        modified=NOW,
        language="ko",
        site="One",
        description="d",
        lead="북한",
        complete=False,
        error="cut off",
    )
    store.apply(replace(read(1, match("a"), match("b", -2)), article=article))
    first, second = store.pending(store.digest_state("daily", NOW), ["a", "b"])
    assert (first.article, first.match, second.match) == (article, match("a"), match("b", -2))
    assert first.article.published.tzinfo is UTC
    assert (first.feed, first.feed_name, first.entry_id, first.guid) == (FEED, "The One", 1, "guid-1")
    assert first.first_seen == NOW
    assert waiting(store, NOW + DAY) == []


def test_a_feed_goes_by_its_configured_name_else_by_its_title_else_by_its_url(store: Store) -> None:
    store.apply(poll(store, 1, url=OTHER))
    store.apply(read(1, match()))
    daily = store.digest_state("daily", NOW)
    assert store.pending(daily, ["korea"])[0].feed_name == OTHER
    store.apply(PollUpdate(replace(store.feed(OTHER), title="Two"), (), NOW))
    assert store.pending(daily, ["korea"])[0].feed_name == "Two"
    store.subscribe({OTHER: "Second"}, NOW)
    assert store.pending(daily, ["korea"])[0].feed_name == "Second"


def test_the_picture_that_a_feed_names_is_read_only_when_it_is_asked_for(store: Store) -> None:
    picture = Enclosure("https://one.example/a.jpg", "image/jpeg")
    pictured = NewEntry(entry(1, enclosures=(Enclosure("https://one.example/a.mp3", "audio/mpeg"), picture)), True)
    store.apply(replace(poll(store), entries=(pictured,)))
    store.apply(read(1, match()))
    daily = store.digest_state("daily", NOW)
    assert [it.image for it in store.pending(daily, ["korea"])] == [None]
    assert [it.image for it in store.pending(daily, ["korea"], images=True)] == [picture.url]


def test_an_article_applied_twice_is_one_article_with_one_match_a_topic(store: Store) -> None:
    pending = flag(store, 1)
    store.apply(read(1, match()))
    store.apply(read(1, match(), match("football")))
    daily = store.digest_state("daily", NOW)
    assert store.pending(daily, ["korea"]) == pending
    assert len(store.pending(daily, ["korea", "football"])) == 2, "the same text judged by one more topic"


def test_who_reads_an_entry_first_is_right_since_hits_are_slices_of_that_text(store: Store) -> None:
    flag(store, 1)
    store.apply(read(1, match("football"), title="another extraction"))
    assert store.pending(store.digest_state("daily", NOW), ["football"]) == []
    assert store.article_at("one.example/1").title == "talks resume"


def test_the_same_page_read_through_another_feed_is_found_the_complete_one_first(store: Store) -> None:
    assert store.article_at("one.example/same") is None
    store.apply(poll(store, 1, 2, 3))
    for number, complete in ((1, False), (2, True), (3, False)):
        update = read(number, complete=complete, title=f"talks {number}")
        store.apply(replace(update, canonical_url="one.example/same"))
    assert store.article_at("one.example/same").title == "talks 2"


def test_a_page_is_found_by_its_address_however_long_that_is(store: Store) -> None:
    """PostgreSQL's B-trees refuse 2,705 bytes, and one link of a hostile feed would end the service each time."""
    long = f"one.example/{''.join(f'{number:x}' for number in range(3_000))}"
    store.apply(poll(store, 1))
    store.apply(replace(read(1), canonical_url=long))
    assert store.article_at(long).title == "talks resume"


def test_articles_are_handed_out_by_when_they_were_first_seen(store: Store) -> None:
    store.apply(poll(store, *range(250), now=NOW))
    store.apply(poll(store, *range(250, 500), now=NOW + DAY))
    store.apply(*[read(stored.id) for stored in waiting(store, NOW + DAY)])
    assert [each.entry_id for each in store.articles(NOW)] == list(range(1, 501))
    late = list(store.articles(NOW + HOUR))
    assert [each.entry_id for each in late] == list(range(251, 501))
    assert (late[0].feed, late[0].feed_name, late[0].first_seen) == (FEED, "The One", NOW + DAY)


def test_a_digest_is_known_since_it_was_first_asked_for(store: Store) -> None:
    assert store.digest_state("daily", NOW) == DigestState("daily", NOW)
    assert store.digest_state("daily", NOW + DAY) == DigestState("daily", NOW)


def test_a_digest_that_is_added_looks_back_a_week_and_not_over_years(store: Store) -> None:
    """Else its first months would be old news, the best of many years first."""
    for day, number in ((-400, 1), (-8, 2), (-6, 3), (0, 4)):
        store.apply(poll(store, number, now=NOW + day * DAY))
        store.apply(replace(read(number, match()), now=NOW + day * DAY))
    added = store.digest_state("weekly", NOW)
    assert [flagged.entry_id for flagged in store.pending(added, ["korea"])] == [3, 4]
    alert = store.digest_state("alert.korea", NOW, from_now_on=True)
    assert store.pending(alert, ["korea"]) == []


def test_pending_is_what_came_since_and_what_was_carried_in_the_order_of_insertion(store: Store) -> None:
    one, two, three = flag(store, 1, 2, 3)
    store.apply(edition(two, carried=(one.match_id,), high_water=three.match_id))
    daily = store.digest_state("daily", NOW)
    assert daily == DigestState("daily", NOW, NOW + DAY, three.match_id, (one.match_id,))
    assert store.pending(daily, ["korea"]) == [one]
    *_, four = flag(store, 4)
    assert store.pending(daily, ["korea"]) == [one, four]
    assert store.pending(daily, ["football"]) == []
    assert store.pending(daily, []) == []


def test_an_edition_is_written_once_with_all_its_parcels(store: Store) -> None:
    """A second edition of the same window, whatever it holds, changes nothing."""
    one, two = flag(store, 1, 2)
    store.apply(edition(one, recipients=("a@example.org", "b@example.org")))
    store.apply(edition(one, two, recipients=("c@example.org",)))
    stored = store.outbox([ParcelState.READY])
    assert [each.recipient for each in stored] == ["a@example.org", "b@example.org"]
    assert store.digest_state("daily", NOW).high_water == one.match_id
    whole = replace(parcel("a@example.org"), id=stored[0].id, edition=stored[0].edition, created_at=NOW)
    assert store.parcel(stored[0].id) == whole
    assert stored[0] == replace(whole, raw=b"", html="", text="", data="")


def test_an_edition_composed_before_another_was_made_is_not_mailed_as_well(store: Store) -> None:
    """`digest send` beside a service that skips missed slots: their windows begin at different times."""
    (one,) = flag(store, 1)
    store.digest_state("daily", NOW)
    store.apply(edition(one, window=Window(NOW, NOW + 3 * DAY)))
    store.apply(edition(one, window=Window(NOW + DAY, NOW + 2 * DAY)))
    assert len(store.outbox(list(ParcelState))) == 1
    assert store.digest_state("daily", NOW).window_end == NOW + 3 * DAY


def test_an_edition_without_parcels_only_closes_its_window(store: Store) -> None:
    store.digest_state("daily", NOW)
    store.apply(edition(recipients=()))
    assert store.digest_state("daily", NOW) == DigestState("daily", NOW, NOW + DAY)
    assert store.outbox(list(ParcelState)) == []
    assert store.counts().editions == 1


def test_a_high_water_mark_never_falls(store: Store) -> None:
    *_, three = flag(store, 1, 2, 3)
    store.apply(edition(three))
    store.apply(edition(window=Window(NOW + DAY, NOW + 2 * DAY)))
    daily = store.digest_state("daily", NOW)
    assert (daily.high_water, daily.window_end) == (three.match_id, NOW + 2 * DAY)


def test_an_edition_for_a_digest_never_asked_for_is_kept_too(store: Store) -> None:
    (one,) = flag(store, 1)
    update = edition(one)
    store.apply(replace(update, digest=replace(update.digest, id="weekly")))
    assert store.digest_state("weekly", NOW + DAY) == DigestState("weekly", NOW, NOW + DAY, one.match_id)


def test_a_parcel_goes_through_its_states_and_keeps_the_last_word(store: Store) -> None:
    store.apply(edition(*flag(store, 1)))
    (ready,) = store.outbox([ParcelState.READY], due_by=NOW)
    store.apply(ParcelUpdate(ready.id, ParcelState.SENDING, NOW, attempts=1))
    assert store.outbox([ParcelState.READY]) == []
    store.apply(ParcelUpdate(ready.id, ParcelState.READY, NOW, reply="451 later", next_attempt_at=NOW + HOUR))
    assert store.outbox([ParcelState.READY], due_by=NOW) == []
    (waiting,) = store.outbox([ParcelState.READY], due_by=NOW + HOUR)
    assert waiting == replace(ready, attempts=1, reply="451 later", next_attempt_at=NOW + HOUR)
    store.apply(ParcelUpdate(ready.id, ParcelState.SENDING, NOW, attempts=2))
    store.apply(ParcelUpdate(ready.id, ParcelState.DATA_SENT, NOW))
    store.apply(ParcelUpdate(ready.id, ParcelState.SENT, NOW, reply="250 ok"))
    (sent,) = store.outbox([ParcelState.SENT])
    assert sent == replace(ready, state=ParcelState.SENT, attempts=2, reply="250 ok")
    assert store.counts().outbox == {ParcelState.SENT: 1}
    with pytest.raises(StoreError, match="no parcel 99"):
        store.apply(ParcelUpdate(99, ParcelState.SENT, NOW))


def test_a_parcel_moves_from_the_state_it_was_seen_in_or_not_at_all(store: Store, store_url: str) -> None:
    """Of a service that begins to send and somebody who drops it at that moment, one is told to look again."""
    store.apply(edition(*flag(store, 1)))
    (ready,) = store.outbox([ParcelState.READY])
    taken = ParcelUpdate(ready.id, ParcelState.SENDING, NOW, attempts=1, seen=ParcelState.READY)
    dropped = ParcelUpdate(ready.id, ParcelState.DROPPED, NOW, seen=ParcelState.READY)
    with Store.open(store_url, lock=False) as other:
        store.apply(taken)
        for late in (dropped, taken):
            with pytest.raises(Stale):
                other.apply(late)
        assert store.parcel(ready.id).state is ParcelState.SENDING
        store.apply(ParcelUpdate(ready.id, ParcelState.READY, NOW, "451 later"))
        other.apply(dropped)
        with pytest.raises(Stale):
            store.apply(taken)
        store.apply(ParcelUpdate(ready.id, ParcelState.READY, NOW, "not reached"), HurryUpdate(NOW))
        assert store.parcel(ready.id).state is ParcelState.DROPPED, "nothing revives it in passing"
        other.apply(replace(taken, state=ParcelState.READY, seen=ParcelState.DROPPED))
    assert store.parcel(ready.id).state is ParcelState.READY


def test_of_two_that_move_a_parcel_at_once_exactly_one_is_told_that_it_did(store: Store, store_url: str) -> None:
    """Two connections, started together, time after time: one wins, the other is told, the state is the winner's."""
    store.apply(edition(*flag(store, 1)))
    (ready,) = store.outbox([ParcelState.READY])
    begin = threading.Barrier(2)

    def move(by: Store, state: ParcelState) -> ParcelState | None:
        begin.wait()
        try:
            by.apply(ParcelUpdate(ready.id, state, NOW, seen=ParcelState.READY))
        except Stale:
            return None
        return state

    with Store.open(store_url, lock=False) as other, ThreadPoolExecutor(2) as threads:
        for _ in range(25):
            asked = [(store, ParcelState.SENDING), (other, ParcelState.DROPPED)]
            won = [state for state in threads.map(lambda each: move(*each), asked) if state]
            now = store.parcel(ready.id).state
            assert won == [now]
            store.apply(ParcelUpdate(ready.id, ParcelState.READY, NOW, seen=now))


GONE = "gone: it answered 410 on three days, so it is polled no more; take it out of feeds.yaml"


def test_coverage_tells_quiet_from_broken(store: Store) -> None:
    with_password = "https://user:secret@three.example/rss"
    store.subscribe({FEED: "The One", OTHER: "", with_password: ""}, NOW)
    store.apply(poll(store, 1, 2))
    store.apply(read(1), read(2, complete=False))
    broken = replace(store.feed(OTHER), title="Two", failures=2, last_error="503", next_poll_at=NOW + HOUR)
    gone = replace(store.feed(with_password), stopped=True, last_error="410 Gone")
    store.apply(PollUpdate(broken, (), NOW), PollUpdate(gone, (), NOW))
    store.apply(PollUpdate(replace(store.feed(FEED), lost_window_at=NOW), (), NOW))

    coverage = store.coverage(Window(NOW - DAY, NOW), NOW)
    assert (coverage.feeds, coverage.polled, coverage.entries, coverage.incomplete) == (3, 1, 2, 1)
    assert coverage.gaps == ("The One",)
    assert coverage.failing == (
        FailingFeed(OTHER, "Two", "503 (2 times in a row)", NOW + HOUR),
        FailingFeed("https://three.example/rss", "https://three.example/rss", GONE, None),
    )
    assert coverage.notices == ()
    later = store.coverage(Window(NOW + HOUR, NOW + DAY), NOW + DAY)
    assert (later.polled, later.entries, later.incomplete, later.gaps) == (0, 0, 0, ())
    assert len(later.failing) == 2


def test_a_feed_that_was_not_due_in_a_short_window_counts_as_read(store: Store) -> None:
    store.subscribe({FEED: "The One"}, NOW)
    answered = replace(store.feed(FEED), last_success_at=NOW, next_poll_at=NOW + HOUR)
    store.apply(PollUpdate(answered, (), NOW))
    assert store.coverage(Window(NOW + HOUR / 4, NOW + HOUR / 2), NOW + HOUR / 2).polled == 1
    assert store.coverage(Window(NOW + HOUR, NOW + 2 * HOUR), NOW + 2 * HOUR).polled == 0, "it is overdue"


def test_coverage_tells_where_a_feed_has_moved_and_when_one_fell_silent(store: Store) -> None:
    store.subscribe({FEED: "The One", OTHER: "Two"}, NOW)
    moved = replace(store.feed(FEED), moved_to="https://new.example/", last_success_at=NOW)
    silent = replace(store.feed(OTHER), last_success_at=NOW, last_new_at=NOW - 7 * DAY - HOUR, gap_s=3600.0)
    store.apply(PollUpdate(moved, (), NOW), PollUpdate(silent, (), NOW))
    assert store.coverage(Window(NOW - DAY, NOW), NOW).notices == (
        "The One: moved to https://new.example/: change its URL in feeds.yaml",
        "Two: nothing new for 7 days; it used to have something every 60 minutes",
    )
    assert len(store.coverage(Window(NOW - HOUR / 2, NOW), NOW).notices) == 1, "silence is told once"


def test_coverage_tells_of_feeds_that_were_not_read_because_we_are_offline(store: Store) -> None:
    store.subscribe({FEED: "The One"}, NOW)
    offline = replace(store.feed(FEED), last_error="there is no route", next_poll_at=NOW + HOUR)
    store.apply(PollUpdate(offline, (), NOW))
    (told,) = store.coverage(Window(NOW - DAY, NOW), NOW).failing
    assert told == FailingFeed(FEED, "The One", "we seem to be offline: there is no route", NOW + HOUR)


def test_counts_say_how_much_there_is(store: Store) -> None:
    flag(store, 1, 2, topics=("korea", "talks"))
    store.apply(replace(poll(store), entries=(NewEntry(entry(3), True),)))
    store.apply(PollUpdate(replace(store.feed(OTHER), failures=1), (), NOW))
    counts = store.counts()
    assert (counts.feeds, counts.failing, counts.stopped) == (2, 1, 0)
    assert (counts.entries, counts.waiting, counts.articles, counts.incomplete, counts.matches) == (3, 1, 2, 0, 4)


def test_a_date_without_a_zone_is_refused_rather_than_guessed(store: Store) -> None:
    with pytest.raises(Exception, match="naive"):
        store.digest_state("daily", NOW.replace(tzinfo=None))


def test_dates_at_the_calendars_edge_are_kept(store: Store) -> None:
    """Publishers write 0001-01-01 and 9999-12-31, in zones that lie beyond it."""
    seoul, apia = timezone(timedelta(hours=9)), timezone(timedelta(hours=-11))
    store.apply(poll(store, 1))
    first, last = datetime(1, 1, 1, tzinfo=seoul), datetime(9999, 12, 31, 23, tzinfo=apia)
    store.apply(read(1, published=first, modified=last))
    article = store.article_at("one.example/1")
    assert article.published == datetime(1, 1, 1, tzinfo=UTC)
    assert article.modified == datetime(9999, 12, 31, 23, tzinfo=UTC)
