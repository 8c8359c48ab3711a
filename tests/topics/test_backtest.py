"""An edited topic against known articles: gained, lost, unchanged, and what each term is good for."""

from __future__ import annotations

from digest.topics import compare

BEFORE = "topic: T\nany: [a1, b1]\n"
AFTER = "topic: T\nany:\n  - a1\n  - c1\n  - d1*\nlang: [en]\nignore: [e1]\n"


def test_gains_losses_and_terms_are_counted(compiled, article):
    articles = [(article(title, url=f"https://example.org/{i}"), "example.org") for i, title in enumerate(
        ("a1", "b1", "c1", "a1 c1", "c1 b1", "x")
    )]  # fmt: skip

    outcome = compare(compiled(BEFORE), compiled(AFTER), "x", articles)

    assert outcome.articles == 6
    assert [change.article.title for change in outcome.gained] == ["c1"]
    assert [change.article.title for change in outcome.lost] == ["b1"]
    assert [change.article.title for change in outcome.unchanged] == ["a1", "a1 c1", "c1 b1"]
    assert [why.rule for why in outcome.gained[0].after.why] == ["c1"]
    assert [why.rule for why in outcome.lost[0].before.why] == ["b1"]
    assert [(use.term, use.at, use.found, use.hits, use.only) for use in outcome.terms] == [
        ("a1", "topics/x.yaml:3", 2, 2, 1),
        ("c1", "topics/x.yaml:4", 3, 3, 2),
        ("d1*", "topics/x.yaml:5", 0, 0, 0),
        ("e1", "topics/x.yaml:7", 0, 0, 0),
    ]
    assert [use.term for use in outcome.never_fired] == ["d1*", "e1"]


def test_a_new_topic_only_gains(compiled, article):
    outcome = compare(None, compiled(AFTER), "x", [(article("a1"), "")])

    assert len(outcome.gained) == 1
    assert not outcome.lost
