"""`digest outbox`: what is not delivered yet."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from digest import config as configuration
from digest.cli.console import ConfigOption, ExitCode, JsonOption, config_dir, err, out, print_json, refuse
from digest.cli.feed_table import due
from digest.cli.root import outbox_cli
from digest.errors import Stale, StoreError
from digest.model import Parcel, ParcelState, ParcelUpdate
from digest.store import Store

UNDELIVERED = tuple(state for state in ParcelState if state not in (ParcelState.SENT, ParcelState.DROPPED))

ParcelIds = Annotated[list[int], typer.Argument(metavar="ID...", help="As `digest outbox list` shows them.")]


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


@outbox_cli.command("list")
def list_outbox(context: typer.Context, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """What is not delivered, and the server's last word on it."""
    loaded = configuration.load(config_dir(context, config), os.environ)
    parcels: list[Parcel] = []
    if (store := Store.look(loaded.store_url)) is not None:
        with store:
            parcels = store.outbox(UNDELIVERED)
    if as_json:
        print_json([_parcel_row(parcel) for parcel in parcels])
        return
    if not parcels:
        err.print("The outbox is empty: no message waits to be delivered.")
        return
    now = datetime.now(UTC)
    table = _table("ID", "Digest", "To", "State", "Attempts", "Next", "Last word")
    for parcel in parcels:
        later = due(parcel.next_attempt_at, now) if parcel.state is ParcelState.READY else ""
        table.add_row(
            str(parcel.id),
            parcel.digest,
            parcel.recipient,
            parcel.state,
            str(parcel.attempts),
            later,
            parcel.reply or "",
        )
    out.print(table)


def _parcel_row(parcel: Parcel) -> dict[str, Any]:
    return {
        "id": parcel.id,
        "digest": parcel.digest,
        "recipient": parcel.recipient,
        "message_id": parcel.message_id,
        "subject": parcel.subject,
        "state": parcel.state.value,
        "attempts": parcel.attempts,
        "next_attempt_at": parcel.next_attempt_at.isoformat() if parcel.next_attempt_at else None,
        "reply": parcel.reply,
    }


@outbox_cli.command()
def retry(context: typer.Context, ids: ParcelIds, config: ConfigOption = None) -> None:
    """Let these messages be sent again at the next occasion, whatever became of them before."""
    _move(context, config, ids, ParcelState.READY, "ready")


@outbox_cli.command()
def drop(context: typer.Context, ids: ParcelIds, config: ConfigOption = None) -> None:
    """Give these messages up."""
    _move(context, config, ids, ParcelState.DROPPED, "dropped")


def _move(context: typer.Context, config: Path | None, ids: Sequence[int], state: ParcelState, done: str) -> None:
    """All of them or none, and none that a service has begun to send at this moment."""
    loaded = configuration.load(config_dir(context, config), os.environ)
    ids = list(dict.fromkeys(ids))
    with Store.open(loaded.store_url, lock=False) as store:
        while True:
            try:
                store.apply(*_moves(store, ids, state))
                break
            except Stale:  # refused, or as it should be, when looked at again
                continue
    for parcel_id in ids:
        out.print(f"message {parcel_id} is {done}")


def _moves(store: Store, ids: Sequence[int], state: ParcelState) -> list[ParcelUpdate]:
    """Moves of messages that are as they are now. Raises typer.Exit for one that may not be moved."""
    now = datetime.now(UTC)
    moves = []
    for parcel_id, parcel in zip(ids, store.parcel_each(ids), strict=True):
        if isinstance(parcel, StoreError):
            raise refuse(f"the outbox holds no message {parcel_id}; see `digest outbox list`", ExitCode.USAGE)
        if parcel.state in (ParcelState.SENDING, ParcelState.DATA_SENT):
            raise refuse(f"message {parcel_id} is on its way; wait for its outcome", ExitCode.DEFERRED)
        if parcel.state is ParcelState.SENT:
            raise refuse(f"message {parcel_id} was delivered: {parcel.reply}", ExitCode.USAGE)
        if state is ParcelState.READY and not parcel.raw:  # dropped, and longer ago than `keep.messages`
            raise refuse(f"message {parcel_id} was dropped, and its bytes are kept no longer", ExitCode.USAGE)
        moves.append(ParcelUpdate(parcel_id, state, now, attempts=0, next_attempt_at=now, seen=parcel.state))
    return moves
