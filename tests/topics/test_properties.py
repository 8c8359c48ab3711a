"""What holds for every rule and every text."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from digest.model import Article, Field

WORDS = [
    "a1",
    "b1",
    "c1",
    "Kim",
    "Kim's",
    "U.S.",
    "us",
    "북한이",
    "北朝鮮の",
    "—",
    "x,",
    "İ",
    "e\u0301",
    "&amp;",
    "\u00a0",
]
RULES = """\
topic: T
lang: [en, ko]
terms: {one: [a1, Kim, 북한, 北朝鮮], two: [b1, US, é, $three], three: [c1*]}
score:
  3: [{near: {within: 2, of: [$one, $two]}}, {near: {within: 4, ordered: true, of: [$one, $two, $three]}}]
  2: [{title: $one}, {lead: $two}, a1 b1, Kim a1]
  1: [$one, {regex: '[a-c]1'}]
  -1: [{at_least: {n: 3, of: [$one, $two, $three]}}]
ignore: [Kim Kim, {regex: 'b1 b1'}]
"""

text = st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join)
anything = st.one_of(text, st.text(max_size=80))
paragraphs = st.lists(anything, max_size=5).map("\n\n".join)


@settings(max_examples=100)
@given(title=anything, body=paragraphs)
def test_hits_are_slices_in_order_that_never_overlap_nor_leave_their_paragraph(compiled, title, body):
    for match in compiled(RULES).match(Article(url="", title=title, text=body)):
        assert match.score == sum(why.points for why in match.why)
        ends = {Field.TITLE: 0, Field.BODY: 0}
        for hit in match.hits:
            whole = title if hit.field is Field.TITLE else body
            assert ends[hit.field] <= hit.start < hit.end <= len(whole)
            assert whole[hit.start : hit.end].strip() == whole[hit.start : hit.end] != ""
            assert hit.field is Field.TITLE or "\n\n" not in whole[hit.start : hit.end]
            ends[hit.field] = hit.end
        assert sorted(match.hits, key=lambda hit: hit.field is Field.BODY) == list(match.hits)


@settings(max_examples=80)
@given(parts=st.lists(text, min_size=1, max_size=5))
def test_nothing_is_found_across_paragraphs(compiled, parts):
    topics = compiled("topic: T\nany: [{near: {within: 500, of: [a1, b1]}}, a1 b1, {regex: 'a1.*b1'}]\n")

    whole = topics.match(Article(url="", title="", text="\n\n".join(parts)))

    alone = [topics.match(Article(url="", title="", text=part)) for part in parts]
    assert bool(whole) == any(alone)


@settings(max_examples=80)
@given(body=text)
def test_masked_places_are_never_hits(compiled, body):
    topics = compiled("topic: T\nany: [a1, Kim]\nignore: [a1 b1, Kim a1, {regex: 'c1 Kim'}]\n")

    for match in topics.match(Article(url="", title="", text=body)):
        for hit in match.hits:
            around = " ".join(body[: hit.end].split()[-2:]), " ".join(body[hit.start :].split()[:2])
            assert around[1] != "a1 b1"
            assert around[0] != "Kim a1"
            assert not body[: hit.end].endswith("c1 Kim")  # a pattern means the characters that it says


@settings(max_examples=40)
@given(title=anything, body=paragraphs)
def test_the_same_article_gives_the_same_matches_and_explanations_agree(compiled, title, body):
    topics = compiled(RULES)
    article = Article(url="", title=title, text=body)

    first = topics.match(article)

    assert topics.match(article) == first == compiled(RULES).match(article)
    assert [each.topic for each in topics.explain(article) if each.matched] == [match.topic for match in first]


@settings(max_examples=80)
@given(words=st.lists(st.sampled_from(["a1", "b1", "x"]), max_size=12), within=st.integers(1, 6), ordered=st.booleans())
def test_near_is_what_comparing_every_pair_gives(compiled, words, within, ordered):
    order = "ordered: true, " if ordered else ""
    topics = compiled(f"topic: T\nnear: {{within: {within}, {order}of: [a1, b1]}}\n")

    a = [i for i, word in enumerate(words) if word == "a1"]
    b = [i for i, word in enumerate(words) if word == "b1"]
    expected = any((0 < j - i <= within) if ordered else abs(i - j) <= within for i in a for j in b)

    assert bool(topics.match(Article(url="", title="", text=" ".join(words)))) == expected
