"""The root of the command line: `digest` itself, and what the other commands hang themselves on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from digest import __version__
from digest.cli import logs
from digest.cli.console import ConfigOption, JsonOption, out

cli = typer.Typer(
    name="digest",
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
feeds_cli = typer.Typer(help="Feeds and their health.", no_args_is_help=True)
outbox_cli = typer.Typer(help="Messages that are not delivered yet.", no_args_is_help=True)
topics_cli = typer.Typer(help="Topics and their examples.", no_args_is_help=True)
templates_cli = typer.Typer(help="How the email looks.", no_args_is_help=True)
example_cli = typer.Typer(help="Articles that a topic must match, or must not.", no_args_is_help=True)
cli.add_typer(feeds_cli, name="feeds", rich_help_panel="Look after it")
cli.add_typer(outbox_cli, name="outbox", rich_help_panel="Look after it")
cli.add_typer(topics_cli, name="topics", rich_help_panel="Look closer")
cli.add_typer(templates_cli, name="templates", rich_help_panel="Set it up")
topics_cli.add_typer(example_cli, name="example")


@cli.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    config: ConfigOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "-n", help="Send nothing, change nothing: poll every feed and show the digest.")
    ] = False,
    demo: Annotated[
        bool, typer.Option("--demo", help="Use the bundled sample newsroom instead of your config.")
    ] = False,
    out_dir: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="DIR", file_okay=False, help="With --dry-run: write ID.eml, .html, .txt and .json there."
        ),
    ] = None,
    show: Annotated[bool, typer.Option("--open", help="With --dry-run: show the HTML in a browser.")] = False,
    digest_id: Annotated[str | None, typer.Option("--digest", metavar="ID", help="Only this digest.")] = None,
    as_json: JsonOption = False,
    verbose: Annotated[int, typer.Option("--verbose", "-v", count=True, help="Log more; twice, every step.")] = 0,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Follow a subject across many news feeds, and get one digest of what matters.

    Without a command: poll what is due, read it, and send each digest that has something.

    **Examples**

    - `digest --dry-run --demo` shows a digest made from the bundled sample newsroom
    - `digest init` writes a starter configuration, `digest check` checks one
    - `digest --dry-run --open` rehearses yours and shows the email in a browser
    - `digest run` is the service
    """
    if version:
        out.print(f"digest {__version__}")
        return
    logs.set_up(verbose, os.environ, service=context.invoked_subcommand == "run")
    if context.invoked_subcommand is not None:
        return
    if (out_dir or show) and not dry_run:
        raise typer.BadParameter("goes with --dry-run", param_hint="--out" if out_dir else "--open")
    from digest.cli import once  # brings everything with it, so only now

    once.once(
        context,
        config,
        dry_run=dry_run,
        demo=demo,
        out_dir=out_dir,
        show=show,
        digest_id=digest_id,
        as_json=as_json,
    )
