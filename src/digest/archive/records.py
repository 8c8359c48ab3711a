"""What the archive remembers of an edition, so that its index and feeds outlive what the store keeps."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from digest.model import StoredEdition

WITH_STORIES = 50  # editions; feeds are made from these, and older ones are only listed


@dataclass(frozen=True, slots=True)
class StoryRecord:
    """One story, as much of it as a feed shows. `published` is ISO 8601 or empty."""

    topic: str
    title: str
    url: str
    feed: str
    authors: tuple[str, ...]
    published: str
    language: str | None
    quote: str


@dataclass(frozen=True, slots=True)
class EditionRecord:
    """One edition. `name` is that of its page, without `.html`; `start` and `end` are ISO 8601, in UTC."""

    name: str
    subject: str
    start: str
    end: str
    count: int
    topics: dict[str, str]  # title by id
    stories: tuple[StoryRecord, ...] = ()

    @property
    def ended(self) -> datetime:
        """The end of its window."""
        return datetime.fromisoformat(self.end)


def record(edition: StoredEdition) -> EditionRecord:
    """What there is to remember of an edition, from the JSON it was frozen with."""
    data = json.loads(edition.data)
    stories = tuple(_story(topic["id"], story) for topic in data["topics"] for story in topic["stories"])
    return EditionRecord(
        name=edition.window.stamp,
        subject=data["subject"],
        start=data["window"]["from"],
        end=data["window"]["to"],
        count=len(stories),
        topics={topic["id"]: topic["title"] for topic in data["topics"]},
        stories=stories,
    )


def _story(topic: str, story: dict[str, Any]) -> StoryRecord:
    return StoryRecord(
        topic=topic,
        title=story["title"],
        url=story["url"],
        feed=story["feed"],
        authors=tuple(story["authors"]),
        published=story["published"] or "",
        language=story["language"],
        quote=" … ".join(snippet["text"] for snippet in story["snippets"]),
    )


def merged(known: Iterable[EditionRecord], new: Iterable[EditionRecord]) -> list[EditionRecord]:
    """All of them, the newest first and each once; only the newest keep their stories."""
    by_name = {each.name: each for each in (*known, *new)}
    ordered = sorted(by_name.values(), key=lambda each: each.name, reverse=True)
    return ordered[:WITH_STORIES] + [replace(each, stories=()) for each in ordered[WITH_STORIES:]]


def to_json(records: Iterable[EditionRecord]) -> bytes:
    """Their list as a file holds it."""
    text = json.dumps([asdict(each) for each in records], ensure_ascii=False, indent=1) + "\n"
    return text.encode("utf-8", "replace")  # a feed may hold half of a surrogate pair


def from_json(body: bytes) -> list[EditionRecord]:
    """The list again. Raises ValueError, KeyError or TypeError for anything else."""
    return [
        EditionRecord(**{**each, "stories": tuple(_again(story) for story in each["stories"])})
        for each in json.loads(body)
    ]


def _again(story: dict[str, Any]) -> StoryRecord:
    return StoryRecord(**{**story, "authors": tuple(story["authors"])})
