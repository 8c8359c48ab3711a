"""The root of the command line, which the commands hang themselves on."""

from __future__ import annotations

import typer

cli = typer.Typer(
    name="digest",
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
feeds_cli = typer.Typer(help="Feeds and their health.", no_args_is_help=True)
outbox_cli = typer.Typer(help="Messages that are not delivered yet.", no_args_is_help=True)
cli.add_typer(feeds_cli, name="feeds", rich_help_panel="Look after it")
cli.add_typer(outbox_cli, name="outbox", rich_help_panel="Look after it")
