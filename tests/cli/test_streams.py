"""What is said reaches its reader, and whoever does not read stops nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = "<html><head><title>Brücke — neu</title></head><body><article><h1>Brücke — neu</h1>{}</article></body></html>"
BODY = "".join(f"<p>Die Brücke ist neu — und lang; Absatz {n} sagt, wie lang sie ist und wozu.</p>" for n in range(9))


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "page.html"
    path.write_text(PAGE.format(BODY), "utf-8")
    return path


def said(words: str, home: Path, *, redirected: str = "", **env: str) -> subprocess.CompletedProcess[bytes]:
    """What a shell gets to see of `digest WORDS`."""
    known = {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"}
    command = f"{sys.executable} -m digest {words} {redirected}"
    return subprocess.run(command, shell=True, env=known | env, cwd=home, capture_output=True, check=False)


def test_a_full_disk_under_stdout_is_told_in_words_with_74(tmp_path: Path, page: Path) -> None:
    for words in ("schema", f"extract {page}"):
        done = said(words, tmp_path, redirected="> /dev/full")
        assert done.returncode == 74
        assert done.stderr == b"what you asked for: can't be written: No space left on device\n"


def test_streams_that_were_closed_before_the_start_cost_nothing(tmp_path: Path) -> None:
    assert said("schema topic", tmp_path, redirected=">&- 2>&-").returncode == 0
    assert said("check --config absent", tmp_path, redirected="2>&-").returncode == 78


def test_a_locale_that_knows_few_characters_costs_those_and_nothing_more(tmp_path: Path, page: Path) -> None:
    """JSON says all of them in its own way."""
    shown = said(f"extract {page}", tmp_path, PYTHONIOENCODING="ascii")
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.startswith(b"Br?cke ? neu\n")
    told = said(f"extract {page} --json", tmp_path, PYTHONIOENCODING="latin-1")
    assert json.loads(told.stdout.decode("ascii"))["title"] == "Brücke — neu"
