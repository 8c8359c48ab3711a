"""`digest run`, `status` and `outbox`: the service and what it is doing."""

from __future__ import annotations

import json
import os
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.table import Table

from digest import config as configuration
from digest import planner, service
from digest.app import utc_now
from digest.cli.console import ConfigOption, ExitCode, JsonOption, config_dir, err, out, refuse, run
from digest.cli.root import cli, outbox_cli
from digest.cli.subscriptions import feed_row, health
from digest.config import Config
from digest.model import Parcel, ParcelState, ParcelUpdate
from digest.store import Store

UNDELIVERED = (
    ParcelState.READY,
    ParcelState.SENDING,
    ParcelState.DATA_SENT,
    ParcelState.UNKNOWN,
    ParcelState.FAILED,
)


@cli.command(name="run", rich_help_panel="Use it")
def serve(context: typer.Context, config: ConfigOption = None) -> None:
    """Run as a service: poll, read and mail on schedule, until SIGTERM.

    Files that are edited are read again at once; a broken edit is refused and changes nothing.
    """
    run(service.serve(config_dir(context, config), os.environ))


@cli.command(rich_help_panel="Look after it")
def status(context: typer.Context, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """What the service is doing: feeds by health, articles and matches, next editions, the outbox."""
    loaded = configuration.load(config_dir(context, config), os.environ)
    now = utc_now()
    with Store.reading(loaded.store_url) as store:
        facts = _facts(loaded, store, now)
    if as_json:
        print(json.dumps(facts, ensure_ascii=False, indent=2, default=str))
        return
    _print_status(facts)


def _facts(config: Config, store: Store, now: datetime) -> dict[str, object]:
    states = {state.url: state for state in store.feeds()}
    feeds = [feed_row(feed, states.get(feed.url), now) for feed in config.feeds]
    editions = []
    for digest in config.digests:
        zone = ZoneInfo(digest.timezone)
        slots = planner.next_slots(digest.schedule, digest.timezone, now, 1)
        last = store.last_edition(digest.id)
        editions.append(
            {
                "id": digest.id,
                "last": last.astimezone(zone).isoformat(timespec="minutes") if last else None,
                "next": slots[0].astimezone(zone).isoformat(timespec="minutes") if slots else None,
                "pending": store.pending_count(digest.id, digest.topics or [t.id for t in config.topics]),
            }
        )
    return {
        "store": store.place,
        "running": store.in_use,
        "feeds": feeds,
        "digests": editions,
        **store.counts(),
    }


def _print_status(facts: dict[str, object]) -> None:
    raise NotImplementedError
