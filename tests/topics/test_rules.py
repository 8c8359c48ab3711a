"""What each condition asks, and what a match says of itself."""

from __future__ import annotations

import pytest

from digest.model import Field

KOREA = """\
topic: North Korea diplomacy
lang: [en]
terms:                                # named lists, used as $name
  dprk: [North Korea*, DPRK, Pyongyang, Kim Jong Un]
  talks: [summit, talks, negotiation~, envoy~, diplomat*]
require: $dprk                        # a gate: without it, no match
score:                                # points: conditions; each condition counts once
  3: [{near: {within: 15, of: [$dprk, $talks]}}, {title: $talks}]
  1: [sanctions, Seoul]
  -3: [football, box office]
exclude: [{title: obituary}]          # rejects the article
ignore: [North Korean cuisine]        # masks these spans only
threshold: 4
sources: {except: [recipes.example.org]}
"""


def matches(topics, article, source="example.org"):
    return bool(topics.match(article, source))


def test_three_lines_are_a_topic(compiled, article):
    topics = compiled("topic: Bank of Korea\nany: [Bank of Korea, BOK, Rhee Chang-yong]\n")

    [match] = topics.match(article("Rates on hold", "The BOK’s governor Rhee Chang‑yong spoke."))

    assert match.topic == "x"
    assert match.score == 2
    assert [why.rule for why in match.why] == ["BOK", "Rhee Chang-yong"]
    assert topics.titles == {"x": "Bank of Korea"}


def test_every_point_has_its_reason_and_its_place_in_the_file(compiled, article):
    news = article("Kim Jong-un’s envoy lands in Beijing for talks", "Seoul says that sanctions stay.", "Football.")

    [match] = compiled(KOREA).match(news, "example.org")

    assert [(why.points, why.rule, why.terms, why.field, why.at) for why in match.why] == [
        (
            3,
            "near: within 15 words: Kim Jong Un … envoy",
            ("Kim Jong-un", "envoy", "talks"),
            Field.TITLE,
            "topics/x.yaml:8",
        ),
        (3, "title: envoy, talks", ("envoy", "talks"), Field.TITLE, "topics/x.yaml:8"),
        (1, "sanctions", ("sanctions",), Field.BODY, "topics/x.yaml:9"),
        (1, "Seoul", ("Seoul",), Field.BODY, "topics/x.yaml:9"),
        (0, "require: Kim Jong Un", ("Kim Jong-un",), Field.TITLE, "topics/x.yaml:6"),
        (-3, "football", ("Football",), Field.BODY, "topics/x.yaml:10"),
    ]
    assert match.score == sum(why.points for why in match.why) == 5


def test_a_distance_of_one_is_told_as_one_word(compiled, article):
    """The reasons of a rule are written for readers."""
    [match] = compiled("topic: T\nany: [{near: {within: 1, of: [a1, b1]}}]\n").match(article("a1 b1", ""), "")

    assert match.why[0].rule == "near: within 1 word: a1 … b1"


def test_hits_are_slices_title_first_and_negative_terms_are_none(compiled, article):
    news = article("Kim Jong-un’s envoy lands in Beijing for talks", "Seoul says that sanctions stay.", "Football.")

    [match] = compiled(KOREA).match(news, "example.org")

    texts = {Field.TITLE: news.title, Field.BODY: news.text}
    assert [(hit.field, texts[hit.field][hit.start : hit.end], hit.term) for hit in match.hits] == [
        (Field.TITLE, "Kim Jong-un", "Kim Jong Un"),
        (Field.TITLE, "envoy", "envoy~"),
        (Field.TITLE, "talks", "talks"),
        (Field.BODY, "Seoul", "Seoul"),
        (Field.BODY, "sanctions", "sanctions"),
    ]


@pytest.mark.parametrize(
    ("title", "source"),
    [
        ("Talks in Geneva between envoys", "example.org"),
        ("Obituary: Kim Jong Un’s envoy to the talks", "example.org"),
        ("Kim Jong Un’s envoy lands for talks", "recipes.example.org"),
        ("Kim Jong Un’s envoy lands for talks", "www.recipes.example.org"),
        ("North Korean cuisine at the summit", "example.org"),
        ("Kim Jong Un envoy at football", "example.org"),
    ],
)
def test_gates_exclusions_masks_sources_and_the_threshold_reject(compiled, article, title, source):
    assert not matches(compiled(KOREA), article(title), source)


