"""Every YAML block of the README is a configuration that `digest check` accepts, and its commands exist and work."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from loopback import Run

README = Path(__file__).parents[2] / "README.md"


def _blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)


def _commands() -> list[list[str]]:
    lines = (line for block in _blocks("sh") for line in block.splitlines())
    words = [shlex.split(line, comments=True) for line in lines]
    return [command for command in words if command and command[0] == "digest"]


def test_the_yaml_blocks_together_are_a_configuration_that_check_accepts(digest: Run, home: Path) -> None:
    config = home / "config"
    for block in _blocks("yaml"):
        name = re.match(r"# (\S+\.yaml)", block)
        assert name, f"a YAML block does not say which file it is: {block[:60]}"
        (config / name[1]).parent.mkdir(parents=True, exist_ok=True)
        (config / name[1]).write_text(block, encoding="utf-8")
    done = digest("check")
    assert done.returncode == 0, done.stderr
    assert "2 topics" in done.stdout


@pytest.mark.parametrize("command", _commands(), ids=" ".join)
def test_a_command_of_the_readme_exists_with_its_options(digest: Run, command: list[str]) -> None:
    done = digest(*command[1:], "--help")
    assert done.returncode == 0, done.stderr
    for option in (word for word in command if word.startswith("--")):
        assert option in done.stdout


def test_init_then_check_is_all_it_takes_to_begin(digest: Run, home: Path) -> None:
    assert digest("init").returncode == 0
    checked = digest("check")
    assert checked.returncode == 0, checked.stderr
    again = digest("init")
    assert again.returncode == 78
    assert "digest.yaml" in again.stderr


def test_every_file_the_readme_links_to_is_there() -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)\)", README.read_text(encoding="utf-8"))
    missing = [target for target in targets if not (README.parent / target).exists()]
    assert not missing
