"""Shows how an article came about: what each step dropped and added, and what trafilatura alone makes of the page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from rich.console import Console
from rich.table import Table
from rich.text import Text

from digest.extract import Told

# The sign is there for eyes and terminals that tell no colours.
_SIGNS = {"kept": (" ", ""), "added": ("+", "green"), "dropped": ("-", "red")}


def show_changes(console: Console, told: Sequence[Told]) -> None:
    """Every paragraph in the order of the page: `-` and `+` with the name of the step."""
    for line in told:
        sign, style = _SIGNS[line.action]
        step = f"[{line.step}] " if line.step else ""
        console.print(Text(f"{sign} {step}{line.text}", style=style), end="\n\n")


def changes_of(told: Sequence[Told]) -> list[dict[str, str]]:
    """The same for `--json`, without what was just kept."""
    return [{"step": line.step, "action": line.action, "text": line.text} for line in told if line.action != "kept"]


def show_beside(console: Console, plain: str, clean: str) -> None:
    """What trafilatura alone takes for the article at the left, ours at the right; in a pipe one below the other."""
    rows = _rows([line for line in plain.split("\n") if line.strip()], clean.split("\n\n"))
    if not console.is_terminal:
        for left, right in rows:
            for sign, text in ((" ", right),) if left == right else (("-", left), ("+", right)):
                if text:
                    console.print(Text(f"{sign} {text}"), end="\n\n")
        return
    table = Table(expand=True, show_lines=False, header_style="bold")
    table.add_column("trafilatura alone", ratio=1, overflow="fold")
    table.add_column("digest", ratio=1, overflow="fold")
    for left, right in rows:
        same = left == right
        table.add_row(
            Text(left, style="dim" if same else "red"), Text(right, style="" if same else "green"), end_section=True
        )
    console.print(table)


def _rows(left: Sequence[str], right: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Paragraphs side by side; what only one side has stands beside nothing."""
    keys = [[" ".join(line.split()) for line in side] for side in (left, right)]
    for _, start, end, other, last in SequenceMatcher(None, keys[0], keys[1], autojunk=False).get_opcodes():
        if keys[0][start:end] == keys[1][other:last]:
            yield from ((line, line) for line in right[other:last])
        else:
            yield from ((line, "") for line in left[start:end])
            yield from (("", line) for line in right[other:last])
