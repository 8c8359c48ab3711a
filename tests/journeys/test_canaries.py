"""The search for told secrets finds them: a harness that finds nothing because it looks nowhere proves nothing."""

from __future__ import annotations

import pytest

import canaries


@pytest.mark.parametrize("canary", canaries.CANARIES)
def test_each_spelling_of_a_secret_is_found(canary: str) -> None:
    assert canaries.told([("a log", f"x {canary} y")]) != []
    assert canaries.told([("a log", "feed=http://127.0.0.1/feed.xml")]) == []
