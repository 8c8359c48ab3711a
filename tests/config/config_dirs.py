"""A small configuration that is right, for tests that break one thing of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from digest import config
from digest.errors import ConfigError, Problem

ENV = {"HOME": "/home/desk"}

DIGEST = """\
mail:
  from: desk@example.org
  directory: out/
digests:
  - id: daily
    schedule: "0 7 * * *"
"""
FEEDS = "feeds: [https://example.org/rss.xml]\n"
TOPIC = "topic: Bank of Korea\nany: [BOK]\n"


def write(directory: Path, digest: str = DIGEST, feeds: str = FEEDS, topic: str = TOPIC) -> Path:
    """Write a configuration into a directory; what isn't given is right."""
    (directory / "topics").mkdir(parents=True, exist_ok=True)
    (directory / "digest.yaml").write_text(digest, "utf-8")
    (directory / "feeds.yaml").write_text(feeds, "utf-8")
    (directory / "topics" / "bank-of-korea.yaml").write_text(topic, "utf-8")
    return directory


def refused(directory: Path, env: Mapping[str, str] = ENV) -> tuple[Problem, ...]:
    """The problems of a configuration that must be refused."""
    with pytest.raises(ConfigError) as caught:
        config.load(directory, env)
    assert str(caught.value) == "\n".join(str(problem) for problem in caught.value.problems)
    return caught.value.problems
