"""Compares an edited topic with the one in use, over articles that are already known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from digest.model import Article, Match
from digest.topics.engine import Topics


class Judge(Protocol):
    """Whoever can say what a topic made of an article: compiled topics, or the record of what was flagged."""

    def match(self, article: Article, source: str, only: frozenset[str] | None) -> tuple[Match, ...]:
        """The topics that the article is on."""


@dataclass(frozen=True, slots=True)
class Change:
    """What the topic said of an article before, and what it says now; None where it doesn't match."""

    article: Article
    before: Match | None
    after: Match | None


@dataclass(frozen=True, slots=True)
class TermUse:
    """What one term of the edited topic does.

    `found`: articles that have it. `hits`: of those, the ones that match. `only`: of those, the ones that would not
    match without it.
    """

    term: str
    at: str  # "topics/korea.yaml:9"
    found: int
    hits: int
    only: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """The outcome: what is gained, lost and still matched, and what each term contributes, in the file's order."""

    articles: int
    gained: tuple[Change, ...]
    lost: tuple[Change, ...]
    unchanged: tuple[Change, ...]
    terms: tuple[TermUse, ...]

    @property
    def never_fired(self) -> tuple[TermUse, ...]:
        """Terms that no article has."""
        return tuple(each for each in self.terms if not each.found)


def compare(before: Judge | None, after: Topics, topic: str, articles: Iterable[tuple[Article, str]]) -> Comparison:
    """Run both over the articles, each with the host it is from. `before` is None, or may lack the topic, if it is new.

    Raises KeyError if `after` has no such topic.
    """
    only = frozenset((topic,))
    count = 0
    gained: list[Change] = []
    lost: list[Change] = []
    unchanged: list[Change] = []
    uses = after.uses(topic)
    for article, source in articles:
        count += 1
        was = next(iter(before.match(article, source, only)), None) if before is not None else None
        now = uses.add(article, source)
        if now is not None:
            (unchanged if was is not None else gained).append(Change(article, was, now))
        elif was is not None:
            lost.append(Change(article, was, now))
    terms = tuple(TermUse(*each) for each in uses.table())
    return Comparison(count, tuple(gained), tuple(lost), tuple(unchanged), terms)
