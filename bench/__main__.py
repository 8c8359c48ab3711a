"""Run every benchmark, or those named, and print one table."""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

from rich.console import Console
from rich.table import Table

Row = tuple[str, str, str]


def names(wanted: Sequence[str]) -> list[str]:
    """The benchmarks to run, by module name; exits with the list of known ones when one is unknown."""
    known = sorted(path.stem for path in Path(__file__).parent.glob("bench_*.py"))
    asked = [name if name.startswith("bench_") else f"bench_{name}" for name in wanted]
    if unknown := [name for name in asked if name not in known]:
        sys.exit(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(known) or 'none'}")
    return asked or known


def main(wanted: Sequence[str]) -> None:
    """Print the rows of each benchmark as it ends, so that a long run shows where it stands."""
    console = Console()
    table = Table("measured", "ours", "compared", title="digest bench", show_lines=False)
    for name in names(wanted):
        module = importlib.import_module(f"bench.{name}")
        heading = (module.__doc__ or name).strip().splitlines()[0]
        console.print(f"[dim]{name}: {heading}[/dim]")
        start = time.perf_counter()
        rows = cast("Callable[[], list[Row]]", module.run)()
        table.add_section()
        table.add_row(f"[bold]{heading}[/bold]", "", f"[dim]{time.perf_counter() - start:.0f} s[/dim]")
        for row in rows:
            table.add_row(*row)
    console.print(table)


if __name__ == "__main__":
    main(sys.argv[1:])
