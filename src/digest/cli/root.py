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
topics_cli = typer.Typer(help="Topics and their examples.", no_args_is_help=True)
cli.add_typer(feeds_cli, name="feeds", rich_help_panel="Look after it")
cli.add_typer(outbox_cli, name="outbox", rich_help_panel="Look after it")
cli.add_typer(topics_cli, name="topics", rich_help_panel="Look closer")
example_cli = typer.Typer(help="Articles that a topic must match, or must not.", no_args_is_help=True)
topics_cli.add_typer(example_cli, name="example")
