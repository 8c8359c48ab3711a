"""What the commands share towards the user: results on stdout, everything else on stderr."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from enum import IntEnum
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from rich.console import Console

from digest import config as configuration
from digest.config import PollSettings
from digest.errors import ConfigError, Problem, shortened

if TYPE_CHECKING:  # it brings every room with it
    from digest.engine import Progress as Watch

Result = TypeVar("Result")

# Neither markup nor names of emoji: feeds, pages and relays have brackets and colons in what they say, in tables too.
out = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)
err = Console(stderr=True, highlight=False, soft_wrap=True, markup=False, emoji=False)


class ExitCode(IntEnum):
    """What the shell is told, after sysexits.h."""

    OK = 0
    USAGE = 64
    BAD_INPUT = 65
    UNREACHABLE = 69
    STORE = 74
    DEFERRED = 75
    CONFIG = 78
    INTERRUPTED = 130


ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        metavar="DIR",
        help="The configuration directory.  [default: $DIGEST_CONFIG, ./config, "
        "$XDG_CONFIG_HOME/digest or /etc/digest]",
        show_default=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, on stdout.")]


def config_dir(context: typer.Context, explicit: Path | None) -> Path:
    """The configuration directory: the command's own `--config`, else the one before the command, else found."""
    given: Path | None = explicit or context.find_root().params.get("config")
    return configuration.find_dir(given, os.environ)


def poll_settings(context: typer.Context, explicit: Path | None) -> PollSettings:
    """How to fetch, by the configuration where there is one: commands that only look need none."""
    given: Path | None = explicit or context.find_root().params.get("config")
    try:
        return configuration.load(configuration.find_dir(given, os.environ), os.environ).poll
    except ConfigError:
        if given is not None:
            raise
        return PollSettings()


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Run to the end. Ctrl-C cancels in good order and exits with 130."""
    try:
        return asyncio.run(work)
    except KeyboardInterrupt:
        err.print("interrupted; what was stored is whole, and what was not finished stays due")
        raise typer.Exit(ExitCode.INTERRUPTED) from None


def make_sound() -> None:
    """Let stdout take every character, whatever the locale; and put something where one was closed (`>&-`)."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115 - for as long as we live
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def print_json(value: object, *, indent: int | None = 2) -> None:
    """The only thing on stdout. At once, so that a reader of a pipe need not wait for the end."""
    unicode = (sys.stdout.encoding or "utf-8").lower().startswith("utf")
    sys.stdout.write(json.dumps(value, ensure_ascii=not unicode, indent=indent) + "\n")
    sys.stdout.flush()


def show_problems(problems: tuple[Problem, ...]) -> None:
    """Print each on its own line, as compilers do, so that editors can jump there; of very many alike the first few."""
    for problem in shortened(problems):
        err.print(str(problem), style="yellow" if problem.warning else "red", markup=False)


def counted(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun: `1 feed`, `2 entries`."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def seconds_of(span: str, option: str) -> float:
    """A time span such as `30d` in seconds. Another text is a mistake in the use of the option."""
    try:
        return configuration.seconds(span)
    except configuration.Wrong as wrong:
        raise typer.BadParameter(f"`{span}` {wrong.what}; {wrong.mend}", param_hint=option) from wrong


def refuse(what: str, code: ExitCode) -> typer.Exit:
    """Say on stderr why the command ends, and hand out the exit to raise."""
    err.print(what, style="red", markup=False)
    return typer.Exit(code)


@contextmanager
def progress() -> Iterator[Watch]:
    """Bars for feeds and entries on a terminal, nothing in a pipe."""
    if not err.is_terminal:
        yield lambda *_: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn  # for people only

    columns = (TextColumn("{task.description:>8}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as bars:
        feeds, entries = bars.add_task("feeds", total=None), bars.add_task("articles", total=None)

        def watch(polled: int, asked: int, read: int, found: int) -> None:
            bars.update(feeds, completed=polled, total=asked)
            bars.update(entries, completed=read, total=max(found, read) or None)

        yield watch
