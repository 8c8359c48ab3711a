"""The tests that the decisions name as keepers of a rule are there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_rule_of_collecting_has_the_tests_that_are_said_to_keep_it() -> None:
    named = re.findall(r"`(test_\w+)`", (ROOT / "docs/decisions/109-which-test-keeps-which-rule.md").read_text("utf-8"))
    there = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^(?:async )?def (test_\w+)", path.read_text("utf-8"), re.MULTILINE)
    }
    assert len(named) > 30
    assert [name for name in named if name not in there] == []