def test_a_site_with_a_name_beyond_ascii_is_known_by_its_address(compiled, article):
    """Addresses of articles have it in punycode; people write it as they read it."""
    topics = compiled("topic: T\nany: [a1]\nsources: {only: [München.example]}\n")

    assert matches(topics, article("a1"), "www.xn--mnchen-3ya.example")
    assert not matches(topics, article("a1"), "munchen.example")


def test_ignore_masks_places_not_articles(compiled, article):
    topics = compiled("topic: Orange\nany: [Orange]\nignore: [Orange County, {regex: 'Orange Bowl'}]\n")

    assert not matches(topics, article("News from Orange County"))
    assert not matches(topics, article("The Orange Bowl"))
    [match] = topics.match(article("Orange County: Orange opens its 5G network"))
    assert [(hit.start, hit.end) for hit in match.hits] == [(15, 21)]


@pytest.mark.parametrize(
    ("rule", "text", "holds"),
    [
        ("any: [a1, b1]", "b1", True),
        ("any: [a1, b1]", "c1", False),
        ("all: [a1, b1]", "a1 b1", True),
        ("all: [a1, b1]", "a1", False),
        ("any: [a1]\nnone: [b1]", "a1", True),
        ("any: [a1]\nnone: [b1]", "a1 b1", False),
        ("any: [{all: [a1, {none: [b1]}]}]", "a1", True),
        ("any: [{all: [a1, {none: [b1]}]}]", "a1 b1", False),
        ("at_least: {n: 2, of: [a1, b1, c1]}", "a1 c1", True),
        ("at_least: {n: 2, of: [a1, b1, c1]}", "a1 a1", False),
        ("terms: {x: [a1, $y], y: [b1, c1]}\nat_least: {n: 2, of: $x}", "a1 c1", True),
        ("terms: {x: [a1, $y], y: [b1, c1]}\nat_least: {n: 2, of: [$x, d1]}", "a1 c1", False),
        ("near: {within: 3, of: [a1, b1]}", "a1 x x b1", True),
        ("near: {within: 3, of: [a1, b1]}", "a1 x x x b1", False),
        ("near: {within: 3, of: [a1, b1]}", "b1 x x a1", True),
        ("near: {within: 3, ordered: true, of: [a1, b1]}", "b1 x x a1", False),
        ("near: {within: 3, ordered: true, of: [a1, b1]}", "b1 a1 b1", True),
        ("near: {within: 1, of: [a1, b1]}", "a1 b1", True),
        ("near: {within: 1, of: [a1, a1 b1]}", "a1 b1", False),
        ("near: {within: 1, of: [a1, a1 b1]}", "a1 a1 b1", True),
        ("near: {within: 4, of: [a1, b1, c1]}", "c1 x a1 x b1", True),
        ("near: {within: 3, of: [a1, b1, c1]}", "c1 x a1 x b1", False),
        ("near: {within: 9, of: [[a1, b1], [a1, c1], [a1, b1]]}", "a1 b1 c1", True),
        ("near: {within: 9, of: [[a1, b1], [a1, b1], [a1, b1]]}", "a1 x b1", False),
        ("near: {within: 9, of: [a1, b1]}", "a1\n\nb1", False),
        ("near: {within: 3, of: [北朝鮮, 会談]}", "北朝鮮との会談", True),
        ("near: {within: 2, of: [北朝鮮, 会談]}", "北朝鮮と米国と中国の会談", False),
        ("title: a1", "a1", False),
        ("body: a1", "a1", True),
        ("body: [b1, {near: {within: 2, of: [a1, c1]}}]", "a1 c1", True),
        ("lead: a1", "a1", True),
        ("lead: a1", "x " * 40 + "\n\na1", False),
        ("lead: a1", "x\n\na1", True),
        (r"regex: 'b\d{3}'", "a1 b123", True),
        (r"regex: 'b\d{3}'", "B123", False),
        (r"regex: '(?i)b\d{3}'", "B123", True),
        (r"regex: 'a1\s+b1'", "a1\n\nb1", False),
        ("require: [a1, b1]", "b1", True),
        ("require: {all: [a1, b1]}", "b1", False),
        ("require: a1\nany: [b1]", "b1", False),
        ("require: a1\nscore: {2: [b1], -1: [c1]}\nthreshold: 2", "a1 b1", True),
        ("require: a1\nscore: {2: [b1], -1: [c1]}\nthreshold: 2", "a1 b1 c1", False),
        ("score: {1: [a1, b1]}\nthreshold: 2", "a1 a1 a1", False),
        ("score: {+1: [a1, b1]}\nthreshold: 2", "a1 b1", True),
        ("score: {1: {title: a1}}", "a1", False),
        ("any: [no, 2024, 1e3, null, ~]", "no", True),
        ("any: [no, 2024, 1e3, null]", "in 2024", True),
        ("any: [a1]\nsources: {only: [example.org]}", "a1", True),
        ("any: [a1]\nsources: {only: [example.com]}", "a1", False),
        ("any: [a1]\nsources: {only: [org.example]}", "a1", False),
    ],
)
def test_a_condition_holds(compiled, article, rule, text, holds):
    rule = rule.replace(", ~]", "]")
    assert matches(compiled(f"topic: T\n{rule}\n"), article("Title", text)) is holds


