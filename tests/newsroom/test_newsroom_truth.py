"""The sample newsroom's articles: what there is, what is true of them, and that their pages are no easy reading."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import pytest
from lxml import html

from digest import config, topics
from digest.model import Article
from digest.newsroom import CONFIG, outlets, pieces

TOPIC = "north-korea-diplomacy"
CJK = {"ko", "ja"}


def length(truth) -> int:
    """Words, or characters without spaces where words can't be counted."""
    text = " ".join(truth.paragraphs)
    return len("".join(text.split())) if truth.language in CJK else len(text.split())


def shingles(truth) -> set[str]:
    """Runs of five words, or of ten characters where words can't be counted."""
    if truth.language in CJK:
        text = "".join("".join(truth.paragraphs).split())
        return {text[start : start + 10] for start in range(len(text) - 9)}
    words = " ".join(truth.paragraphs).split()
    return {" ".join(words[start : start + 5]) for start in range(len(words) - 4)}


@pytest.fixture
def truths(newsroom):
    return newsroom.truth()


@pytest.fixture
def whole(truths):
    return [truth for truth in truths if truth.page == "article"]


async def test_there_are_sixty_articles_in_four_languages(whole):
    counted = Counter(truth.language for truth in whole)
    assert sum(counted.values()) >= 60
    assert all(counted[language] >= least for language, least in {"en": 40, "ko": 8, "ja": 6, "de": 6}.items())


async def test_articles_are_several_hundred_words_long(whole):
    assert {(t.path, length(t)) for t in whole if not (600 if t.language in CJK else 300) <= length(t) <= 1200} == set()


async def test_about_a_third_of_the_articles_is_flagged_in_every_language(truths):
    mailed = [truth for truth in truths if truth.mailed]
    assert {truth.flagged for truth in mailed} == {TOPIC}
    assert 20 <= len(mailed) <= 24
    assert {truth.language for truth in mailed} == {"en", "ko", "ja", "de"}


async def test_old_entries_are_there_and_never_mailed(truths):
    old = [truth for truth in truths if not truth.fresh]
    assert len(old) >= 3
    assert any(truth.flagged for truth in old)
    assert not any(truth.mailed for truth in old)


async def test_one_op_ed_is_carried_by_three_outlets_once_shortened(truths):
    carried = {s: [t for t in truths if t.story == s] for s, n in Counter(t.story for t in truths).items() if n > 1}
    assert list(carried) == ["op-ed-letters"]
    short, *full = sorted(carried["op-ed-letters"], key=length)
    assert len({truth.outlet for truth in carried["op-ed-letters"]}) == 3
    assert len({truth.title for truth in carried["op-ed-letters"]}) == 3
    assert full[0].paragraphs == full[1].paragraphs
    assert set(short.paragraphs) < set(full[0].paragraphs)
    assert 0.55 < length(short) / length(full[0]) < 0.7


async def test_no_two_articles_are_alike_but_for_the_op_ed(truths):
    texts = [(truth, shingles(truth)) for truth in truths if truth.paragraphs]
    for (one, left), (other, right) in combinations(texts, 2):
        if one.story != other.story:
            assert len(left & right) / min(len(left), len(right)) < 0.02, (one.path, other.path)


async def test_look_alikes_say_why_they_are_none(truths):
    lookalikes = [truth for truth in truths if truth.lookalike]
    assert len(lookalikes) >= 12
    assert not any(truth.flagged for truth in lookalikes)


async def test_there_is_a_consent_wall_a_paywall_a_dead_link_and_a_pdf(truths):
    assert Counter(t.page for t in truths if not t.complete) == {"consent": 1, "paywall": 1, "missing": 1, "pdf": 1}
    assert all(truth.lead for truth in truths)


async def test_every_page_shows_its_title_and_every_paragraph_once_in_order(newsroom, browser, truths):
    for truth in truths:
        if truth.page in {"article", "paywall"}:
            async with browser.get(truth.url) as response:
                page = html.document_fromstring(await response.text())
            for script in page.xpath("//head | //script"):
                script.drop_tree()
            text = " ".join(page.text_content().split())
            assert truth.title in text
            places = [text.find(paragraph) for paragraph in truth.paragraphs]
            assert places == sorted(places), truth.url
            assert places[0] >= 0, truth.url


async def test_a_paywall_shows_the_beginning_only(newsroom, browser, truths):
    (paywalled,) = (truth for truth in truths if truth.page == "paywall")
    (piece,) = (piece for piece in pieces() if piece.page == "paywall")
    async with browser.get(paywalled.url) as response:
        page = await response.text()
    assert piece.paragraphs[:2] == paywalled.paragraphs
    assert piece.paragraphs[2] not in page


async def test_furniture_recurs_over_an_outlets_pages_and_is_never_part_of_an_article(whole):
    for outlet in {truth.outlet for truth in whole}:
        mine = [truth for truth in whole if truth.outlet == outlet]
        recurring = set.intersection(*(set(truth.furniture) for truth in mine))
        assert len(recurring) >= 15, outlet
    for truth in whole:
        text = " ".join((truth.title, truth.lead, *truth.paragraphs))
        assert not [line for line in truth.furniture if line in text]


async def test_pages_carry_the_kinds_of_furniture_that_real_pages_carry(whole):
    seen = "\n".join(line for truth in whole for line in truth.furniture)
    for kind in (
        " points",
        "Photo courtesy of",
        "Photograph: ",
        "Share on social media",
        "By Abel Winterbourne",
        "Comments are loading…",
        "Print this story",
        "Reporting by ",
        "Sign me up",
        "Read more:",
        "Most read on the Courier",
        "cookies",
        "All rights reserved",
        "무단 전재 및 재배포 금지",
        "많이 본 뉴스",
        "【関連記事】",
        "アクセスランキング",
        "Lesen Sie auch:",
    ):
        assert kind in seen, kind


async def test_links_between_articles_tempt_with_other_articles_titles(whole):
    """A look-alike beside a flagged title is what makes furniture dangerous."""
    flagged = {truth.title for truth in whole if truth.flagged}
    tempted = [truth for truth in whole if not truth.flagged and flagged & set(truth.furniture)]
    assert len(tempted) >= 20


async def test_every_writer_and_section_is_named(whole):
    assert all(truth.authors and truth.title and truth.published for truth in whole)
    known = {name for outlet in outlets().values() for name in outlet.writers or ()}
    assert known & {name for truth in whole for name in truth.authors}


async def test_the_sample_topic_flags_exactly_what_is_to_be_flagged(newsroom, truths):
    loaded = config.load(CONFIG, {**newsroom.environment, "HOME": "/nowhere"})
    compiled = topics.compile(loaded.topics)
    assert compiled.check_examples() == []
    assert not compiled.lint()
    for truth in truths:
        text = "\n\n".join(truth.paragraphs) or truth.lead
        article = Article(url=truth.url, title=truth.title, text=text, language=truth.language)
        matched = [match.topic for match in compiled.match(article, "127.0.0.1", None)]
        assert matched == ([truth.flagged] if truth.flagged else []), truth.url
