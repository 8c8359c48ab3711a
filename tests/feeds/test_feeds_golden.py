"""Every small feed under golden/ is read as its .expected.json says.

To write new expectations, run with GOLDEN=write and read the differences as code.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from digest import feeds
from digest.model import FeedDocument

HERE = Path(__file__).parent / "golden"
FEEDS = sorted(path for path in HERE.iterdir() if not path.name.endswith(".expected.json"))
URL = "https://feeds.example/news/rss.xml"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def as_json(document: FeedDocument) -> Any:
    """The document without what is empty; dates in ISO 8601, sets sorted."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                key: plain(each)
                for key, each in value.items()
                if each is not False and each not in (None, "", (), frozenset())
            }
        if isinstance(value, (tuple, list)):
            return [plain(each) for each in value]
        if isinstance(value, frozenset):
            return sorted(value)
        return value.isoformat() if isinstance(value, datetime) else value

    return plain(asdict(document))


@pytest.mark.parametrize("path", FEEDS, ids=lambda path: path.name)
def test_a_feed_is_read_as_expected(path: Path) -> None:
    document = feeds.parse(path.read_bytes(), {}, URL, now=NOW)
    expected = path.with_suffix(path.suffix + ".expected.json")
    if os.environ.get("GOLDEN") == "write":
        expected.write_text(json.dumps(as_json(document), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    assert as_json(document) == json.loads(expected.read_text(encoding="utf-8"))


def test_there_are_feeds_enough_to_mean_something() -> None:
    assert len(FEEDS) >= 40
