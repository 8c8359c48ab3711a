"""Manual pages: digest(1), and one in section 5 for each kind of file."""

from __future__ import annotations

import re

from tools.reference.commands import Command
from tools.reference.pages import EXIT_CODES, usage
from tools.reference.settings import File

from digest import __version__

_DATE = "2026-11-22"  # manual pages must have one; the version says more
_HEAD = '.\\" Written by `make reference` from the program itself.\n'


def command_page(top: Command) -> str:
    """digest.1: every command on one page."""
    lines = [_title("DIGEST", 1), ".SH NAME", f"digest \\- {_escaped(_uncapitalised(top.summary))}", ".SH SYNOPSIS"]
    for command in top.all():
        if not command.commands or len(command.words) == 1:
            rest = _escaped(usage(command).removeprefix(command.name))
            lines += [f"\\fB{_escaped(command.name)}\\fR{rest}", ".br"]
    lines[-1] = ".SH DESCRIPTION"
    lines += [*_paragraphs(top.text), *_options(top), ".SH COMMANDS"]
    for command in top.all()[1:]:
        if command.commands:
            continue
        lines += [f".SS {_escaped(usage(command))}", *_paragraphs(command.text)]
        for argument in command.arguments:
            if argument.help:
                lines += [".TP", f"\\fI{_escaped(argument.metavar)}\\fR", _line(argument.help)]
        lines += _options(command)
    lines += [".SH EXIT STATUS"]
    for code, text in EXIT_CODES.items():
        lines += [".TP", f"\\fB{code}\\fR", _line(text)]
    lines += [
        ".SH FILES",
        "The configuration is looked for in --config DIR, $DIGEST_CONFIG, ./config, $XDG_CONFIG_HOME/digest and",
        "/etc/digest.",
        "State lies in $STATE_DIRECTORY or $XDG_STATE_HOME/digest.",
        ".SH SEE ALSO",
        ".BR digest.yaml (5),",
        ".BR digest-feeds (5),",
        ".BR digest-topics (5)",
    ]
    return _page(lines)


def file_page(file: File, name: str) -> str:
    """A page of section 5: its keys in the file's order."""
    lines = [_title(name.upper(), 5), ".SH NAME", f"{name} \\- {_escaped(_uncapitalised(file.text))}"]
    lines += [".SH DESCRIPTION", f"This describes \\fI{_escaped(file.name)}\\fR in the configuration directory of"]
    lines += [".BR digest (1).", "An item of a list is written here as [].", ".SH KEYS"]
    for key in file.keys:
        value = f"{key.kind}; required" if key.required else key.kind
        lines += [".TP", f"\\fB{_escaped(key.path)}\\fR ({_inline(value)})", _line(key.text)]
        if key.default:
            lines += [".br", f"Default: {_escaped(key.default)}"]
        if key.example and key.example != key.default:
            lines += [".br", f"Example: {_escaped(key.example)}"]
    return _page([*lines, ".SH SEE ALSO", ".BR digest (1)"])


def _title(name: str, section: int) -> str:
    return f'{_HEAD}.TH {name} {section} {_DATE} "digest {__version__}" "digest"'


def _page(lines: list[str]) -> str:
    return "\n".join(lines) + "\n"


def _options(command: Command) -> list[str]:
    lines: list[str] = []
    for option in command.options:
        names = ", ".join(f"\\fB{_escaped(each)}\\fR" for each in option.names)
        metavar = f" \\fI{_escaped(option.metavar)}\\fR" if option.metavar else ""
        lines += [".TP", f"{names}{metavar}", _line(option.help or "See above.")]
    return lines


def _paragraphs(text: str) -> list[str]:
    """Markdown of docstrings: paragraphs, lists, `code` and **bold**."""
    lines: list[str] = []
    for paragraph in text.split("\n\n"):
        items = paragraph.split("\n")
        if items[0].startswith("- "):
            for item in re.split(r"\n?- ", paragraph)[1:]:
                lines += [".IP \\(bu 2", _line(item)]
        else:
            lines += [".PP", _line(paragraph)]
    return lines[1:] if lines[:1] == [".PP"] else lines


def _line(text: str) -> str:
    line = _inline(" ".join(text.split()))
    return f"\\&{line}" if line.startswith((".", "'")) else line


def _inline(text: str) -> str:
    parts = re.split(r"(`[^`]*`|\*\*[^*]*\*\*)", text)
    return "".join(f"\\fB{_escaped(part.strip('`*'))}\\fR" if i % 2 else _escaped(part) for i, part in enumerate(parts))


_ESCAPES = {"\\": "\\e", "-": "\\-", "“": "\\(lq", "”": "\\(rq", "’": "\\(cq", "…": "...", "→": "\\(->", "–": "\\(en"}


def _escaped(text: str) -> str:
    return "".join(_ESCAPES.get(letter, letter) for letter in text)


def _uncapitalised(text: str) -> str:
    return (text[:1].lower() + text[1:]).rstrip(".")
