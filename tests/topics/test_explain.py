"""For every topic: what was found, where, and what was missing."""

from __future__ import annotations

import pytest


def explained(topics, article, source="example.org"):
    [found] = topics.explain(article, source)
    return found


def test_a_match_is_explained_by_its_lines_with_their_places(compiled, article):
    found = explained(compiled("topic: T\nscore: {2: [a1], 1: [b1]}\n"), article("a1 x", "b1", "x a1"))

    assert found.matched
    assert found.miss == ""
    assert (found.score, found.threshold) == (3, 1)
    assert [(str(line), line.in_title, line.in_text) for line in found.lines] == [
        ("+2 a1", ((0, 2),), ((6, 8),)),
        ("+1 b1", (), ((0, 2),)),
    ]


def test_what_a_prefix_or_an_inflection_found_is_told_as_the_article_has_it(compiled, article):
    found = explained(
        compiled(
            "topic: T\nlang: [en]\nscore: {2: [{near: {within: 9, of: [negotiat*, envoy~]}}, {body: [DPRK, talk~]}]}\n"
        ),
        article("Envoys in NEGOTIATIONS", "They talked of the D.P.R.K."),
    )
    assert [str(line) for line in found.lines] == [
        "+2 near: within 9 words: Envoys … NEGOTIATIONS",
        "+2 body: talked, DPRK",
    ]


@pytest.mark.parametrize(
    ("rule", "title", "text", "miss"),
    [
        ("any: [a1]", "b1", "", "nothing of a1"),
        ("any: [a1, b1*, c1, d1, e1]", "f1", "", "nothing of a1, b1, c1, d1, …"),
        ("require: {all: [a1, b1, c1]}", "a1 c1", "", "require: 2 of 3 gates: no “b1”"),
        ("require: a1\ntitle: b1\nall: [c1]", "a1 c1", "b1", "2 of 3 gates: title: no “b1” there (elsewhere it is)"),
        (
            "score: {2: [{near: {within: 15, of: [a1, b1]}}]}",
            "a1 " + "x " * 18 + "b1",
            "",
            "1 more needed; near: distance 19, allowed 15 (a1 … b1) (+2)",
        ),
        ("near: {within: 3, of: [a1, b1]}", "a1", "b1", "near: never in one paragraph"),
        ("near: {within: 3, ordered: true, of: [a1, b1]}", "b1 a1", "", "near: found in another order"),
        ("terms: {x: [b1]}\nnear: {within: 3, of: [a1, $x]}", "a1", "", "near: nothing of $x"),
        ("any: [a1]\nnone: [b1]", "a1 b1", "", "1 of 2 gates: none: b1 is there"),
        ("any: [a1]\nexclude: [{title: b1}]", "a1 b1", "", "excluded by title: b1 (topics/x.yaml:3)"),
        ("any: [a1]\nsources: {except: [example.org]}", "a1", "", "`sources` leaves out example.org"),
        ("require: [a1]\nignore: [a1 b1]", "a1 b1", "", "require: nothing of a1 (but where `ignore` masks it)"),
        ("at_least: {n: 2, of: [a1, b1, c1]}", "a1", "", "at least 2 of 3: 1 found (a1)"),
        ("score: {2: [a1], 1: [b1]}\nthreshold: 3", "b1", "", "2 more needed; no “a1” (+2)"),
    ],
)
def test_the_nearest_miss_says_what_was_lacking(compiled, article, rule, title, text, miss):
    found = explained(compiled(f"topic: T\n{rule}\n"), article(title, text))

    assert not found.matched
    assert miss in found.miss


def test_explain_and_match_agree(compiled, article):
    topics = compiled(
        "topic: T\nrequire: a1\nscore: {1: [b1], -1: [c1]}\nexclude: d1\n",
        "topic: T\nany: [a1, b1]\nnone: [d1]\n",
        "topic: T\nat_least: {n: 2, of: [a1, b1, c1]}\nignore: [c1 d1]\n",
    )
    for words in range(16):
        news = article(" ".join(name for bit, name in enumerate(("a1", "b1", "c1", "d1")) if words >> bit & 1))
        matched = {match.topic: match.score for match in topics.match(news)}
        assert {each.topic: each.score for each in topics.explain(news) if each.matched} == matched
