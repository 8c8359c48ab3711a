"""What the make targets promise on machines of every kind."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]


def bare_path(folder: Path, *tools: str) -> str:
    """A PATH with nothing on it but these."""
    folder.mkdir(exist_ok=True)
    for tool in tools:
        found = shutil.which(tool)
        assert found, f"{tool} is missing on this machine"
        (folder / tool).symlink_to(found)
    return str(folder)


def script(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_an_old_python_is_told_so_and_nothing_is_made(tmp_path: Path):
    path = bare_path(tmp_path / "bin", "rm", "sh")
    script(tmp_path / "bin" / "python3", '[ "$1" = --version ] && echo Python 3.10.2; exit 1')
    command = [ROOT / ".ci" / "venv", tmp_path / "venv"]
    done = subprocess.run(command, env={"PATH": path}, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 1
    assert "Python 3.11 or newer is needed; there is Python 3.10.2" in done.stderr
    assert not (tmp_path / "venv").exists()


def test_a_folder_of_the_users_is_never_taken_for_an_environment(tmp_path: Path):
    (tmp_path / "venv").mkdir()
    (tmp_path / "venv" / "precious").touch()
    command = [ROOT / ".ci" / "venv", tmp_path / "venv"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 1
    assert "is no virtual environment; move it" in done.stderr
    assert (tmp_path / "venv" / "precious").exists()


def make(*arguments: str | Path) -> str:
    """What make prints, also when these tests were started by a make themselves."""
    env = {name: value for name, value in os.environ.items() if name not in {"MAKEFLAGS", "MAKELEVEL", "MFLAGS"}}
    return subprocess.run(["make", *arguments], cwd=ROOT, env=env, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("target", ["demo", "lint", "test", "check", "bench", "format"])
def test_a_second_make_installs_nothing(tmp_path: Path, target: str):
    venv = tmp_path / "venv"
    venv.mkdir()
    for stamp in (".runs", ".develops"):
        (venv / stamp).touch()
    assert ".ci/venv" not in make("--dry-run", f"VENV={venv}", target)
    for stamp in (".runs", ".develops"):
        os.utime(venv / stamp, (0, 0))
    assert ".ci/venv" in make("--dry-run", f"VENV={venv}", target)


def test_help_names_every_target():
    targets = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[0].split()
    assert [line.split()[1] for line in make("help").splitlines()] == targets


def pinned() -> dict[str, Requirement]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    found = [Requirement(line) for line in lines if not line.startswith("#")]
    return {canonicalize_name(requirement.name): requirement for requirement in found}


def test_every_dependency_is_pinned_to_a_version_that_pyproject_allows():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [
        *project["dependencies"],
        *(each for extra in project["optional-dependencies"].values() for each in extra),
    ]
    pins = pinned()
    for requirement in map(Requirement, wanted):
        pin = pins[canonicalize_name(requirement.name)]
        [exact] = pin.specifier
        assert exact.operator == "=="
        assert requirement.specifier.contains(exact.version), f"{requirement} but {pin}: run make constraints"


def test_constraints_name_no_registry_and_no_path():
    text = (ROOT / "constraints.txt").read_text()
    assert not re.search(r"https?:|file:|--|@|/", text)
