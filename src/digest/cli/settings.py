"""`digest init`, `check` and `schema`: writing and proving the configuration."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from digest import app, topics
from digest import config as configuration
from digest.cli.console import ConfigOption, ExitCode, config_dir, counted, err, out, print_json, show_problems
from digest.cli.root import cli
from digest.config import Config
from digest.errors import ConfigError, Problem
from digest.render import Renderer

PANEL = "Set it up"


@cli.command(rich_help_panel=PANEL)
def init(
    directory: Annotated[Path, typer.Argument(metavar="[DIR]", help="Where to write it.")] = Path("config"),
) -> None:
    """Write a commented starter configuration. Nothing that exists is overwritten.

    **Example:** `digest init ~/.config/digest`
    """
    for path in configuration.init(directory):
        out.print(f"wrote {path}", markup=False)
    err.print(f"Edit {directory / 'feeds.yaml'}, then run `digest check --config {directory}`.", markup=False)


@cli.command(rich_help_panel=PANEL)
def check(context: typer.Context, config: ConfigOption = None) -> None:
    """Validate every file, compile every topic and run all their examples.

    Errors name file, line and column, and what mends them. Exit code 78 if there are any.
    """
    loaded = app.load(config_dir(context, config), os.environ)
    compiled = topics.compile(loaded.topics)
    problems = (
        *compiled.check_examples(),
        *compiled.lint(),
        *Renderer(loaded.templates).check(),
        *_password_not_here(loaded),
    )
    show_problems(tuple(problems))
    if any(not problem.warning for problem in problems):
        raise typer.Exit(ExitCode.CONFIG)
    examples = sum(len(topic.value.examples.match) + len(topic.value.examples.reject) for topic in loaded.topics)
    out.print(
        f"ok: {counted(len(loaded.feeds), 'feed')}, {counted(len(loaded.topics), 'topic')} with "
        f"{counted(examples, 'example')}, {counted(len(loaded.digests), 'digest')}"
    )


def _password_not_here(config: Config) -> tuple[Problem, ...]:
    """A warning and no more: systemd and containers hand the service what whoever checks does not have."""
    try:
        if config.mail.smtp is not None:
            config.mail.smtp.password()
    except ConfigError as error:
        return tuple(replace(problem, warning=True) for problem in error.problems)
    return ()


@cli.command(rich_help_panel=PANEL)
def schema(
    name: Annotated[
        str | None, typer.Argument(metavar="[digest|feeds|topic]", help="One of the three; all of them without.")
    ] = None,
) -> None:
    """Print JSON Schema (draft 7) for editors.

    **Example:** `digest schema topic > topic.schema.json`
    """
    names = configuration.SCHEMAS
    if name is not None and name not in names:
        raise typer.BadParameter(f"there are: {', '.join(names)}", param_hint="NAME")
    found = configuration.schema(name) if name else {each: configuration.schema(each) for each in names}
    print_json(found)
