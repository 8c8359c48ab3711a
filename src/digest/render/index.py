"""What the archive's index pages show. docs/templates.md describes each field to those who write templates."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EditionLine:
    """One edition: its subject, the link to its page, the day its window ended in words, how many stories it has."""

    title: str
    url: str
    date: str
    count: int


@dataclass(frozen=True, slots=True)
class GroupView:
    """One digest with editions, the newest first. `url` is the page with all of them, None on that page."""

    title: str
    url: str | None
    editions: tuple[EditionLine, ...]


@dataclass(frozen=True, slots=True)
class FeedLine:
    """An Atom feed to subscribe to."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class IndexView:
    """A page of the archive's index. `home` is the first page, None there. An empty title: a label stands for it."""

    title: str
    lang: str
    home: str | None
    groups: tuple[GroupView, ...]
    feeds: tuple[FeedLine, ...]


SHOWN = (IndexView, GroupView, EditionLine, FeedLine)
