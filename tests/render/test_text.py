"""The text part: the same stories, in 72 columns whatever the script."""

from __future__ import annotations

import re
from dataclasses import replace

import editions
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model import Coverage, Snippet
from digest.render import Renderer
from digest.render.columns import wrap
from digest.writing import width

TEXT = Renderer().message(editions.full()).text


def test_every_line_has_at_most_72_columns_links_apart():
    assert all(width(line) <= 72 for line in TEXT.splitlines() if "://" not in line)


def test_it_tells_the_same_stories_in_the_same_order_as_the_html():
    titles = [story.front.article.title for story in editions.full().stories]
    flat = " ".join(TEXT.split())
    places = [flat.index(title) for title in titles]
    assert places == sorted(places)


def test_each_story_has_outlet_date_link_quotations_and_reason():
    story = TEXT[TEXT.index("1. North") : TEXT.index("2. 북한")]
    assert "Harbour Wire · Min-seo Park, Tomas Eklund · Sun 22 Nov, 10:35" in story
    assert "\n   https://harbour-wire.example/1\n" in story
    assert "> *Pyongyang* needs fuel" in story
    assert "7 points; +3 North Korean, talks in the title; +3 envoy, Pyongyang in" in story
    assert "Also in Coast Daily (same text)" in story


def test_there_are_no_gaps_of_more_than_two_lines_and_no_trailing_space():
    assert "\n\n\n\n" not in TEXT
    assert not re.search(r"[ \t]$", TEXT, re.MULTILINE)
    assert TEXT.endswith("\n")


def test_wide_characters_count_as_two_columns():
    lines = wrap("制裁の緩和については期待できないとの見方が強い。" * 4, 40).splitlines()
    assert all(width(line) <= 40 for line in lines)
    assert all(width(line) >= 36 for line in lines[:-1])
    assert not any(line[0] in "。、」" for line in lines)


def test_korean_breaks_at_its_spaces():
    for line in wrap("전문가들은 대북 제재 완화까지 이어지기는 어렵다고 본다 " * 3, 24).splitlines():
        assert set(line.split()) <= {"전문가들은", "대북", "제재", "완화까지", "이어지기는", "어렵다고", "본다"}


def test_a_url_is_never_broken():
    url = "https://example.org/" + "a" * 100
    assert url in wrap(f"See {url} for more", 40).splitlines()


def test_indents_count():
    assert wrap("one two three four", 12, "1. ", "   ") == "1. one two\n   three\n   four"


@given(st.text(st.sampled_from(list("ab  é\u0301가나。、「」平ă👩🏽-")), max_size=200), st.integers(6, 40))
def test_wrapping_loses_nothing(text, columns):
    """Without its spaces the wrapped text is the text; no line is too wide unless it can't be broken."""
    lines = wrap(text, columns, "> ").splitlines()
    joined = "".join(line.removeprefix(">").strip() for line in lines)
    assert "".join(joined.split()) == "".join(text.split())
    for line in lines:
        assert width(line) <= columns or " " not in line.removeprefix("> ").strip()


@pytest.mark.parametrize("language", ["de", "ko", "ja"])
def test_labels_of_any_language_fit(language):
    text = Renderer().message(replace(editions.full(), language=language)).text
    assert all(width(line) <= 72 for line in text.splitlines() if "://" not in line)


def test_what_is_one_is_told_as_one():
    coverage = Coverage(feeds=1, polled=1, entries=1, incomplete=1)
    text = Renderer().message(replace(editions.quiet(), coverage=coverage)).text
    assert "1 of 1 feed read, 1 new entry." in text
    assert "Only a part of 1 article could be read." in text
    alert = editions.alert()
    both = replace(alert, sections=(replace(alert.sections[0], stories=alert.sections[0].stories * 2),))
    for digest, subject, footer in (
        (alert, "the border", "for its points. The digest will only name it."),
        (both, "the border (and 1 more)", "for their points. The digest will only name them."),
    ):
        message = Renderer().message(digest)
        assert message.subject.endswith(subject)
        assert footer in " ".join(message.text.split())


def test_hits_that_touch_are_marked_as_one():
    digest = editions.small()
    section = digest.sections[0]
    snippet = Snippet("日朝協議は続く", ((0, 2), (2, 4), (5, 6)))
    story = replace(section.stories[0], snippets=(snippet,))
    message = Renderer().message(replace(digest, sections=(replace(section, stories=(story,)),)))
    assert "*日朝協議*は*続*く" in message.text
    assert message.html.count("<mark") == 2
