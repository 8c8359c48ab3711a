"""`digest templates`: copies of the templates to edit."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from digest import config as configuration
from digest.cli.console import ConfigOption, ExitCode, config_dir, err, out, refuse
from digest.cli.root import templates_cli
from digest.render import templates


@templates_cli.command()
def export(
    context: typer.Context,
    directory: Annotated[
        Path | None,
        typer.Argument(
            metavar="[DIR]",
            help="Where to.  [default: what `templates:` in digest.yaml names, else templates/ beside it]",
            show_default=False,
        ),
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="FILE", help="Only this one; may be given several times.")
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Copy the built-in templates, to be edited. Nothing that is there is overwritten.

    A file of yours stands in for ours of its name, so delete what you don't change: then it follows our improvements.

    **Example:** `digest templates export --only style.css.j2 --only screens.css.j2`
    """
    known = templates.names()
    for name in only or ():
        if name not in known:
            raise typer.BadParameter(f"there are: {', '.join(known)}", param_hint="--only")
    configured, named = None, str(directory and directory.absolute())
    if directory is None:
        own = config_dir(context, config)
        configured, named = configuration.load(own, os.environ).templates, "templates"
        directory = configured or own / named
    wanted = only or known
    try:
        written = templates.export(directory, wanted)
    except OSError as error:
        raise refuse(f"{directory}: can't be written: {error.strerror}", ExitCode.BAD_INPUT) from error
    for path in written:
        out.print(f"wrote {path}", markup=False)
    for name in wanted:
        if directory / name not in written:
            err.print(f"kept {directory / name}: it is there already", markup=False)
    if configured is None:
        err.print(f"To use them, add `templates: {named}` to digest.yaml.", markup=False)
