"""What is generated from the program is up to date, and the programs it is for can read it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHARE = ROOT / "share"
MANUALS = sorted(SHARE.glob("man/man?/*"))

sys.path.insert(0, str(ROOT))

from tools.reference.__main__ import written  # noqa: E402 # tools/ is no installed package


def needs(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"needs {program}")


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_generated_files_are_what_the_program_says():
    stale = [path for path, text in written().items() if (ROOT / path).read_text("utf-8") != text]
    assert not stale, "run `make reference`"


def test_nothing_else_lies_among_them():
    assert {str(path.relative_to(ROOT)) for path in SHARE.rglob("*") if path.is_file()} <= written().keys()


@needs("man")
@pytest.mark.parametrize("page", MANUALS, ids=lambda page: page.name)
def test_man_shows_every_page_without_a_warning(page: Path):
    done = run("man", "--warnings", "-l", page)
    assert done.returncode == 0
    assert done.stderr == ""
    assert "NAME" in done.stdout


@needs("mandoc")
@pytest.mark.parametrize("page", MANUALS, ids=lambda page: page.name)
def test_mandoc_has_nothing_to_say_of_it(page: Path):
    done = run("mandoc", "-Tlint", "-Wwarning", page)
    assert done.stdout + done.stderr == ""


def completed(line: str) -> list[str]:
    """What bash offers at the end of a line."""
    words = line.split(" ")
    quoted = " ".join(f"'{word}'" for word in words)
    script = (
        f"source {SHARE}/bash-completion/completions/digest; COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; "
        '_digest; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = run("bash", "-c", script)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("digest sch", ["schema"]),
        ("digest feeds dis", ["discover"]),
        ("digest topics example a", ["add"]),
        ("digest --dry", ["--dry-run"]),
        ("digest explain x --to", ["--topic"]),
        ("digest schema t", ["topic"]),
    ],
)
def test_bash_completes(line: str, offered: list[str]):
    assert completed(line) == offered


@needs("fish")
def test_fish_completes():
    script = f"source {SHARE}/fish/vendor_completions.d/digest.fish; complete -C 'digest feeds d'"
    done = run("fish", "--no-config", "-c", script)
    assert done.returncode == 0, done.stderr
    assert re.findall(r"^\w+", done.stdout, re.MULTILINE) == ["discover"]


@needs("zsh")
def test_zsh_reads_the_completion_and_calls_it():
    """The functions are loaded, and `_arguments` and `_describe` get words they accept."""
    function = SHARE / "zsh" / "site-functions" / "_digest"
    script = (
        "_arguments() { print -r -- arguments $#; state=command }; _describe() { print -rl -- ${(P)2} }; "
        f"source {function} 2>/dev/null; _digest"
    )
    done = run("zsh", "-f", "-c", script)
    assert run("zsh", "-f", "-n", function).returncode == 0
    assert any(line.startswith("schema:") for line in done.stdout.splitlines()), done.stdout + done.stderr
