"""The search for told secrets finds them: a harness that finds nothing because it looks nowhere proves nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import canaries

TESTS = Path(__file__).parents[1]
TELLING = """
import canaries, logging

def test_prints(): print(canaries.FEED_KEY)
def test_logs(): logging.getLogger("x").error("to %s", canaries.in_url("http://a/"))
def test_hears(told): told.append(("another's log", canaries.RELAY_PASSWORD))
def test_is_silent(): print("nothing")
"""


@pytest.mark.parametrize("canary", canaries.CANARIES)
def test_each_spelling_of_a_secret_is_found(canary: str) -> None:
    assert canaries.told([("a log", f"x {canary} y")]) != []
    assert canaries.told([("a log", "feed=http://127.0.0.1/feed.xml")]) == []


def test_a_test_in_which_a_secret_is_told_fails_and_says_where(tmp_path: Path) -> None:
    (tmp_path / "test_telling.py").write_text(TELLING)
    words = ("-q", "-p", "conftest", "-c", os.devnull, "--rootdir", tmp_path, tmp_path / "test_telling.py")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *map(str, words)],
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "4 passed, 3 errors" in done.stdout, done.stdout + done.stderr
    for told in ("captured stdout of call", "captured log of call", "another's log"):
        assert f"in {told}" in done.stdout
    assert "of test_is_silent" not in done.stdout
