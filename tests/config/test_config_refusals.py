"""What is wrong is refused with its place and with what mends it, in words that a novice understands."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import indent

import pytest
from config_dirs import DIGEST, TOPIC, refused, write

from digest import config

GOLDEN = Path(__file__).with_name("refusals.txt")
FILES = {"digest": "digest.yaml", "feeds": "feeds.yaml", "topic": "topics/bank-of-korea.yaml"}


def daily(lines: str) -> str:
    return DIGEST + indent(lines, "    ")


def cases() -> list[tuple[str, str, str]]:
    """The kind of each case, its file's text, and the message it is to have."""
    found = []
    for block in re.split(r"\n\n+", re.sub(r"(?m)^#.*\n", "", GOLDEN.read_text("utf-8")).strip()):
        *said, message = block.split("\n")
        kind = said[0].partition(" ")[0]
        lines = "".join(f"{line.partition('|')[2].removeprefix(' ')}\n" for line in said)
        if kind == "digest+":
            found.append(("digest", DIGEST + lines, message))
        elif kind == "daily":
            found.append(("digest", daily(lines), message))
        elif kind == "mail":
            found.append(("digest", DIGEST.replace("  directory: out/\n", indent(lines, "  ")), message))
        else:
            found.append((kind, lines, message))
    return [
        (kind, text, f"{FILES[kind]}:{'' if message[4].isdigit() else ' '}{message[4:]}")
        for kind, text, message in found
    ]


@pytest.mark.parametrize(("kind", "text", "message"), cases(), ids=[message[:60] for *_, message in cases()])
def test_a_bad_input_is_refused_with_exactly_this_message(tmp_path: Path, kind: str, text: str, message: str) -> None:
    """The message names file, line and column, what is wrong, and what mends it."""
    assert [str(problem) for problem in refused(write(tmp_path, **{kind: text}))] == [message]


def test_a_key_given_twice_hides_no_other_mistake(tmp_path: Path) -> None:
    directory = write(tmp_path, topic="topic: x\nany: [a]\nany: [b]\nlang: [xx]\ntreshold: 3\n")
    assert [str(problem).split("yaml:")[1] for problem in refused(directory)] == [
        "3:1: `any` is given a second time (first on line 2); keep one of them",
        "4:8: `xx` is not a language; write an ISO 639-1 code such as `en`, `ko` or `ru`",
        "5:1: `treshold` is not a known key; did you mean `threshold`?",
    ]


def test_a_link_that_leads_nowhere_is_called_one(tmp_path: Path) -> None:
    directory = write(tmp_path)
    (directory / "topics" / "asia.yaml").symlink_to(tmp_path / "absent.yaml")
    [problem] = refused(directory)
    assert str(problem).startswith("topics/asia.yaml: this is a link to a file that is not there; ")


def test_there_are_many_such_cases() -> None:
    assert len(cases()) >= 90


def test_every_problem_of_every_file_is_told_at_once_in_the_files_order(tmp_path: Path) -> None:
    directory = write(
        tmp_path,
        digest=DIGEST + "poll: {every: 5, gap: 1s}\ntempltes: x\n",
        feeds="feeds:\n  - example.org\n  - {url: https://a.org, topics: [bok]}\n",
        topic="topic: x\nanny: [x]\n",
    )
    (directory / "topics" / "asia.yaml").write_text("topic: [\n", "utf-8")
    places = [(problem.file, problem.line) for problem in refused(directory)]
    assert places == [
        ("digest.yaml", 7),
        ("digest.yaml", 7),
        ("digest.yaml", 8),
        ("feeds.yaml", 2),
        ("topics/asia.yaml", 1),
        ("topics/bank-of-korea.yaml", 2),
    ]


def test_feeds_and_digests_are_checked_against_the_topics_even_when_one_of_them_is_broken(tmp_path: Path) -> None:
    """A topic whose file is broken exists all the same: no second error about it."""
    directory = write(
        tmp_path,
        digest=daily("topics: [bank-of-korea, boj]\n"),
        feeds="feeds:\n  - {url: https://a.org, topics: [bank-of-korea]}\n",
        topic="topic: [\n",
    )
    assert [(problem.file, problem.line) for problem in refused(directory)] == [
        ("digest.yaml", 7),
        ("topics/bank-of-korea.yaml", 1),
    ]


@pytest.mark.parametrize("kind", ["digest", "feeds", "topic"])
def test_a_file_that_is_not_utf8_is_refused_with_the_place_of_the_first_bad_byte(tmp_path: Path, kind: str) -> None:
    directory = write(tmp_path)
    name = {"digest": "digest.yaml", "feeds": "feeds.yaml", "topic": "topics/bank-of-korea.yaml"}[kind]
    (directory / name).write_bytes("a: b\nc: é".encode("latin-1"))
    assert str(refused(directory)[0]) == f"{name}:2:4: this is not UTF-8 text; save the file as UTF-8"


def test_a_file_over_five_megabytes_is_refused_unread(tmp_path: Path) -> None:
    assert str(refused(write(tmp_path, topic="x" * 5_000_001))[0]) == (
        "topics/bank-of-korea.yaml: the file has 5.0 MB; keep it below 5 MB"
    )


def test_a_file_in_another_place_or_of_another_name_is_told(tmp_path: Path) -> None:
    directory = write(tmp_path)
    (directory / "feeds.yaml").rename(directory / "feeds.yml")
    (directory / "topics" / "bank-of-korea.yaml").rename(directory / "topics" / "bank-of-korea.yml")
    assert [str(problem) for problem in refused(directory)] == [
        "feeds.yaml: the file is called feeds.yml here; rename it to feeds.yaml",
        "topics/bank-of-korea.yml: a topic's file ends in .yaml; rename it",
    ]


def test_a_topic_file_must_have_a_name_that_can_be_written_in_a_list(tmp_path: Path) -> None:
    directory = write(tmp_path)
    (directory / "topics" / "bank of korea.yaml").write_text(TOPIC, "utf-8")
    assert str(refused(directory)[0]) == (
        "topics/bank of korea.yaml: a topic is known by its file's name; rename it; use letters, digits, `-` and `_`"
    )


def test_feeds_without_any_feed_are_no_error(tmp_path: Path) -> None:
    """Someone who comments all of them out must still be able to add one."""
    for text in ("feeds: []\n", "feeds:\n  # - https://example.org/\n"):
        assert config.load(write(tmp_path, feeds=text), {"HOME": "/h"}).feeds == ()
