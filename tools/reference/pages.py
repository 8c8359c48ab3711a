"""The reference as Markdown."""

from __future__ import annotations

from tools.reference.commands import Command
from tools.reference.settings import File, Key

GENERATED = "<!-- Written by `make reference` from the program itself: edit the docstrings and models instead. -->\n"

EXIT_CODES = {
    0: "done, also when some feeds failed: they are reported",
    64: "the call is wrong",
    65: "a file given as input can't be read",
    69: "nothing could be reached, or a message was refused for good: `digest outbox list` shows which",
    74: "the store can't be read or written",
    75: "delivery is deferred and will be tried again; or another instance works on this store",
    78: "the configuration is refused; the message names file, line and what mends it",
}


def commands_page(top: Command) -> str:
    """docs/reference/commands.md."""
    lines = [GENERATED, "# Commands\n"]
    for command in top.all():
        lines += [f"## `{command.name}`\n", f"{command.text}\n", f"```text\n{usage(command)}\n```\n"]
        if command.arguments:
            lines += [f"- `{each.metavar}` {each.help}".rstrip() for each in command.arguments] + [""]
        if command.options:
            lines += ["| option | |", "|---|---|"]
            for option in command.options:
                names = ", ".join(f"`{each}{' ' + option.metavar if option.metavar else ''}`" for each in option.names)
                default = f" Default: `{option.default}`." if option.default else ""
                lines.append(f"| {_cell(names)} | {_cell(option.help + default)} |")
            lines.append("")
        if command.commands:
            lines += [f"- `{each.name}` {each.summary}" for each in command.commands] + [""]
    lines += ["## Exit codes\n", "| code | |", "|---|---|"]
    lines += [f"| {code} | {text} |" for code, text in EXIT_CODES.items()]
    return "\n".join(lines) + "\n"


def usage(command: Command) -> str:
    """How it is called."""
    words = [command.name]
    if command.options:
        words.append("[OPTIONS]")
    if command.commands:
        words.append("COMMAND" if len(command.words) > 1 else "[COMMAND]")
    return " ".join([*words, *(each.metavar for each in command.arguments)])


def settings_page(files: tuple[File, ...]) -> str:
    """docs/reference/configuration.md."""
    lines = [
        GENERATED,
        "# Configuration\n",
        "Every key of every file. `[]` stands for each item of a list. Time spans are written `30s`, `15m`, `24h`,",
        "`7d`; sizes `10MB`. `${NAME}` is filled in from the environment in digest.yaml and feeds.yaml. How topics are",
        "written is told in [the rule language](../topics.md).\n",
    ]
    for file in files:
        lines += [f"## {file.name}\n", f"{file.text}\n", "| key | value | |", "|---|---|---|"]
        lines += [f"| `{key.path}` | {_cell(_value(key))} | {_cell(_told(key))} |" for key in file.keys]
        lines.append("")
    return "\n".join(lines)


def _value(key: Key) -> str:
    if key.required:
        return f"{key.kind}; required"
    return f"{key.kind}; default `{key.default}`" if key.default else key.kind


def _told(key: Key) -> str:
    return f"{key.text} Example: `{key.example}`" if key.example and key.example != key.default else key.text


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
