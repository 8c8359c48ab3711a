"""Topics from the text of their files, and articles."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from digest import topics
from digest.config import load_bytes
from digest.config.topic import TopicConfig
from digest.model import Article

Compile = Callable[..., topics.Topics]


@pytest.fixture(scope="session")
def compiled() -> Compile:
    """Compiles the texts of topic files; the first is topics/x.yaml, the second topics/y.yaml."""

    def from_texts(*texts: str) -> topics.Topics:
        names = [f"topics/{name}.yaml" for name in "xyzabc"]
        return topics.compile(
            [load_bytes(text.encode(), TopicConfig, name) for text, name in zip(texts, names, strict=False)]
        )

    return from_texts


@pytest.fixture(scope="session")
def article() -> Callable[..., Article]:
    """An article of a title and paragraphs."""

    def of(title: str = "", *paragraphs: str, url: str = "https://example.org/a", lead: str = "") -> Article:
        return Article(url=url, title=title, text="\n\n".join(paragraphs), lead=lead)

    return of
