"""Rules test themselves, and a file takes a new example without losing anything."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.config.topic import ExampleText
from digest.errors import ConfigError
from digest.topics import add_example

NEW = ExampleText(title="Talks: “one” # two", body="First  line\nof it.\n\nSecond.", url="https://a.org/x")
BLOCKS = """\
topic: T
examples:   # run by check
  match:
    - one # first
    - title: two
      body: |
        b

        c


  # look-alikes
  reject: [x, y]   # z
any: [a]
"""
PLAIN = {"title": "Talks: “one” # two", "body": "First line of it.\n\nSecond.", "url": "https://a.org/x"}


def test_examples_that_turn_out_right_are_no_problem(compiled):
    topics = compiled("topic: T\nany: [a1]\nexamples: {match: [a1, {body: an a1}], reject: [b1, {title: b1}]}\n")

    assert topics.check_examples() == []


def test_a_failing_example_is_told_with_its_score_lines_and_the_nearest_miss(compiled):
    topics = compiled(
        "topic: T\nrequire: a1\nscore:\n  2: [{near: {within: 2, of: [a1, b1]}}, c1]\n  1: d1\nthreshold: 4\n"
        "examples:\n  match:\n    - a1 d1 x b1\n  reject:\n    - a1 b1 c1\n"
    )

    [missed, found] = map(str, topics.check_examples())

    assert missed == (
        "topics/x.yaml:9:7: this example does not match: 1 of 4 points (+1 d1; gate require: a1); 3 more needed; "
        "near: distance 3, allowed 2 (a1 … b1) (+2); mend the rules or the example"
    )
    assert found == (
        "topics/x.yaml:11:7: this example matches: 4 of 4 points (+2 near: within 2 words: a1 … b1; +2 c1; "
        "gate require: a1); mend the rules or the example"
    )


def test_an_example_of_a_site_is_judged_as_from_there(compiled):
    topics = compiled(
        "topic: T\nany: [a1]\nsources: {except: [b.org]}\n"
        "examples: {reject: [{title: a1, url: https://b.org/x}], match: [{title: a1, url: https://c.org/x}]}\n"
    )

    assert topics.check_examples() == []


@pytest.mark.parametrize("kind", ["match", "reject"])
@pytest.mark.parametrize(
    "text",
    [
        "topic: T\nany: [a]\n",
        "topic: T\nany: [a]",
        "topic: T\nany: [a]\nexamples:\nthreshold: 1\n",
        "topic: T\nany: [a]\nexamples:\n  match:\n  reject: []\nthreshold: 1\n",
        BLOCKS,
        "topic: T\nany: [a]\nexamples: {match: [a]} # e\n",
        "topic: T\nany: [a]\nexamples: {match: [a,\n  b,\n  ], reject: []}\n",
        "topic: T\nany: [a]\nexamples:\n  match:\n  - a\n  - {title: b}\n\n# the end\n",
        "topic: T\r\nany: [a]\r\nexamples:\r\n  match:\r\n    - a\r\n",
        "topic: T\nany: [a]\nexamples:\n  reject:\n    - a\n    - 'b\n      c'\n  match:\n    - >-\n      d\n      e\n",
    ],
)
def test_an_example_is_added_and_every_line_stays(text, kind):
    edited = add_example(text, kind, NEW, "topics/x.yaml")

    before, after = yaml.safe_load(text), yaml.safe_load(edited)
    wanted = [*((before.get("examples") or {}).get(kind) or []), PLAIN]
    assert after["examples"][kind] == wanted
    assert {**after, "examples": None} == {**before, "examples": None}
    letters = iter(edited)
    assert all(letter in letters for letter in text if not letter.isspace()), "what was there stays, in its order"
    assert add_example(edited, kind, NEW, "topics/x.yaml") == edited, "the second time it is there already"


@pytest.mark.parametrize("text", [BLOCKS, "topic: T\nexamples: {match: [one], reject: [x]}\nany: [a]\n"])
def test_an_example_can_not_be_of_both_kinds(text):
    """The refusal names the line of the one that is there."""
    rejected = add_example(text, "reject", NEW, "topics/x.yaml")

    with pytest.raises(
        ConfigError, match=r"topics/x\.yaml:\d+:\d+: this example is in `reject`, so it can't be in `match`"
    ):
        add_example(rejected, "match", NEW, "topics/x.yaml")
    with pytest.raises(ConfigError, match="this example is in `match`"):
        add_example(text, "reject", ExampleText(title="one"), "topics/x.yaml")


def test_a_file_that_is_no_yaml_is_refused_by_name():
    with pytest.raises(ConfigError, match=r"topics/x\.yaml:1:"):
        add_example("topic: [", "match", NEW, "topics/x.yaml")


@settings(max_examples=150)
@given(title=st.text(min_size=1), body=st.text(), flow=st.booleans())
def test_any_text_comes_back_as_it_was_but_for_white_space(title, body, flow):
    there = "what is there is not added again"
    text = "topic: T\nany: [a]\n" + (
        f"examples: {{match: [{there}]}}\n" if flow else f"examples:\n  match:\n    - {there}\n"
    )
    example = ExampleText.model_construct(title=title, body=body, url="")

    shown = "".join(letter for letter in title if letter.isprintable() and not letter.isspace())
    if not shown:
        return
    edited = add_example(text, "match", example, "x.yaml")

    added = yaml.safe_load(edited)["examples"]["match"][1]
    assert "".join(str(added["title"]).split()) == shown
