"""One event a line, in the shape that its reader wants."""

from __future__ import annotations

import json
import logging
import os
import pty
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import structlog

from digest.cli import logs


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Leave logging as other tests expect it."""
    before = structlog.get_config(), logging.root.handlers[:], logging.root.level
    yield
    structlog.configure(**before[0])
    logging.root.handlers[:], logging.root.level = before[1], before[2]


def say_things() -> None:
    log = structlog.get_logger("a test")
    log.debug("a step")
    log.info("round", polled=3)
    try:
        raise ValueError("two\nlines")
    except ValueError:
        log.exception("crashed", feed="https://a.example/rss")
    logging.getLogger("aiohttp").error("of a library: %s", "x")


def test_in_a_pipe_each_event_is_a_line_of_json_with_its_traceback(tmp_path: Path) -> None:
    with (tmp_path / "log").open("w") as stream:
        logs.set_up(0, {}, service=True, stream=stream)
        say_things()
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert [(line["level"], line["event"]) for line in lines] == [
        ("info", "round"),
        ("error", "crashed"),
        ("error", "of a library: x"),
    ]
    assert lines[0]["polled"] == 3
    assert "ValueError: two\nlines" in lines[1]["exception"]
    assert lines[2]["logger"] == "aiohttp"


def test_the_journal_gets_levels_and_nobody_else(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with path.open("w") as stream:
        facts = os.fstat(stream.fileno())
        logs.set_up(0, {"JOURNAL_STREAM": f"{facts.st_dev}:{facts.st_ino}"}, service=True, stream=stream)
        say_things()
    assert [line[:3] for line in path.read_text().splitlines()] == ["<6>", "<3>", "<3>"]
    with path.open("w") as stream:
        logs.set_up(0, {"JOURNAL_STREAM": f"{facts.st_dev}:{facts.st_ino + 1}"}, service=True, stream=stream)
        say_things()
    assert path.read_text()[0] == "{"


def test_people_on_a_terminal_get_words_and_colours_unless_they_want_none() -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as stream:
        for env in ({}, {"NO_COLOR": "1"}):
            logs.set_up(0, env, service=True, stream=stream)
            structlog.get_logger("a test").info("round", polled=3)
        shown = b""
        while shown.count(b"\n") < 2:
            shown += os.read(ours, 4096)
    coloured, plain = shown.decode().splitlines()
    assert "\x1b[" in coloured
    assert "round" in plain
    assert "polled=3" in plain
    assert "\x1b[" not in plain
    os.close(ours)


def test_one_off_commands_only_tell_of_trouble(tmp_path: Path) -> None:
    with (tmp_path / "log").open("w") as stream:
        logs.set_up(0, {}, stream=stream)
        say_things()
    assert "round" not in (tmp_path / "log").read_text()


def test_a_log_that_cannot_be_written_stops_nothing() -> None:
    """The disk under it is full, or who collected it has ended."""
    reading, writing = os.pipe()
    os.close(reading)
    for place in ("/dev/full", writing):
        stream = open(place, "w", buffering=1)  # noqa: PTH123, SIM115 - a number is no path
        logs.set_up(0, {}, service=True, stream=stream)
        say_things()
        with suppress(OSError):
            stream.close()
        say_things()
