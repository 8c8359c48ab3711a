"""YAML is read by the quick parser and by PyYAML's own, and nobody can tell by which."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from digest.config import tree
from digest.errors import ConfigError, Problem, shortened

ROOT = Path(__file__).parent.parent.parent
SNIPPETS = (
    "topic: 북한 é x # c\nany: [북한, 'é', \"q\"]\nscore:\n  3: [{near: {within: 15, of: [$a, $b]}}, {title: $t}]\n",
    "a: 1\nb: [x, y]\nc:\n  - |\n    text\n\n  -\n  - #word\nd: &a x\ne: *a\n",
    "a: >-\n  q\n  r\nb: 'x\n  y'\n",
)
TYPOS = [*" \n:-[]{},#*&!|>'\"%@`~<=.$é북a0\\", ": ", "- ", "\n  ", "\n- ", "\t"]


def outcome(text: str) -> object:
    try:
        return tree.parse(text.encode(), "x.yaml")
    except ConfigError as refused:
        return refused.problems


def both(text, monkeypatch):
    quick = outcome(text)
    with monkeypatch.context() as patched:
        patched.setattr(tree, "_QUICK_LOADER", None)
        return quick, outcome(text)


@pytest.mark.skipif(tree._QUICK_LOADER is None, reason="this PyYAML was built without libyaml")
class TestWithTheQuickParser:
    @pytest.mark.parametrize("path", sorted(ROOT.glob("config/**/*.yaml")), ids=lambda path: path.name)
    def test_shipped_files_are_read_alike(self, path, monkeypatch):
        quick, slow = both(path.read_text("utf-8"), monkeypatch)
        assert quick == slow

    def test_what_is_refused_is_refused_in_the_same_words(self, monkeypatch):
        chance = random.Random(7)
        refused = 0
        for _ in range(1_500):
            text = chance.choice(SNIPPETS)
            for _ in range(chance.randrange(1, 3)):
                at = chance.randrange(len(text))
                text = text[:at] + chance.choice(TYPOS) + text[at + chance.randrange(2) :]
            quick, slow = both(text, monkeypatch)
            if isinstance(quick, tuple):
                refused += 1
                assert quick == slow
        assert refused > 300


def test_of_many_problems_of_one_kind_the_first_few_are_shown_and_the_rest_counted():
    problems = [Problem("topics/x.yaml", line, 1, f"`word{line}` has no letter", "write one") for line in range(1, 318)]
    problems.insert(3, Problem("topics/x.yaml", 4, 9, "the list is used nowhere", warning=True))

    shown = [str(each) for each in shortened(problems)]

    assert len(shown) == 5 + 1 + 1
    assert shown[3] == "topics/x.yaml:4:9: warning: the list is used nowhere"
    assert shown[-1] == "topics/x.yaml: and 312 more like the one on line 5"
