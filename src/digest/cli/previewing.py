"""`digest preview`: the digests in a browser, made anew at each save."""

from __future__ import annotations

import os
import webbrowser
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated

import typer

from digest import app
from digest import preview as previewing
from digest.cli.console import ConfigOption, config_dir, counted, err, out, progress, run
from digest.cli.root import cli
from digest.model import DueFeed


@cli.command(rich_help_panel="Set it up")
def preview(
    context: typer.Context,
    demo: Annotated[bool, typer.Option("--demo", help="With the articles and rules of the sample newsroom.")] = False,
    stored: Annotated[bool, typer.Option("--stored", help="Poll nothing: only what the store has already.")] = False,
    templates: Annotated[
        Path | None, typer.Option("--templates", metavar="DIR", help="Use these templates, as `templates:` would.")
    ] = None,
    port: Annotated[int, typer.Option("--port", metavar="N", min=0, max=65535, help="0 is whichever is free.")] = 0,
    show: Annotated[bool, typer.Option("--open", help="Open it in a browser.")] = False,
    config: ConfigOption = None,
) -> None:
    """Show the digests in a browser, and make them anew at each save of a template, a topic or a setting.

    Polls once at the start, over a throw-away copy of the state: nothing is sent, nothing is changed. Ctrl-C ends it.

    **Example:** `digest preview --demo --templates my-templates --open`
    """
    run(_preview(context, config, demo=demo, stored=stored, templates=templates, port=port, show=show))


async def _preview(
    context: typer.Context,
    explicit: Path | None,
    *,
    demo: bool,
    stored: bool,
    templates: Path | None,
    port: int,
    show: bool,
) -> None:
    def told(url: str) -> None:
        out.print(url, markup=False)
        if show:
            webbrowser.open(url)

    async with AsyncExitStack() as stack:
        if demo:
            directory, env = await stack.enter_async_context(app.sample_places(os.environ))
        else:
            directory, env = config_dir(context, explicit), os.environ
        config = app.load(directory, env)
        pipeline, _delivery = await stack.enter_async_context(app.rehearsal(config))
        board = previewing.Board(pipeline, config, env, templates)
        await board.look()
        if not stored:
            with progress() as watch:
                tally = await app.collect(pipeline, [DueFeed(url) for url in pipeline.feeds], watch)
            failed = f", {len(tally.failed)} failed" if tally.failed else ""
            err.print(f"{counted(tally.polled, 'feed')} polled{failed}; {counted(tally.read, 'article')} read.")
        await previewing.serve(board, port, told)
