"""`digest run`, `status` and `outbox`: the service, what it is doing, and what is not delivered yet."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.table import Table

from digest import config as configuration
from digest import planner, service
from digest.app import utc_now
from digest.cli.console import ConfigOption, ExitCode, JsonOption, config_dir, err, out, print_json, refuse, run
from digest.cli.root import cli, outbox_cli
from digest.cli.subscriptions import feed_row, feed_table, when
from digest.config import Config
from digest.model import Parcel, ParcelState, ParcelUpdate
from digest.store import Store

UNDELIVERED = tuple(state for state in ParcelState if state not in (ParcelState.SENT, ParcelState.DROPPED))

ParcelIds = Annotated[list[int], typer.Argument(metavar="ID...", help="As `digest outbox list` shows them.")]


@cli.command(name="run", rich_help_panel="Use it")
def serve(context: typer.Context, config: ConfigOption = None) -> None:
    """Run as a service: poll, read and mail on schedule, until SIGTERM.

    Files that are edited are read again at once; a broken edit is refused and changes nothing.
    """
    run(service.serve(config_dir(context, config), os.environ))


@cli.command(rich_help_panel="Look after it")
def status(context: typer.Context, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """What the service is doing: feeds by health, next editions in local time, the outbox, the store."""
    loaded = configuration.load(config_dir(context, config), os.environ)
    now = utc_now()
    with Store.open(loaded.store_url, lock=False) as store:
        facts = _facts(loaded, store, now)
    if as_json:
        print_json(facts)
    else:
        _print_status(facts, now)


def _facts(config: Config, store: Store, now: datetime) -> dict[str, Any]:
    states = {state.url: state for state in store.feeds()}
    counts = asdict(store.counts())
    return {
        "store": counts | {"place": store.place},
        "feeds": [feed_row(feed, states.get(feed.url), now) for feed in config.feeds],
        "digests": [_digest_row(digest, config, store, now) for digest in config.digests],
        "outbox": {state.value: number for state, number in counts.pop("outbox").items()},
    }


def _digest_row(digest: configuration.DigestConfig, config: Config, store: Store, now: datetime) -> dict[str, Any]:
    zone = ZoneInfo(digest.timezone)
    state = store.digest_state(digest.id, now)
    slots = planner.next_slots(digest.schedule, digest.timezone, now, 1)
    topics = digest.topics or tuple(Path(topic.file).stem for topic in config.topics)
    return {
        "id": digest.id,
        "title": digest.title,
        "last": state.window_end.astimezone(zone).isoformat(timespec="minutes") if state.window_end else None,
        "next": slots[0].astimezone(zone).isoformat(timespec="minutes") if slots else None,
        "timezone": digest.timezone,
        "pending": len(store.pending(state, topics)),
    }


def _print_status(facts: dict[str, Any], now: datetime) -> None:
    out.print(feed_table(facts["feeds"], now))
    editions = _table("Digest", "Last edition", "Next edition", "Pending matches")
    for row in facts["digests"]:
        zone = row["timezone"]
        editions.add_row(
            row["title"], _local(row["last"], zone) or "none yet", _local(row["next"], zone), str(row["pending"])
        )
    out.print()
    out.print(editions)
    store, outbox = facts["store"], facts["outbox"]
    waiting = ", ".join(f"{number} {state}" for state, number in outbox.items() if state != "sent") or "empty"
    out.print(f"\nOutbox: {waiting}; {outbox.get('sent', 0)} sent so far.", markup=False)
    out.print(
        f"Store: {store['entries']} entries ({store['waiting']} to be read), {store['articles']} articles, "
        f"{store['matches']} matches, {store['editions']} editions in {store['place']}",
        markup=False,
    )


def _local(iso: str | None, zone: str) -> str:
    return f"{datetime.fromisoformat(iso):%a %d %b %Y %H:%M} {zone}" if iso else ""


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


@outbox_cli.command("list")
def list_outbox(context: typer.Context, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """What is not delivered, and the server's last word on it."""
    loaded = configuration.load(config_dir(context, config), os.environ)
    with Store.open(loaded.store_url, lock=False) as store:
        parcels = store.outbox(UNDELIVERED)
    if as_json:
        print_json([_parcel_row(parcel) for parcel in parcels])
        return
    if not parcels:
        err.print("The outbox is empty: everything was delivered.")
        return
    now = utc_now()
    table = _table("ID", "Digest", "To", "State", "Attempts", "Next", "Last word")
    for parcel in parcels:
        later = when(parcel.next_attempt_at, now) if parcel.state is ParcelState.READY else ""
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
    """All of them or none."""
    loaded = configuration.load(config_dir(context, config), os.environ)
    now = utc_now()
    with Store.open(loaded.store_url, lock=False) as store:
        for parcel in [store.parcel(parcel_id) for parcel_id in ids]:
            if parcel.state in (ParcelState.SENDING, ParcelState.DATA_SENT):
                raise refuse(f"message {parcel.id} is on its way; wait for its outcome", ExitCode.DEFERRED)
            if parcel.state is ParcelState.SENT:
                raise refuse(f"message {parcel.id} was delivered: {parcel.reply}", ExitCode.USAGE)
        store.apply(*(ParcelUpdate(parcel_id, state, now, attempts=0, next_attempt_at=now) for parcel_id in ids))
    for parcel_id in ids:
        out.print(f"message {parcel_id} is {done}")
