"""`digest backup`, `restore` and `migrate-store`: copies of what is stored, and the way back."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from digest import config as configuration
from digest import store
from digest.cli.console import ConfigOption, config_dir, counted, err, out
from digest.cli.root import cli

PANEL = "Look after it"


@cli.command(rich_help_panel=PANEL)
def backup(
    context: typer.Context,
    to: Annotated[Path, typer.Argument(metavar="FILE|DIR", help="A new file; in a directory it is named by the time.")],
    keep: Annotated[
        int | None,
        typer.Option("--keep", metavar="N", min=1, help="With DIR: remove all but the newest N backups there."),
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Copy the store into one file, also while the service runs, and check the copy.

    The file is SQLite, whichever database the store is, and holds everything: `digest restore` takes it into either.

    **Example:** `digest backup /var/backups/digest --keep 14`
    """
    if keep is not None and not to.is_dir():
        raise typer.BadParameter("goes with a directory that exists", param_hint="--keep")
    if to.is_file():
        raise typer.BadParameter(f"{to} exists; name a new file, or a directory", param_hint="FILE")
    if not to.parent.is_dir():
        raise typer.BadParameter(f"there is no directory {to.parent}; make it first", param_hint="FILE")
    loaded = configuration.load(config_dir(context, config), os.environ)
    made = store.backup(loaded.store_url, to, datetime.now(UTC))
    out.print(f"{made} ({made.stat().st_size / 1e6:.1f} MB)", markup=False)
    for path in store.remove_old(to, keep) if keep else ():
        err.print(f"removed {path}", markup=False)


@cli.command(rich_help_panel=PANEL)
def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `digest backup` made.")],
    config: ConfigOption = None,
) -> None:
    """Put a backup in the store's place. The service must be stopped; the replaced store is kept beside.

    The file is checked first, and brought to this version's schema; where it is refused, nothing has changed.
    """
    loaded = configuration.load(config_dir(context, config), os.environ)
    done = store.restore(loaded.store_url, file, datetime.now(UTC))
    out.print(f"restored {_told(done.rows)} from {file}", markup=False)
    if done.replaced:
        err.print(f"The store that was replaced is kept as {done.replaced}.", markup=False)
    if done.undelivered:
        err.print(
            f"{counted(done.undelivered, 'message waits', 'messages wait')} to be delivered. What was delivered after"
            " the backup was made would be mailed once more: see `digest outbox list`, and `digest outbox drop`.",
            markup=False,
        )


@cli.command(name="migrate-store", rich_help_panel=PANEL)
def migrate_store(
    source: Annotated[
        str, typer.Argument(metavar="FROM", help="The store to copy: sqlite:///FILE or postgresql+psycopg://...")
    ],
    target: Annotated[str, typer.Argument(metavar="TO", help="An empty place for it, of either kind.")],
) -> None:
    """Carry a whole store from SQLite to PostgreSQL or back, and verify every row. FROM stays as it is.

    All or nothing. Afterwards, name TO under `store:` in digest.yaml.

    **Example:** `digest migrate-store sqlite:///digest.db postgresql+psycopg://digest@localhost/digest`
    """
    for place, url in (("FROM", source), ("TO", target)):
        if not url.startswith(("sqlite:", "postgresql")):
            what = f"{url} is no store; write sqlite:///FILE or postgresql+psycopg://..."
            raise typer.BadParameter(what, param_hint=place)
    state = configuration.state_dir(os.environ)
    rows = store.move(configuration.store_url(source, state), configuration.store_url(target, state))
    out.print(f"carried {_told(rows)}; {counted(sum(rows.values()), 'row')} in all, each of them verified")


def _told(rows: dict[str, int]) -> str:
    singular = {"feeds": "feed", "articles": "article", "matches": "match", "editions": "edition"}
    return ", ".join(counted(rows[name], one, name) for name, one in singular.items())
