"""What the store remembers of sites: how often a block of text recurs, of late, and never more than so much."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from hashlib import blake2b

import pytest
import store_values
from store_values import DAY, FEED, NOW, poll

from digest.model import Field, Hit, Lesson, RecleanUpdate, SiteKnowledge
from digest.store import Store, learning

SITE = "one.example"


@pytest.fixture
def taught(store: Store) -> Store:
    """A store that many entries are waiting in."""
    store.subscribe([FEED], NOW)
    store.apply(poll(store, *range(1, 301)))
    return store


def block(name: object) -> str:
    return blake2b(str(name).encode(), digest_size=8).hexdigest()


def read(store: Store, number: int, *names: object, now: datetime = NOW, own: int = 6, site: str = SITE) -> None:
    """An article with these blocks, and some paragraphs of its own; without those, all of them are its paragraphs."""
    blocks = (*map(block, names), *(block(f"{number}-{n}") for n in range(own)))
    store.apply(
        replace(
            store_values.read(number, now=now),
            lesson=Lesson(site, blocks, frozenset(blocks[len(names) :] if own else blocks)),
        )
    )


def test_a_block_counts_once_for_each_article_that_had_it(taught: Store):
    for number in (1, 2, 3):
        read(taught, number, "note", "note", *(["rare"] if number < 3 else []))
    assert taught.site(SITE, NOW) == SiteKnowledge(SITE, 3, {block("note"): 3, block("rare"): 2})


def test_sites_do_not_teach_each_other(taught: Store):
    read(taught, 1, "note")
    read(taught, 2, "note", site="two.example")
    assert taught.site(SITE, NOW) == SiteKnowledge(SITE, 1, {})
    assert taught.site("three.example", NOW) == SiteKnowledge("three.example", 0, {})


def test_a_copy_of_an_article_teaches_nothing(taught: Store):
    read(taught, 1, *range(20), own=0)
    read(taught, 2, *range(19), 20, own=0)
    assert taught.site(SITE, NOW) == SiteKnowledge(SITE, 1, {})


def test_a_long_list_that_every_article_has_makes_them_no_copies(taught: Store):
    read(taught, 1, *range(70), own=3)
    read(taught, 2, *range(70), own=3)
    assert taught.site(SITE, NOW).pages == 2


def test_an_entry_teaches_once_however_often_it_is_stored(taught: Store):
    for _ in range(3):
        read(taught, 1, "note")
    assert taught.site(SITE, NOW).pages == 1


def test_a_block_that_no_article_had_for_90_days_is_forgotten(taught: Store):
    read(taught, 1, "old", "lasting")
    read(taught, 2, "old", "lasting")
    read(taught, 3, "lasting", now=NOW + 60 * DAY)
    assert set(taught.site(SITE, NOW + 91 * DAY).blocks) == {block("lasting")}


def test_a_site_that_taught_nothing_for_90_days_is_forgotten(taught: Store):
    read(taught, 1, "note", site="gone.example")
    read(taught, 2, "note", site="gone.example")
    for number in range(3, 3 + learning.TIDIED_EVERY):
        read(taught, number, now=NOW + 91 * DAY)
    assert taught.site("gone.example", NOW) == SiteKnowledge("gone.example", 0, {})


def test_knowledge_of_a_site_is_bounded_and_keeps_what_recurs(taught: Store):
    for number in range(1, learning.HALVED_AT + learning.TIDIED_EVERY + 1):
        read(taught, number, "note", own=12)
    known = taught.site(SITE, NOW)
    assert known.pages == learning.HALVED_AT // 2 + learning.TIDIED_EVERY
    assert known.blocks == {block("note"): known.pages}
    assert _blocks(taught) <= learning.BLOCKS_OF_A_SITE + learning.TIDIED_EVERY * 13


def _blocks(store: Store) -> int:
    with store._read() as connection:
        return connection.exec_driver_sql("select count(*) from site_blocks").scalar_one()


def test_the_articles_of_a_site_are_found_by_their_address_and_no_other_site_s(taught: Store):
    ours = ("one.example/a", "one.example", "one.example?id=3")
    for number, address in enumerate((*ours, "one.example.org/a", "none.example/a"), 1):
        taught.apply(replace(store_values.read(number, store_values.match()), canonical_url=address))
    taught.apply(replace(store_values.read(6, complete=False), canonical_url="one.example/incomplete"))
    found = list(taught.articles_of(SITE))
    assert [each.entry_id for each in found] == [1, 2, 3]
    assert [hit.term for hits in found[0].hits.values() for hit in hits] == ["talks"]


def test_a_text_is_cleaned_together_with_its_hits_and_only_if_nobody_changed_it_meanwhile(taught: Store):
    taught.apply(replace(store_values.read(1, store_values.match()), canonical_url="one.example/a"))
    (stored,) = taught.articles_of(SITE)
    (match_id,) = stored.hits
    hit = Hit(Field.BODY, 0, 4, "They")
    taught.apply(RecleanUpdate(1, "another text", "lost", "", {match_id: ()}))
    assert next(taught.articles_of(SITE)) == stored
    taught.apply(RecleanUpdate(1, stored.article.text, "They agreed.", "", {match_id: (hit,)}))
    (cleaned,) = taught.articles_of(SITE)
    assert (cleaned.article.text, cleaned.hits) == ("They agreed.", {match_id: (hit,)})
