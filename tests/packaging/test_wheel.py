"""The wheel works alone: outside the checkout, in an empty environment."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the checkout with the build backend that constraints.txt pins."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of an environment that holds the wheel and what it depends on, and nothing else."""
    environment = tmp_path_factory.mktemp("empty") / "venv"
    uv = shutil.which("uv")
    if uv:
        make = [[uv, "venv", "--quiet", "--python", sys.executable, str(environment)]]
        install = [uv, "pip", "install", "--quiet", "--python", str(environment / "bin" / "python")]
    else:
        make = [[sys.executable, "-m", "venv", "--without-pip", str(environment)]]  # the one we have does it as well
        pip = [sys.executable, "-m", "pip", "--python", str(environment / "bin" / "python")]
        install = [*pip, "install", "--quiet", "--no-input", "--no-compile"]
    for command in (*make, [*install, "--constraint", str(ROOT / "constraints.txt"), str(wheel)]):
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=environment.parent)
        assert done.returncode == 0, done.stdout + done.stderr
    return environment / "bin"


def run(installed: Path, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run digest as a user would who has no configuration and no state yet."""
    home.mkdir(exist_ok=True)
    env = {"PATH": os.environ["PATH"], "HOME": str(home), "NO_COLOR": "1"}
    command = [str(installed / "digest"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=home, env=env, timeout=120)


def test_the_wheel_holds_all_that_is_needed_and_nothing_of_the_tests(wheel: Path):
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {
        "digest/py.typed",
        "digest/templates/digest.html.j2",
        "digest/templates/digest.txt.j2",
        "digest/templates/subject.txt.j2",
        "digest/newsroom/outlets.yaml",
        "digest/store/migrations/versions/0001_first_schema.py",
    } <= names
    tracked = subprocess.run(["git", "ls-files", "src/digest"], cwd=ROOT, capture_output=True, text=True, check=False)
    missing = {line.removeprefix("src/") for line in tracked.stdout.splitlines()} - names
    assert missing == set()
    assert any(name.endswith("/licenses/LICENSE") for name in names)
    assert not [name for name in names if "test" in name.split("/")[0] or name.startswith("bench")]


def test_the_demo_runs_from_the_wheel_alone(installed: Path, tmp_path: Path):
    done = run(installed, tmp_path / "home", "--dry-run", "--demo", "--json", "--out", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout)
    assert [topic["stories"] for digest in shown["digests"] for topic in digest["topics"]]
    assert {path.suffix for path in (tmp_path / "out").iterdir()} == {".eml", ".html", ".txt", ".json"}


def test_a_starter_configuration_comes_out_of_the_wheel_and_is_accepted(installed: Path, tmp_path: Path):
    home = tmp_path / "home"
    made = run(installed, home, "init", "config")
    assert made.returncode == 0, made.stderr
    checked = run(installed, home, "check")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_schemas_come_out_of_the_wheel(installed: Path, tmp_path: Path):
    done = run(installed, tmp_path / "home", "schema", "topic")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["$schema"] == "http://json-schema.org/draft-07/schema#"


def test_manual_pages_and_completion_are_installed_where_they_are_looked_for(installed: Path):
    share = installed.parent / "share"
    for path in (
        "man/man1/digest.1",
        "man/man5/digest.yaml.5",
        "man/man5/digest-feeds.5",
        "man/man5/digest-topics.5",
        "bash-completion/completions/digest",
        "zsh/site-functions/_digest",
        "fish/vendor_completions.d/digest.fish",
    ):
        assert (share / path).read_text(encoding="utf-8")


def test_the_version_is_told(installed: Path, tmp_path: Path):
    done = run(installed, tmp_path / "home", "--version")
    assert done.returncode == 0
    assert done.stdout.strip().endswith(installed_version(installed))


def installed_version(installed: Path) -> str:
    code = "from importlib.metadata import version; print(version('digest'))"
    python = installed / "python"
    return subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
