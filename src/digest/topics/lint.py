"""Finds what a topic file may say and hardly means."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from digest.errors import Problem
from digest.model import Article
from digest.topics.compiler import TopicCompiler
from digest.topics.conditions import Reading
from digest.topics.topic import Topic


def lint(
    topics: Sequence[Topic], compilers: Sequence[TopicCompiler], read: Callable[[Article], Reading]
) -> list[Problem]:
    """The warnings of all topic files, in their order."""
    return []
