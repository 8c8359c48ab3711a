"""From an entry's page to its article."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Page:
    """A linked HTML document as it was fetched."""

    url: str  # that answered
    body: bytes
    content_type: str = "text/html"  # the whole header, charset included


@dataclass(frozen=True, slots=True)
class FeedClaims:
    """What a feed said about an entry, as plain text: the extractor's second source."""

    title: str = ""
    summary: str = ""  # plain text
    content: str = ""  # plain text, paragraphs separated by one empty line
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    language: str | None = None
    site: str = ""


@dataclass(frozen=True, slots=True)
class SiteKnowledge:
    """What earlier pages of a site taught: hashes of text blocks and on how many articles each was seen."""

    site: str = ""  # its host
    pages: int = 0  # distinct articles seen
    blocks: Mapping[str, int] = field(default_factory=dict)  # those that recur


@dataclass(frozen=True, slots=True)
class Lesson:
    """What one article teaches of its site: the hashes of its text blocks.

    `paragraphs` are those of them that are long enough to tell one article from another.
    """

    site: str  # its host
    blocks: tuple[str, ...]
    paragraphs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Article:
    """The extracted article. `text` is paragraphs separated by one empty line, without furniture.

    `lead` is the standfirst where the page has one; then `text` begins with it. `complete` is false
    when the text is only what the feed carried, or known to be cut off; `error` then says why.
    `published` and `modified` are in the publisher's own zone when they come from the page, and in UTC when they
    come from the store. A date of which only the day is known stands at 00:00 UTC exactly.
    """

    url: str
    title: str
    text: str
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    modified: datetime | None = None
    language: str | None = None  # ISO 639-1
    site: str | None = None
    description: str | None = None
    lead: str = ""
    complete: bool = True
    error: str | None = None
