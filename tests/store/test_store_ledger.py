"""What readers have had, and which articles may be copies of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from store_values import DAY, FEED, HOUR, NOW, OTHER, edition, flag, match, poll, read

from digest.model import AlsoIn, Repeat, Told, Window
from digest.store import Store

SINCE = NOW - 14 * DAY


@pytest.fixture(autouse=True)
def _subscribed(store: Store) -> None:
    store.subscribe({FEED: "The One", OTHER: ""}, NOW)


def alike(store: Store, *entry_ids: int) -> list[int]:
    return [stored.entry_id for stored in store.alike(entry_ids, SINCE)]


def test_articles_with_a_common_key_or_address_are_found_and_nothing_else(store: Store) -> None:
    store.apply(poll(store, *range(1, 6)))
    keys = {1: (10, 20, 30), 2: (30, 40), 3: (50,), 4: (), 5: ()}
    for number, own in keys.items():
        address = "one.example/same" if number > 3 else f"one.example/{number}"
        store.apply(replace(read(number), shingles=own, canonical_url=address))
    assert alike(store, 1) == [2]
    assert alike(store, 2) == [1]
    assert alike(store, 3) == []
    assert alike(store, 4) == [5]
    assert alike(store, 1, 2, 5) == [4]
    (found,) = store.alike([1], SINCE)
    assert (found.feed, found.feed_name, found.article.title, found.first_seen) == (
        FEED,
        "The One",
        "talks resume",
        NOW,
    )
    assert store.alike([1], NOW + HOUR) == [], "seen before then"


def test_of_a_key_that_everybody_has_the_first_carriers_are_looked_at(store: Store) -> None:
    store.apply(poll(store, *range(1, 31)))
    store.apply(*(replace(read(number), shingles=(7,)) for number in range(1, 31)))
    assert alike(store, 30) == list(range(1, 21))


def test_keys_are_forgotten_after_fourteen_days(store: Store) -> None:
    store.apply(poll(store, *range(1, 61)))
    store.apply(*(replace(read(number), shingles=(7,)) for number in range(1, 60)))
    later = NOW + 15 * DAY
    store.apply(poll(store, *range(100, 160), now=later))
    for stored in store.waiting(later):
        store.apply(replace(read(stored.id, now=later), shingles=(7,)))
    found = [stored.entry_id for stored in store.alike([100], SINCE)]
    assert min(found) > 60


def test_it_is_known_which_editions_settled_an_entry_and_who_got_them(store: Store) -> None:
    one, two, three = flag(store, 1, 2, 3)
    assert store.told([1, 2, 3], SINCE) == {}
    repeat = Repeat(
        "Talks", "https://one.example/2", "The One", NOW, False, (AlsoIn("Two", "t", "u", "copy"),), (two.match_id,)
    )
    made = edition(one, recipients=("a@example.org", "b@example.org"), high_water=two.match_id)
    store.apply(replace(made, digest=replace(made.digest, repeats=(repeat,))))
    told = Told("daily", NOW, frozenset({"a@example.org", "b@example.org"}))
    assert store.told([1, 2, 3], SINCE) == {1: (told,), 2: (told,)}
    assert store.told([1], NOW + HOUR) == {}
    assert store.pending(store.digest_state("daily", NOW), ["korea"]) == [three]


def test_it_is_known_when_a_digest_was_mailed_last(store: Store) -> None:
    (one,) = flag(store, 1)
    store.apply(edition(one))
    store.apply(edition(window=Window(NOW + DAY, NOW + 2 * DAY), recipients=()))
    assert store.mailed("daily", SINCE) == (NOW + DAY,)
    assert store.mailed("daily", NOW + timedelta(days=1, seconds=1)) == ()
    assert store.mailed("weekly", SINCE) == ()


def test_a_digest_that_begins_now_has_nothing_to_do_with_what_was(store: Store) -> None:
    (one,) = flag(store, 1)
    assert store.digest_state("alert.korea", NOW, from_now_on=True).high_water == one.match_id
    assert store.digest_state("weekly", NOW).high_water == 0


def test_what_is_pending_has_points_enough_was_not_settled_and_can_be_counted_alone(store: Store) -> None:
    store.apply(poll(store, 1, 2))
    store.apply(read(1, match("korea", 3)), read(2, match("korea", 8)))
    fresh = store.digest_state("alert.korea", NOW)
    settled, carrying = replace(fresh, high_water=2), replace(fresh, high_water=2, carried=(1,))
    for state, topics, least, entries in (
        (fresh, ["korea"], None, [1, 2]),
        (fresh, ["korea"], 8, [2]),
        (fresh, ["korea"], 9, []),
        (fresh, ["football"], 1, []),
        (settled, ["korea"], 3, []),
        (carrying, ["korea"], 3, [1]),
        (replace(fresh, carried=(1,)), ["korea"], 3, [1, 2]),
    ):
        assert [flagged.entry_id for flagged in store.pending(state, topics, least=least)] == entries
        assert store.pending_count(state, topics, least) == len(entries)
