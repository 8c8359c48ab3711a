"""Compiles topic files; matches an article, and says why."""

from __future__ import annotations

from digest.topics.backtest import Change, Comparison, TermUse, compare
from digest.topics.engine import Topics, compile  # noqa: A004 # topics.compile(...), as in re
from digest.topics.examples import add_example
from digest.topics.explain import Explanation, ScoreLine
from digest.topics.rejudging import Rejudgement, Ruling, rejudge

__all__ = [
    "Change",
    "Comparison",
    "Explanation",
    "Rejudgement",
    "Ruling",
    "ScoreLine",
    "TermUse",
    "Topics",
    "add_example",
    "compare",
    "compile",
    "rejudge",
]
