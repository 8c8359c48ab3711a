"""What an edition holds, in which order, and that whatever it does not hold waits for the next one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import editions
import pytest
from editions import TITLES, WINDOW, Desk, busy, flagged, nk, rule
from hypothesis import given, settings
from hypothesis import strategies as st

from digest import compose, stories
from digest.model import Coverage, Digest, Flagged


def edition(pending: list[Flagged], desk: Desk | None = None) -> Digest:
    desk = desk or Desk()
    told = stories.group(pending, desk.topics or TITLES)
    return compose.edition(desk, told, TITLES, WINDOW, Coverage(feeds=2, polled=2))


def article(number: int, topic: str, points: int, hours: float = 1) -> Flagged:
    text = f"Ferry number {number} left the harbour of town {number * 7} at dawn with {number} bolts of cloth."
    return flagged(
        number, f"Outlet {number}", f"Ferry {number}", text, why=(nk(points, "Ferry"),), topic=topic, hours=hours
    )


COMMON = article(99, "shipbuilding", 2).article


def published(story: Flagged, hours_ago: float) -> Flagged:
    date = editions.END - timedelta(hours=hours_ago)
    return replace(story, article=replace(story.article, published=date))


def test_topics_stand_in_the_order_of_the_digest():
    pending = [article(1, "shipbuilding", 9), article(2, "bank-of-korea", 1)]
    found = edition(pending, Desk(topics=("bank-of-korea", "shipbuilding")))
    assert [section.topic for section in found.sections] == ["bank-of-korea", "shipbuilding"]
    assert [section.title for section in found.sections] == ["Bank of Korea", "Shipbuilding"]


def test_a_digest_without_topics_has_all_of_them_in_the_order_of_the_configuration():
    pending = [article(1, "shipbuilding", 1), article(2, "bank-of-korea", 1), article(3, "north-korea-diplomacy", 1)]
    assert [section.topic for section in edition(pending).sections] == list(TITLES)


def test_a_topic_without_stories_is_not_mentioned():
    assert [section.topic for section in edition([article(1, "shipbuilding", 1)]).sections] == ["shipbuilding"]


def test_matches_of_topics_that_the_digest_did_not_ask_for_are_left_alone():
    found = edition([article(1, "shipbuilding", 1), article(2, "bank-of-korea", 1)], Desk(topics=("bank-of-korea",)))
    assert [story.members for story in found.stories] == [(2,)]
    assert found.carried == ()


def test_stories_rank_by_score_and_then_by_when_we_first_saw_them():
    pending = [
        article(1, "shipbuilding", 2, hours=1),
        article(2, "shipbuilding", 5, hours=30),
        article(3, "shipbuilding", 2, hours=20),
        article(4, "shipbuilding", 5, hours=2),
    ]
    assert [story.front.match_id for story in edition(pending).stories] == [4, 2, 1, 3]


def test_of_equal_points_what_more_places_carry_comes_first():
    alone = article(1, "shipbuilding", 2, hours=1)
    carried = [replace(article(number, "shipbuilding", 2, hours=30), article=COMMON) for number in (2, 3)]
    assert [story.front.match_id for story in edition([alone, *carried]).stories] == [2, 1]


def test_of_equal_points_what_the_reader_can_read_comes_first():
    newer, older = article(1, "shipbuilding", 2, hours=1), article(2, "shipbuilding", 2, hours=30)
    newer = replace(newer, article=replace(newer.article, language="ko"))
    assert [story.front.match_id for story in edition([newer, older]).stories] == [2, 1]
    korean = edition([newer, older], Desk(language="ko"))
    assert [story.front.match_id for story in korean.stories] == [1, 2]


def test_what_came_in_one_hour_stands_by_the_dates_of_its_publishers():
    """Else the order would be that in which their servers happened to answer."""
    pending = [
        published(article(number, "shipbuilding", 2, hours=1 - number / 1000), hours_ago=hours)
        for number, hours in enumerate((5, 2, 9), start=1)
    ]
    assert [story.front.match_id for story in edition(pending).stories] == [2, 1, 3]


def test_a_date_in_the_future_is_as_new_as_the_hour_in_which_it_was_seen():
    pending = [
        published(article(1, "shipbuilding", 2, hours=10), hours_ago=-100_000),
        published(article(2, "shipbuilding", 2, hours=2), hours_ago=50),
    ]
    assert [story.front.match_id for story in edition(pending).stories] == [2, 1]


def test_a_publishers_date_does_not_move_a_story():
    older = article(1, "shipbuilding", 2, hours=10)
    older = replace(older, article=replace(older.article, published=editions.END.replace(year=2030)))
    assert [story.front.match_id for story in edition([older, article(2, "shipbuilding", 2)]).stories] == [2, 1]


def test_the_cap_counts_over_the_whole_digest_and_what_is_over_it_is_carried():
    pending = [article(n, ("shipbuilding", "bank-of-korea")[n % 2], n) for n in range(1, 8)]
    found = edition(pending, Desk(max_stories=3))
    assert sorted(story.front.match_id for story in found.stories) == [5, 6, 7]
    assert found.omitted == 4
    assert found.carried == (1, 2, 3, 4)


def test_what_was_carried_stands_in_the_next_edition_without_being_matched_again():
    pending = [article(n, "shipbuilding", n) for n in range(1, 6)]
    first = edition(pending, Desk(max_stories=3))
    second = edition([it for it in pending if it.match_id in first.carried], Desk(max_stories=3))
    told = [member for story in (*first.stories, *second.stories) for member in story.members]
    assert sorted(told) == [1, 2, 3, 4, 5]


def test_the_high_water_mark_is_the_highest_match_that_was_looked_at():
    found = edition([article(9, "bank-of-korea", 1), article(4, "shipbuilding", 1)], Desk(topics=("shipbuilding",)))
    assert found.high_water == 4
    assert edition([]).high_water == 0


def test_an_article_of_two_topics_stands_once_and_names_the_other_topic_by_its_title():
    one = article(1, "shipbuilding", 2)
    two = replace(article(2, "bank-of-korea", 6), entry_id=1)
    found = edition([one, two])
    assert [(section.topic, len(section.stories)) for section in found.sections] == [("bank-of-korea", 1)]
    assert found.stories[0].also_topics == ("Shipbuilding",)
    assert found.stories[0].members == (1, 2)


def test_of_topics_with_equal_points_the_digests_first_one_has_the_story():
    one = article(1, "shipbuilding", 4)
    two = replace(article(2, "bank-of-korea", 4), entry_id=1)
    assert [it.topic for it in edition([one, two], Desk(topics=("shipbuilding", "bank-of-korea"))).sections] == [
        "shipbuilding"
    ]
    assert [it.topic for it in edition([one, two], Desk(topics=("bank-of-korea", "shipbuilding"))).sections] == [
        "bank-of-korea"
    ]


def test_the_sample_edition_holds_every_article_once():
    found = editions.full()
    assert sorted(member for story in found.stories for member in story.members) == list(range(1, 11))
    front = found.stories[0]
    assert front.front.feed_name == "Harbour Wire"
    assert [(place.feed, place.kind) for place in front.also_in] == [
        ("Coast Daily", "copy"),
        ("The Strait Review", "same story"),
    ]


@settings(max_examples=40)
@given(count=st.integers(0, 25), cap=st.integers(1, 12), seed=st.integers(0, 99))
def test_every_match_is_told_or_carried_and_never_both(count, cap, seed):
    pending = busy(count, words=45, seed=seed)
    found = edition(pending, Desk(max_stories=cap))
    told = [member for story in found.stories for member in story.members]
    assert sorted([*told, *found.carried]) == [it.match_id for it in pending]
    assert len(found.stories) <= cap
    assert found == edition(pending[::-1], Desk(max_stories=cap))


@pytest.mark.parametrize("topic", ["unknown-topic"])
def test_a_topic_without_a_title_is_called_by_its_id(topic):
    found = edition(
        [flagged(1, "A", "T", "x", why=(rule(topic, 1, "x"),), topic=topic)], Desk(topics=(topic, "shipbuilding"))
    )
    assert [section.title for section in found.sections] == [topic]
