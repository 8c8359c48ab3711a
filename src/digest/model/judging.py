"""From an article to the reasons why it matters, and the story that it is part of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from digest.model.reading import Article

HOUR_S = 3600


class Field(StrEnum):
    """The fields of an article that rules look at. `lead` is the beginning of the body."""

    TITLE = "title"
    LEAD = "lead"
    BODY = "body"


class Hit(NamedTuple):  # made by the hundred: a frozen dataclass takes three times as long to make
    """One occurrence of a term: the slice [start, end) of the article's `title` or `text`."""

    field: Field  # TITLE or BODY
    start: int
    end: int
    term: str  # as the rule writes it


@dataclass(frozen=True, slots=True)
class Why:
    """One reason of a match. The points of all of a match's reasons add up to its score."""

    points: int
    rule: str  # the condition in words, as the topic file has it
    terms: tuple[str, ...]  # what was found, as the article writes it
    field: Field | None
    at: str  # "topics/korea.yaml:9"


@dataclass(frozen=True, slots=True)
class Match:
    """One topic satisfied by one article. Hits are in text order, title first, and never overlap."""

    topic: str
    score: int
    why: tuple[Why, ...]
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class Flagged:
    """A match with its article, as the store hands it out."""

    match_id: int  # grows with every insertion; membership of digests goes by it
    entry_id: int
    feed: str  # configured URL
    feed_name: str  # what the reader calls it
    article: Article
    match: Match
    first_seen: datetime
    guid: str | None = None
    image: str | None = None  # URL of the picture that the feed names; only where it was asked for
    shares_page: bool = False  # its URL is that of other entries too, and says nothing of which one it is

    @property
    def arrival(self) -> tuple[float, float]:
        """What decides which of two came earlier: the hour in which we first saw it, then the date that it claims.

        Within an hour it is chance whose server answers first. A date in the future counts as the moment we saw it.
        Both in seconds since 1970.
        """
        seen = self.first_seen.timestamp()
        claimed = self.article.published.timestamp() if self.article.published else seen
        return seen // HOUR_S * HOUR_S, min(claimed, seen)


@dataclass(frozen=True, slots=True)
class Snippet:
    """Text around hits, with the hits as slices of it; no markup."""

    text: str
    hits: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class AlsoIn:
    """Another place that carries the story."""

    feed: str  # name
    title: str
    url: str
    kind: str  # "copy" | "excerpt" | "same story"


@dataclass(frozen=True, slots=True)
class Story:
    """One article in front and its copies behind. `members` are all match ids that it settles."""

    front: Flagged
    also_in: tuple[AlsoIn, ...] = ()
    snippets: tuple[Snippet, ...] = ()
    members: tuple[int, ...] = ()
    also_topics: tuple[str, ...] = ()  # the other topics that flagged it: ids; their titles once in a digest

    @property
    def score(self) -> int:
        """The points of the article in front."""
        return self.front.match.score
