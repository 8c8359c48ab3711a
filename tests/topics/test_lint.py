"""What a file may say and hardly means is a warning, with its place."""

from __future__ import annotations

import pytest

EXAMPLES = "examples: {match: [a1], reject: [other]}\n"


def warnings(topics):
    return [str(problem).removeprefix("topics/x.yaml:") for problem in topics.lint()]


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("any: [a1, Kоrea]\nexamples: {match: [a1, Kоrea]}", "2:11: warning: `Kоrea` mixes letters of two alphabets"),
        ("any: [ab, aB, ａｂ]\nexamples: {match: [ab]}", "2:11: warning: `aB` is the same term as `ab` on line 2"),
        ("any: [a1, a-1 b, a 1 B]\nexamples: {match: [a1, a-1 b]}", "2:18: warning: `a 1 B` is the same term"),
        (
            "score: {1: [a1]}\nthreshold: 2\nexamples: {reject: [a1]}",
            "3:12: warning: the threshold of 2 can't be reached",
        ),
        ("any: [a1]\nignore: [a1 b1, a1]\nexamples: {reject: [a1]}", "2:7: warning: `a1` is always masked"),
        ("any: [a1, the]\nexamples: {match: [a1, the]}", "2:11: warning: `the` alone is a word of nearly every text"),
        ("any: [a1, x]\nexamples: {match: [a1, x]}", "2:11: warning: `x` alone is a single letter"),
        (
            "any: [a1, C++]\nexamples: {match: [a1, C++]}",
            "2:11: warning: `C++` is looked for as the letter `C` alone: signs are no part of words; add the words",
        ),
        ("any: [a1, no*]\nexamples: {match: [a1, nox]}", "2:11: warning: `no*` is the beginning of very many words"),
        ("any: [a1]", "1:8: warning: the topic has no `examples`"),
        ("any:\n- a1\n - b1\n- c1", "3:3: warning: `a1 - b1` is one term, over several lines; write a list"),
        ("any: |\n  a1\n  b1", "2:6: warning: `a1 b1` is one term, over several lines"),
        ("any: [a1 OR b1]", "2:7: warning: `a1 OR b1` is looked for with its OR, as one term; write `any:`"),
        ("any: [a1, -b1]", "2:11: warning: `-b1` does not exclude the word"),
        ("any: [/a1/i]", "2:7: warning: `/a1/i` is no regular expression here"),
        ("regex: /a1/i", "2:8: warning: the slashes of `/a1/i` are part of the pattern"),
        ("any: [a1, b1]\nexamples: {match: [a1]}", "2:11: warning: no example needs `b1`"),
        ("any: [a1]\nexclude: [b1]\nexamples: {match: [a1]}", "3:11: warning: no example needs `b1`"),
        ("any: [a1]\nterms: {x: [b1]}\nexamples: {match: [a1]}", "3:9: warning: the list `x` is used nowhere"),
    ],
)
def test_a_warning_names_the_place(compiled, text, begins):
    found = warnings(compiled(f"topic: T\n{text}\n"))

    assert any(each.startswith(begins) for each in found), found


@pytest.mark.parametrize(
    "text",
    [
        "any: [a1]\nexamples: {match: [a1], reject: [b1]}",
        "any: [BLACK AND WHITE, -5]\nexamples: {match: [BLACK AND WHITE, -5]}",
        "any: >\n  North\n  Korea\nexamples: {match: [North Korea], reject: [b]}",
        "any: [a1, =The]\nexamples: {match: [a1, The]}",
        "any: [US, IT, X]\nexamples: {match: [US, IT, X]}",
        "any: [북, 北, й]\nexamples: {match: [북, 北, й]}",
        "any: [a1]\nexclude: [b1]\nexamples: {match: [a1], reject: [a1 b1]}",
        "any: [a1]\nignore: [a1 b1]\nexamples: {match: [a1], reject: [a1 b1]}",
        "any: [Orange]\nignore: [Orange County]\nexamples: {match: [Orange], reject: [Orange County]}",
    ],
)
def test_a_good_topic_has_no_warnings(compiled, text):
    assert warnings(compiled(f"topic: T\n{text}\n")) == []
