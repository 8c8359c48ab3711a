"""`digest run`: the service."""

from __future__ import annotations

import os

import typer

from digest import service
from digest.cli.console import ConfigOption, config_dir, run
from digest.cli.root import cli


@cli.command(name="run", rich_help_panel="Use it")
def serve(context: typer.Context, config: ConfigOption = None) -> None:
    """Run as a service: poll, read and mail on schedule, until SIGTERM.

    Files that are edited are read again at once; a broken edit is refused and changes nothing.
    """
    run(service.serve(config_dir(context, config), os.environ))
