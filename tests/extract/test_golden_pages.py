"""Every page of tests/pages gives its article: every paragraph, and no line of furniture."""

from __future__ import annotations

import re
from collections import Counter

import golden
import pytest

from digest.extract import article
from digest.model import Article

GOLDEN = golden.load()
FLOOR = 0.999  # mean F1 of words over the whole set; lowering it needs a reason in the same commit


def squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def read(page: golden.Golden) -> Article:
    return article(page.page, page.claims)


@pytest.mark.parametrize("page", GOLDEN, ids=lambda page: page.name)
def test_a_page_gives_every_paragraph_and_no_furniture(page: golden.Golden):
    found = read(page)
    text = squeezed(found.text)
    assert [part for part in page.paragraphs if squeezed(part) not in text] == []
    assert [line for line in page.furniture if line in text] == []


@pytest.mark.parametrize("page", GOLDEN, ids=lambda page: page.name)
def test_a_page_gives_its_paragraphs_one_empty_line_apart(page: golden.Golden):
    assert [squeezed(part) for part in read(page).text.split("\n\n")] == [squeezed(part) for part in page.paragraphs]


@pytest.mark.parametrize("page", GOLDEN, ids=lambda page: page.name)
def test_a_page_is_named_as_its_publisher_names_it(page: golden.Golden):
    found = read(page)
    assert found.title == page.title
    assert list(found.authors) == page.authors
    assert found.language == page.language
    assert found.lead == page.lead
    if page.published:
        assert found.published == page.moment


@pytest.mark.parametrize("page", GOLDEN, ids=lambda page: page.name)
def test_a_page_that_is_no_whole_article_says_so_and_why(page: golden.Golden):
    found = read(page)
    assert found.complete is page.complete
    assert page.error in (found.error or "")
    assert bool(found.error) is not page.complete


def test_the_whole_set_stays_above_its_floor():
    scores = [f1(" ".join(page.paragraphs), read(page).text) for page in GOLDEN]
    assert sum(scores) / len(scores) >= FLOOR


def test_the_set_covers_eight_languages_and_several_pages_of_a_site():
    assert len(GOLDEN) >= 60
    assert len({page.language for page in GOLDEN}) >= 8
    assert sum(count >= 3 for count in Counter(page.site for page in GOLDEN).values()) >= 10


def f1(wanted: str, found: str) -> float:
    left, right = (Counter(re.findall(r"\w+", text.casefold())) for text in (wanted, found))
    shared = sum((left & right).values())
    return 2 * shared / max(1, sum(left.values()) + sum(right.values()))
