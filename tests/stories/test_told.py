"""What readers have had is noted and not told again; copies that no topic flagged are named behind a story."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from opeds import Writer, cut, opeds, pending

from digest import stories
from digest.model import ALERT, Flagged, StoredArticle, Told
from digest.store.updates import REMEMBERED

NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
WRITER = Writer(11)
ESSAY = WRITER.article(600)
FULL = "\n\n".join(ESSAY)
SHORT = "\n\n".join(cut(ESSAY, 0.3))
THIRD = "\n\n".join(WRITER.article(500))
OTHER = "\n\n".join(WRITER.article(500))
DESK = frozenset({"desk@example.org"})
YESTERDAY = Told("daily", NOW - timedelta(days=1), DESK)


def stored(flagged: Flagged) -> StoredArticle:
    return StoredArticle(flagged.entry_id, flagged.feed, flagged.feed_name, flagged.article, flagged.first_seen)


def test_a_copy_of_what_was_told_is_noted_and_settled_and_names_who_carries_it_now():
    original = stored(pending(1, "herald", "On ferries", FULL))
    copies = [pending(2, "quay", "The ferry question", FULL), pending(3, "pier", "Ferries", FULL + "\n\nMore here.")]
    new = pending(4, "herald", "On bridges", OTHER)
    telling = stories.tell([*copies, new], earlier=[original], told={1: YESTERDAY})
    assert [story.members for story in telling.stories] == [(4,)]
    (repeat,) = telling.repeats
    assert (repeat.title, repeat.feed, repeat.at, repeat.alerted) == ("On ferries", "herald", YESTERDAY.at, False)
    assert {(place.feed, place.kind) for place in repeat.also_in} == {("quay", "copy"), ("pier", "copy")}
    assert repeat.members == (2, 3)


def test_entries_that_share_a_page_are_no_copies_for_that():
    """Releases in a changelog, incidents of a status page: one address, each its own news, today and the day after."""
    page = {"url": "https://herald.example/changelog"}
    told = replace(stored(pending(1, "herald", "Release 1", FULL, **page)), shares_page=True)
    new = [
        replace(pending(n, "herald", f"Release {n}", text, **page), shares_page=True)
        for n, text in ((2, OTHER), (3, THIRD))
    ]
    telling = stories.tell(new, earlier=[told], told={1: YESTERDAY})
    assert [story.members for story in telling.stories] == [(2,), (3,)]
    assert telling.repeats == ()


def test_the_fuller_text_of_what_was_told_is_a_repeat_as_well():
    excerpt = stored(pending(1, "herald", "On ferries", SHORT))
    telling = stories.tell([pending(2, "quay", "On ferries", FULL)], earlier=[excerpt], told={1: YESTERDAY})
    assert telling.stories == ()
    assert [repeat.members for repeat in telling.repeats] == [(2,)]


def test_what_only_quotes_what_was_told_is_told():
    quoting = "\n\n".join([*WRITER.article(400), " ".join(FULL.split()[:120])])
    telling = stories.tell(
        [pending(2, "quay", "A reply", quoting)],
        earlier=[stored(pending(1, "herald", "On ferries", FULL))],
        told={1: YESTERDAY},
    )
    assert [story.members for story in telling.stories] == [(2,)]
    assert telling.repeats == ()


def test_an_article_that_went_out_as_an_alert_is_noted_as_such():
    alert = Told(f"{ALERT}ferries", NOW, DESK)
    telling = stories.tell([pending(1, "herald", "On ferries", FULL)], told={1: alert})
    (repeat,) = telling.repeats
    assert (repeat.alerted, repeat.also_in, repeat.members) == (True, (), (1,))
    assert telling.stories == ()


def test_an_unflagged_copy_stands_behind_the_story_however_full_it_is():
    """Only a flagged article has reasons to show; its readers are led to the fuller one all the same."""
    excerpt = pending(2, "quay", "On ferries", SHORT, complete=False)
    (story,) = stories.tell([excerpt], earlier=[stored(pending(1, "herald", "Ferries", FULL))]).stories
    assert story.front == excerpt
    assert [(place.feed, place.kind) for place in story.also_in] == [("herald", "copy")]
    assert story.members == (2,)


def test_earlier_articles_that_are_like_nothing_pending_leave_no_trace():
    telling = stories.tell([pending(2, "quay", "On bridges", OTHER)], earlier=[stored(pending(1, "a", "T", FULL))])
    assert [(story.members, story.also_in) for story in telling.stories] == [((2,), ())]


def test_nothing_that_is_pending_is_lost_whatever_was_told():
    """Every match is settled exactly once, by a story or by a repeat, in any order of what comes in."""
    corpus = [oped.flagged for oped in opeds(30)]
    chance = random.Random(5)
    chance.shuffle(corpus)
    earlier, fresh = [stored(it) for it in corpus[:60]], corpus[60:]
    told = {it.entry_id: YESTERDAY for it in earlier[::2]}
    telling = stories.tell(fresh, earlier=earlier, told=told)
    members = [member for one in (*telling.stories, *telling.repeats) for member in one.members]
    assert sorted(members) == sorted(it.match_id for it in fresh)
    assert telling.repeats
    assert stories.tell(fresh[::-1], earlier=earlier[::-1], told=told) == telling


@pytest.mark.parametrize("seed", [1, 2])
def test_copies_of_what_was_told_are_all_found_and_nothing_else(seed: int):
    """Day one: the originals are told. Day two: their variants come, and as many articles of their own."""
    corpus = opeds(40, seed)
    first = [oped for oped in corpus if oped.variant == "original"]
    known = {oped.nth for oped in first[:20]}
    fresh = [oped for oped in corpus if oped.variant != "original"]
    telling = stories.tell(
        [oped.flagged for oped in fresh],
        earlier=[stored(oped.flagged) for oped in first[:20]],
        told={oped.flagged.entry_id: YESTERDAY for oped in first[:20]},
    )
    noted = {member for repeat in telling.repeats for member in repeat.members}
    assert noted == {oped.flagged.match_id for oped in fresh if oped.nth in known}


# --- who has had what --------------------------------------------------------------------------------


def test_what_a_digest_has_told_counts_for_itself_whoever_read_it():
    assert stories.told_to(["new@example.org"], "daily", {1: [YESTERDAY]}) == {1: YESTERDAY}
    assert stories.told_to(["desk@example.org"], "weekly", {1: [YESTERDAY]}) == {}, "two digests are two papers"


def test_a_digest_that_is_configured_no_more_was_renamed_and_has_told_its_readers():
    for papers, counts in ((["weekly"], True), (["weekly", "daily"], False)):
        found = stories.told_to(["desk@example.org"], "weekly", {1: [YESTERDAY]}, papers)
        assert found == ({1: YESTERDAY} if counts else {})
    assert stories.told_to(["desk@example.org", "new@example.org"], "weekly", {1: [YESTERDAY]}, ["weekly"]) == {}


def test_an_alert_counts_where_all_readers_got_it():
    alert = Told(f"{ALERT}ferries", NOW, frozenset({"desk@example.org", "Chief@example.org"}))
    assert stories.told_to(["desk@example.org", "chief@example.org"], "daily", {1: [alert]}) == {1: alert}
    assert stories.told_to(["desk@example.org", "other@example.org"], "daily", {1: [alert]}) == {}
    assert stories.told_to(["desk@example.org"], f"{ALERT}ferries", {1: [YESTERDAY]}) == {1: YESTERDAY}
    assert stories.told_to(["phone@example.org"], f"{ALERT}ferries", {1: [YESTERDAY]}) == {}


def test_the_first_time_counts():
    later = Told("daily", NOW, DESK)
    for order in permutations([later, YESTERDAY]):
        assert stories.told_to(DESK, "daily", {1: order}) == {1: YESTERDAY}


def test_the_store_remembers_for_as_long_as_it_is_asked():
    assert REMEMBERED == stories.REMEMBERED
