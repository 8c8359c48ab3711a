"""The golden pages of tests/pages: NAME.html beside NAME.json, which says what its article is."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from digest.model import FeedClaims, Page

PAGES = Path(__file__).parents[1] / "pages"


@dataclass(frozen=True)
class Golden:
    """One page with its expected article. `furniture`: pieces of text that must not be in it."""

    name: str
    url: str
    title: str
    authors: list[str]
    published: str | None
    language: str
    site: str
    lead: str
    paragraphs: list[str]
    furniture: list[str]
    complete: bool = True
    error: str = ""  # a piece of the reason
    feed: dict[str, str] = field(default_factory=dict)

    @property
    def page(self) -> Page:
        return Page(self.url, (PAGES / f"{self.name}.html").read_bytes())

    @property
    def claims(self) -> FeedClaims:
        return FeedClaims(**self.feed)

    @property
    def moment(self) -> datetime | None:
        return datetime.fromisoformat(self.published) if self.published else None


def load() -> list[Golden]:
    return [Golden(path.stem, **json.loads(path.read_text("utf-8"))) for path in sorted(PAGES.glob("*.json"))]
