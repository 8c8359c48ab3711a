"""What a feed's title and summary hint at, for feeds with `prefilter: title`."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model import Article
from digest.topics import Topics

GATED = "topic: Talks\nrequire: [Korea, Pyongyang]\nscore: {2: [talks], 1: [summit]}\nthreshold: 2"
PLAIN = "topic: Rates\nany: [central bank, interest rate~]"
ABSENT = "topic: Quiet\nnone: [football]\nany: [ferry]"


@pytest.mark.parametrize(
    ("title", "summary", "hinted"),
    [
        ("Envoy lands in Pyongyang", "", True),
        ("Envoy lands", "He flew in from Korea.", True),
        ("Talks on talks at the summit", "", False),
        ("The central bank waits", "", True),
        ("Interest rates", "", True),
        ("Noodles", "Cold ones.", False),
    ],
)
def test_a_term_of_require_or_without_it_of_any_rule_is_a_hint(
    compiled: Callable[..., Topics], title: str, summary: str, hinted: bool
) -> None:
    topics = compiled(GATED, PLAIN)
    assert topics.hinted(Article("https://a.example/", title, summary)) is hinted


def test_only_the_topics_of_the_feed_count(compiled: Callable[..., Topics]) -> None:
    topics = compiled(GATED, PLAIN)
    claimed = Article("https://a.example/", "The central bank waits", "")
    assert topics.hinted(claimed, only=frozenset({"y"}))
    assert not topics.hinted(claimed, only=frozenset({"x"}))


@given(st.lists(st.sampled_from(["Korea", "talks", "summit", "ferry", "football", "interest rate", "and"]), max_size=8))
def test_what_matches_is_hinted_at(compiled: Callable[..., Topics], words: list[str]) -> None:
    """With the whole article as its summary nothing that matches is passed over."""
    topics = compiled(GATED, PLAIN, ABSENT)
    article = Article("https://a.example/", " ".join(words[:3]), " ".join(words[3:]))
    if topics.match(article):
        assert topics.hinted(article)