def test_a_pattern_asked_for_in_several_fields_is_found_where_it_stands_in_each(compiled, article):
    """Each field is searched by itself; the places are still those of the whole text."""
    topics = compiled(
        "topic: T\nscore: {1: [{title: {regex: 'b[0-9]'}}, {lead: {regex: 'b[0-9]'}}, {body: {regex: 'b[0-9]'}}]}\n"
    )
    news = article("A b1", "b2 " + "x " * 40, "c1", "y b3")

    [match] = topics.match(news)

    assert [(why.field, why.terms) for why in match.why] == [
        (Field.TITLE, ("b1",)),
        (Field.LEAD, ("b2",)),
        (Field.BODY, ("b2", "b3")),
    ]
    texts = {Field.TITLE: news.title, Field.BODY: news.text}
    assert {texts[hit.field][hit.start : hit.end] for hit in match.hits} == {"b1", "b2", "b3"}


def test_the_lead_reaches_to_the_end_of_the_standfirst(compiled, article):
    topics = compiled("topic: T\nlead: a1\n")
    standfirst = "x " * 50

    assert matches(topics, article("T", standfirst, "a1", lead=standfirst + "\n\na1"))
    assert not matches(topics, article("T", standfirst, "a1", lead="x"))


def test_near_does_not_cross_from_the_title_to_the_text(compiled, article):
    topics = compiled("topic: T\nany: [{near: {within: 9, of: [a1, b1]}}, a1 b1]\n")

    assert not matches(topics, article("a1", "b1"))
    assert matches(topics, article("a1 b1"))


def test_only_the_topics_of_the_feed_are_looked_for(compiled, article):
    topics = compiled("topic: A\nany: [a1]\n", "topic: B\nany: [a1]\n")

    assert [match.topic for match in topics.match(article("a1"))] == ["x", "y"]
    assert [match.topic for match in topics.match(article("a1"), "", frozenset({"y"}))] == ["y"]
    assert topics.match(article("a1"), "", frozenset()) == ()


def test_a_term_means_in_each_topic_what_its_languages_make_of_it(compiled, article):
    topics = compiled("topic: A\nlang: [en]\nany: [negotiation~]\n", "topic: B\nlang: [de]\nany: [negotiation~]\n")

    assert [match.topic for match in topics.match(article("they negotiated"))] == ["x"]


def test_the_article_language_is_no_gate(compiled, article):
    assert matches(compiled("topic: A\nlang: [de]\nany: [Gipfel]\n"), article("Le mot Gipfel"))


def test_overlapping_hits_become_one(compiled, article):
    [match] = compiled("topic: A\nany: [Kim, Kim Jong Un, Jong Un envoy, envoy]\n").match(article("Kim Jong Un envoy"))

    assert [(hit.start, hit.end) for hit in match.hits] == [(0, 11), (12, 17)]
    assert match.score == 4


def test_no_topics_match_nothing(compiled, article):
    assert compiled().match(article("a1", "b1")) == ()
