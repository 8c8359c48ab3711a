"""The command line as plain data, read from the Typer application."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

import typer.main

from digest import cli
from digest.cli.root import cli as application

_TYPERS_OWN = {"--install-completion", "--show-completion"}
_FILES = ("FILE", "DIR", "TOPIC.yaml", "jsonl")


@dataclass(frozen=True)
class Option:
    """`names` as they are written, `metavar` empty for a flag; `choices` are the words it can take, `files`: paths."""

    names: tuple[str, ...]
    metavar: str
    help: str
    default: str

    @property
    def files(self) -> bool:
        """Its value is a path."""
        return any(each in self.metavar for each in _FILES)


@dataclass(frozen=True)
class Argument:
    """What follows a command's name."""

    metavar: str
    help: str

    @property
    def files(self) -> bool:
        """It is a path, or may be one."""
        return any(each in self.metavar for each in _FILES)

    @property
    def choices(self) -> tuple[str, ...]:
        """The words to choose from: `[digest|feeds|topic]`."""
        words = self.metavar.strip("[].")
        return tuple(words.split("|")) if "|" in words and words.islower() else ()


@dataclass(frozen=True)
class Command:
    """One command; `words` are its name with the names of those it belongs to: ("digest", "feeds", "list")."""

    words: tuple[str, ...]
    text: str  # Markdown: a sentence, then paragraphs
    arguments: tuple[Argument, ...]
    options: tuple[Option, ...]
    panel: str
    commands: tuple[Command, ...]

    @property
    def name(self) -> str:
        """As it is called."""
        return " ".join(self.words)

    @property
    def summary(self) -> str:
        """The first sentence."""
        return self.text.split("\n\n")[0].replace("\n", " ")

    def all(self) -> list[Command]:
        """It and everything below it."""
        return [self, *(each for command in self.commands for each in command.all())]


def command_line() -> Command:
    """`digest` with all of its commands, in the order of `digest --help`, whatever was imported before."""
    modules = cli._MODULES  # noqa: SLF001 # the one place that knows where they stand
    for module in dict.fromkeys(modules.values()):
        import_module(f"digest.cli.{module}")
    top = _command(typer.main.get_command(application), ("digest",), "")
    order = list(modules)
    in_order = sorted(top.commands, key=lambda each: (bool(each.commands), order.index(each.words[-1])))  # groups last
    return replace(top, commands=tuple(in_order))


def _command(command: Any, words: tuple[str, ...], panel: str) -> Command:
    options, arguments = [], []
    for parameter in command.params:
        if parameter.hidden or set(parameter.opts) & _TYPERS_OWN:
            continue
        if parameter.param_type_name == "argument":
            metavar = parameter.metavar or parameter.name.upper()
            arguments.append(Argument(metavar, _one_line(parameter.help)))
        else:
            flag = parameter.is_flag or parameter.count
            metavar = "" if flag else parameter.metavar or parameter.name.upper()
            default = "" if flag or parameter.default in {None, ""} else str(parameter.default)
            options.append(Option(tuple(parameter.opts), metavar, _one_line(parameter.help), default))
    below = [
        _command(each, (*words, name), each.rich_help_panel or "Commands")
        for name, each in getattr(command, "commands", {}).items()
        if not each.hidden
    ]
    return Command(words, (command.help or "").strip(), tuple(arguments), tuple(options), panel, tuple(below))


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())
