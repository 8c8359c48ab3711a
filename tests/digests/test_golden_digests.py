"""Whole editions as they were looked at and approved: subject, text, HTML and JSON, byte for byte.

After a change that is meant, write them anew with `GOLDEN=write pytest tests/digests`, and read the difference as code.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import editions  # noqa: E402 - found by the line above

from digest import compose  # noqa: E402
from digest.render import Renderer  # noqa: E402


@pytest.mark.parametrize("name", ["full", "quiet", "broken", "hostile"])
def test_an_edition_is_what_was_approved(name):
    digest = getattr(editions, name)()
    message = Renderer().message(digest)
    made = {
        "txt": f"Subject: {message.subject}\n\n{message.text}",
        "html": message.html,
        "json": compose.to_json(digest, message.subject),
    }
    for kind, text in made.items():
        golden = HERE / "golden" / f"{name}.{kind}"
        if os.environ.get("GOLDEN") == "write":
            golden.parent.mkdir(exist_ok=True)
            golden.write_text(text, "utf-8", newline="")
        assert text == golden.read_bytes().decode("utf-8"), f"{golden.name} differs"
