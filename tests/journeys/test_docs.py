"""What the documentation shows can be done: its files are accepted, its commands exist, its links lead somewhere."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import pytest
from loopback import Run

from digest import config, topics
from digest.config import load_bytes

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tools.reference.commands import command_line  # noqa: E402 # tools/ is no installed package

DOCS = ROOT / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md") if "decisions" not in path.parts)
GUIDES = [
    ROOT / "README.md",
    DOCS / "index.md",
    DOCS / "tutorial.md",
    DOCS / "explanation.md",
    *sorted(DOCS.glob("how-to/*.md")),
]
MODELS = {"digest.yaml": "digest", "feeds.yaml": "feeds"}
COMMANDS = {command.words: command for command in command_line().all()}
OPTIONS_OF_ALL = {"--help", "-h"}


def blocks(kind: str) -> list[tuple[str, str]]:
    return [
        (f"{page.name}:{page.read_text('utf-8')[: found.start()].count(chr(10)) + 1}", found[1])
        for page in GUIDES
        for found in re.finditer(rf"```{kind}\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    ]


@pytest.mark.parametrize(("place", "text"), blocks("yaml"), ids=lambda each: each.split("\n")[0])
def test_every_yaml_block_names_its_file_and_is_accepted_as_it(place: str, text: str):
    named = re.match(r"# (\S+\.yaml)\n", text)
    assert named, f"{place} does not say which file it is"
    model = config.SCHEMAS[MODELS.get(named[1], "topic")]
    sourced = load_bytes(text.encode(), model, named[1], {} if named[1] in MODELS else None)
    if named[1] not in MODELS:
        compiled = topics.compile([sourced])
        assert compiled.check_examples() == []


def test_the_tutorial_ends_with_a_configuration_that_check_accepts(digest: Run, home: Path):
    for place, text in blocks("yaml"):
        if place.startswith("tutorial.md"):
            name = text.split("\n")[0].removeprefix("# ")
            (home / "config" / name).parent.mkdir(parents=True, exist_ok=True)
            (home / "config" / name).write_text(text, encoding="utf-8")
    done = digest("check")
    assert done.returncode == 0, done.stderr


def calls() -> list[tuple[str, str]]:
    lines = [(place, line) for place, block in blocks("sh") for line in block.splitlines()]
    return [(place, line) for place, line in lines if re.search(r"(^|/|\s)digest( |$)", line.split("#")[0])]


@pytest.mark.parametrize(("place", "line"), calls(), ids=lambda each: each)
def test_every_command_exists_with_its_options(place: str, line: str):
    words = shlex.split(line, comments=True)
    if words[0] not in {"digest", "/opt/digest/bin/digest"}:
        return  # systemctl, docker, createuser: programs of others
    words[0] = "digest"
    called = max((known for known in COMMANDS if tuple(words[: len(known)]) == known), key=len)
    command = COMMANDS[called]
    known = {name for option in command.options for name in option.names} | OPTIONS_OF_ALL
    rest = words[len(called) :]
    assert {word for word in rest if word.startswith("-")} <= known, place
    assert command.arguments or not command.commands or len(called) == 1, f"{place}: there is no such command"
    if not command.arguments:
        values = {rest[i + 1] for i, word in enumerate(rest[:-1]) if word.startswith("-")}
        assert not {word for word in rest if not word.startswith("-")} - values, place


def anchors(page: Path) -> set[str]:
    """The names that a forge gives to the headings of a page."""
    titles = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", [*PAGES, ROOT / "README.md"], ids=lambda page: page.name)
def test_every_link_leads_to_a_file_and_a_heading_that_are_there(page: Path):
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    for target, anchor in re.findall(r"\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)", text):
        file = (page.parent / target).resolve() if target else page
        assert file.exists(), f"{page.name}: {target} is not there"
        if anchor and file.suffix == ".md":
            assert anchor in anchors(file), f"{page.name}: {target}#{anchor} is no heading"


def test_every_page_can_be_reached_from_the_first_one():
    reached, left = set(), [DOCS / "index.md"]
    while left:
        page = left.pop()
        if page in reached:
            continue
        reached.add(page)
        targets = re.findall(r"\]\((?!https?:)([^)#\s]+\.md)", page.read_text("utf-8"))
        left += [(page.parent / target).resolve() for target in targets]
    assert set(PAGES) <= reached
