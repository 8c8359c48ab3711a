"""Judges known articles anew by an edited topic: what is gained, what is withdrawn, what was mailed and stays."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from digest.model import Article, JudgedMatch, Match, RejudgeUpdate, StoredArticle
from digest.topics.engine import Topics


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a topic said of an article until now, and what it says today; None where it doesn't match."""

    entry_id: int
    article: Article
    before: JudgedMatch | None
    after: Match | None

    @property
    def mailed(self) -> bool:
        """It stood in an edition, so nothing about it changes any more."""
        return self.before is not None and self.before.mailed


@dataclass(frozen=True, slots=True)
class Rejudgement:
    """The rulings that differ, in the order in which the articles were read."""

    topic: str
    articles: int
    gained: tuple[Ruling, ...]  # to be mailed with the next edition
    withdrawn: tuple[Ruling, ...]  # not to be mailed any more
    renewed: tuple[Ruling, ...]  # still to be mailed, for other reasons or with another score
    too_late: tuple[Ruling, ...]  # would be withdrawn, and was mailed

    def update(self, now: datetime) -> RejudgeUpdate:
        """What makes it so in the store."""
        return RejudgeUpdate(
            self.topic,
            gained=tuple((each.entry_id, each.after) for each in self.gained if each.after),
            renewed=tuple((each.before.id, each.after) for each in self.renewed if each.before and each.after),
            withdrawn=tuple(each.before.id for each in self.withdrawn if each.before),
            now=now,
        )


def rejudge(
    topics: Topics,
    topic: str,
    articles: Iterable[StoredArticle],
    recorded: Mapping[int, JudgedMatch],
    asked_of: Callable[[str], bool],
) -> Rejudgement:
    """Judge the articles by this topic. Nothing that was mailed changes, so nothing is mailed again.

    `recorded`: its matches by entry. `asked_of`: whether the feed at a URL is searched for this topic.
    """
    only = frozenset((topic,))
    count = 0
    kinds: dict[str, list[Ruling]] = {"gained": [], "withdrawn": [], "renewed": [], "too_late": []}
    for stored in articles:
        count += 1
        article, before = stored.article, recorded.get(stored.entry_id)
        found: tuple[Match, ...] = ()
        if asked_of(stored.feed):
            found = topics.match(article, urlsplit(article.url).hostname or "", only)
        ruling = Ruling(stored.entry_id, article, before, next(iter(found), None))
        if kind := _kind(ruling):
            kinds[kind].append(ruling)
    return Rejudgement(topic, count, **{kind: tuple(rulings) for kind, rulings in kinds.items()})


def _kind(ruling: Ruling) -> str | None:
    before, after = ruling.before, ruling.after
    if before is None:
        return "gained" if after else None
    if after is None:
        return "too_late" if before.mailed else "withdrawn"
    return None if before.mailed or before.match == after else "renewed"
