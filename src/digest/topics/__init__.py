"""Compiles topic files; matches an article, and says why."""

from __future__ import annotations

from digest.topics.engine import Topics, compile  # noqa: A004 # topics.compile(...), as in re
from digest.topics.explain import Explanation, ScoreLine

__all__ = ["Explanation", "ScoreLine", "Topics", "compile"]
