"""`digest send`: an extra edition now."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from digest import app, compose
from digest.cli.console import ConfigOption, JsonOption, config_dir, counted, err, out, print_json, run
from digest.cli.once import messages, undelivered
from digest.cli.root import cli
from digest.errors import RenderError


@cli.command(rich_help_panel="Use it")
def send(
    context: typer.Context,
    digest_id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="Of this digest; of all by default.", show_default=False)
    ] = None,
    config: ConfigOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", "-n", help="Only show what would be sent.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Send what is pending now, as an extra edition.

    It holds what the last edition did not, and the next one goes on from here. No feed is asked: `digest` does that.
    While a service runs on the same store, that delivers it.
    """
    loaded = app.load(config_dir(context, config), os.environ)
    outcome = run((app.rehearse_sending if dry_run else app.send_now)(loaded, only=digest_id))
    if as_json:
        editions = [compose.as_json(edition.digest, edition.message.subject) for edition in outcome.editions]
        counts = {"sent": outcome.sent, "unsent": outcome.unsent, "given_up": outcome.given_up}
        print_json({"digests": editions} | counts)
    elif dry_run:
        for edition in outcome.editions:
            out.print(f"Subject: {edition.message.subject}\n", markup=False)
            out.print(edition.message.text, markup=False)
    _tell(outcome, dry_run=dry_run)
    if outcome.refused:
        raise RenderError("\n".join(outcome.refused))
    if (ending := undelivered(outcome)) is not None:
        raise ending


def _tell(outcome: app.Outcome, *, dry_run: bool) -> None:
    """What was done, on stderr."""
    if not outcome.editions and not outcome.refused:
        err.print("Nothing is pending, so there is nothing to send.")
    if dry_run:
        err.print("This was a rehearsal: nothing was sent or changed.")
        return
    for edition in outcome.editions:
        err.print(f"{edition.digest.id}: {counted(len(edition.digest.stories), 'story', 'stories')}", markup=False)
    if outcome.handed_over and outcome.editions:
        err.print("The service that works on this store delivers it: see `digest outbox list`.")
    elif told := messages(outcome):
        err.print(told, markup=False)
    for path in outcome.written:
        err.print(f"  wrote {path}", markup=False)
