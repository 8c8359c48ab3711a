"""What docs/feeds.md shows is accepted, and what it lists is all there is."""

from __future__ import annotations

import re
from pathlib import Path

from digest.config import load_bytes
from digest.config.settings import DigestFile, FeedsFile
from digest.model import FeedWord

DOC = (Path(__file__).parents[2] / "docs" / "feeds.md").read_text("utf-8")


def test_every_block_of_the_document_on_feeds_is_accepted() -> None:
    blocks = re.findall(r"```yaml\n# (digest|feeds)\.yaml\n(.*?)```", DOC, re.DOTALL)
    assert len(blocks) == DOC.count("```yaml") == 2
    for name, text in blocks:
        load_bytes(text.encode(), DigestFile if name == "digest" else FeedsFile, f"{name}.yaml")


def test_every_word_for_a_feeds_health_is_explained() -> None:
    explained = {word for row in re.findall(r"^\| ([a-z, -]+) \|", DOC, re.MULTILINE) for word in row.split(", ")}
    assert explained - {"word"} == {word.value for word in FeedWord}
