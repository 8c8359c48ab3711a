"""Text and rules made to hurt are answered in bounded time."""

from __future__ import annotations

import time

import pytest

from digest import topics
from digest.config import load_bytes
from digest.config.topic import TopicConfig
from digest.errors import ConfigError, Problem
from digest.model import Article

RULES = """\
topic: T
lang: [en, ru]
terms: {one: [a, b, é, 北, 가*, negotiation~], two: [a, b, c, é]}
any:
  - near: {within: 50, of: [$one, $two, $one, $two, $one, zzz]}
  - regex: '(a|aa)+$'
  - regex: '(.*)(.*)(.*)z9'
  - zzz
ignore: [a a a a, {regex: 'c+'}]
"""
SIZE = 250_000  # letters; time grows with the length of the text and no faster


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a " * (SIZE // 2), id="one word a million times"),
        pytest.param("a" * SIZE, id="one line of 1 SIZE"),
        pytest.param("a" + "\u0301\u0316" * (SIZE // 2), id="combining marks"),
        pytest.param("á̖ " * (SIZE // 4), id="words of combining marks"),
        pytest.param("北" * SIZE, id="unspaced"),
        pytest.param("가" * SIZE, id="Korean without spaces"),
        pytest.param("&amp;" * (SIZE // 5), id="entities"),
        pytest.param("a-b'" * (SIZE // 4), id="punctuation"),
        pytest.param("U." * (SIZE // 2), id="initials"),
        pytest.param("\u00ad" * SIZE, id="soft hyphens"),
        pytest.param("a b c\n\n" * (SIZE // 7), id="paragraphs"),
        pytest.param(" \n \n" * (SIZE // 4), id="white space"),
    ],
)
def test_any_text_is_read_in_a_time_that_grows_with_its_length(text):
    compiled = topics.compile([load_bytes(RULES.encode(), TopicConfig, "topics/x.yaml")])
    start = time.process_time()

    compiled.match(Article(url="", title=text[:1000], text=text))

    assert time.process_time() - start < 8


def test_unspaced_text_costs_what_it_is_long_and_no_more_is_quoted_than_can_be_shown():
    """5 MB of Chinese without a space or a break; every sentence has a term."""
    compiled = topics.compile([load_bytes("topic: T\nany: [平壤, 北京]\n".encode(), TopicConfig, "topics/x.yaml")])
    text = "朝鲜外务省周三发表声明称，平壤方面将就边境贸易举行会谈。" * 60_000
    start = time.process_time()

    [match] = compiled.match(Article(url="", title="", text=text))

    assert time.process_time() - start < 15
    assert 100 < len(match.hits) <= 1_000
    assert {text[hit.start : hit.end] for hit in match.hits} == {"平壤"}


def test_thousands_of_topics_are_compiled_and_matched():
    source = [
        load_bytes(f"topic: T{i}\nany: [name{i}, other{i} word]\n".encode(), TopicConfig, f"topics/t{i}.yaml")
        for i in range(2_000)
    ]
    compiled = topics.compile(source)

    [match] = compiled.match(Article(url="", title="The name77", text="other words " * 100))

    assert match.topic == "t77"


def test_a_topic_file_of_two_megabytes_is_compiled():
    name = "neverendingcompanyname " * 9
    text = "topic: T\nany:\n" + "".join(f"  - {name[: 200 - len(str(i))]}{i}\n" for i in range(9_000))

    compiled = topics.compile([load_bytes(text.encode(), TopicConfig, "topics/x.yaml")])

    [match] = compiled.match(Article(url="", title=f"{name[: 200 - 4]}8999", text=""))
    assert match.why[0].at == "topics/x.yaml:9002"


@pytest.mark.parametrize("pattern", ["((a{100}){100}){100}", "a{1001}", "[a-z" * 1000])
def test_a_pattern_that_would_explode_is_refused_by_name(pattern):
    with pytest.raises(ConfigError, match=r"topics/x\.yaml:2:8: .* is no regular expression"):
        topics.compile([load_bytes(f"topic: T\nregex: '{pattern}'\n".encode(), TopicConfig, "topics/x.yaml")])


def test_a_file_saved_half_way_is_refused_by_name():
    whole = RULES.encode()
    for cut in range(len(whole) - 60, len(whole) - 1, 7):
        problems: tuple[Problem, ...] = ()
        try:
            topics.compile([load_bytes(whole[:cut], TopicConfig, "topics/x.yaml")])
        except ConfigError as refused:
            problems = refused.problems
        assert all(problem.file == "topics/x.yaml" for problem in problems)


@pytest.mark.parametrize("term", ["Pyongyang", "Pyongyang*", "Pyongyang talks"])
def test_a_why_line_quotes_no_more_of_a_place_than_a_reader_wants(term):
    """A letter may bear a million accents, and is one letter."""
    compiled = topics.compile([load_bytes(f"topic: T\nany: [{term}]\n".encode(), TopicConfig, "topics/x.yaml")])
    text = "In Pyongyang" + "\u0301" * 100_000 + " talks began."

    [match] = compiled.match(Article(url="", title="", text=text))

    assert max(len(each) for why in match.why for each in (why.rule, *why.terms)) < 300
    assert match.hits[0].end > 100_000


@pytest.mark.parametrize("joint", ["-", "/", ",", "—"])
@pytest.mark.parametrize("filler", ["x", "ж", "北", "x-x", "-"])
def test_a_stretch_of_very_many_words_is_read_like_a_short_one(joint, filler):
    """Its terms are found in it and behind it, at their places, however it begins and ends."""
    rules = "topic: T\nany: [Kim Jong Un, U.S. envoy~, 'M&A', behind it]\n"
    compiled = topics.compile([load_bytes(rules.encode(), TopicConfig, "topics/x.yaml")])
    stretch = joint.join([*[filler] * 400, "Kim", "Jong", "Un", "U.S.", "envoys", "M&amp;A", "y" * 450, ""])
    text = f"{joint}{stretch} behind it."

    [match] = compiled.match(Article(url="", title="", text=text))

    found = [text[hit.start : hit.end] for hit in match.hits]
    assert found == [joint.join(("Kim", "Jong", "Un")), f"U.S.{joint}envoys", "M&amp;A", "behind it"]


def test_far_more_places_of_a_term_than_anybody_reads_are_not_all_worked_out():
    """Of one paragraph, the first two thousand; the paragraphs behind it have theirs."""
    rules = "topic: T\nnear: {within: 3, of: [a, b]}\nall: [b]\n"
    compiled = topics.compile([load_bytes(rules.encode(), TopicConfig, "topics/x.yaml")])
    text = "a c " * 5_000 + "\n\n" + "a b"

    [match] = compiled.match(Article(url="", title="", text=text))

    assert [text[hit.start : hit.end] for hit in match.hits] == ["a", "b"]
    assert match.hits[0].start > 20_000
