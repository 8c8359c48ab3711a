"""kill -9 at any moment: every flagged story is mailed, and none twice except where nobody could know."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
def test_a_service_that_is_killed_again_and_again_mails_every_story_and_repeats_none_unknowingly() -> None:
    """The short version of `make reliability`, in a process of its own: it forks the lives that are killed."""
    loop = Path(__file__).parent / "kill_loop.py"
    done = subprocess.run([sys.executable, str(loop), "5"], capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "| kills | 5 |" in done.stdout
