"""`digest doctor`: whether everything that the configuration needs is there."""

from __future__ import annotations

import os
from dataclasses import asdict

import typer

from digest import app, doctor
from digest.cli.console import ConfigOption, ExitCode, JsonOption, config_dir, out, print_json, run
from digest.cli.root import cli

MARKS = {"ok": ("ok  ", "green"), "warn": ("warn", "yellow"), "fail": ("fail", "red")}


@cli.command(name="doctor", rich_help_panel="Look after it")
def examine(context: typer.Context, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Look at everything that can be in the way: names, mail server, clock, time zones, disk, permissions.

    Sends no mail and changes nothing; one feed is asked for the time. Exits with 69 when something fails.
    """
    found = run(doctor.examine(app.load(config_dir(context, config), os.environ), app.utc_now()))
    if as_json:
        print_json([asdict(finding) for finding in found])
    else:
        for finding in found:
            mark, style = MARKS[finding.verdict]
            out.print(mark, style=style, end="  ")
            mend = f"; {finding.mend}" if finding.mend else ""
            out.print(f"{finding.subject}: {finding.text}{mend}", markup=False)
    if any(finding.verdict == "fail" for finding in found):
        raise typer.Exit(ExitCode.UNREACHABLE)
