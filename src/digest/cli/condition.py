"""`digest status`: what the service is doing, seen at a glance."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from dataclasses import asdict
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import typer
from rich.table import Table

from digest import config as configuration
from digest import planner
from digest.cli.asking import asked, asked_as_in, print_health
from digest.cli.console import ConfigOption, JsonOption, config_dir, counted, out, print_json
from digest.cli.feed_table import feed_row, feed_table
from digest.cli.root import cli
from digest.config import Config, DigestConfig
from digest.errors import ConfigError
from digest.feeds import without_credentials
from digest.model import Counts, DigestState, FeedState, FeedWord, Quarantined
from digest.store import Store


@cli.command(rich_help_panel="Look after it")
def status(context: typer.Context, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """What the service is doing: its health, feeds, next editions in local time, outbox and store.

    Only looks: nothing is made or written, and the service may run or not.
    """
    directory = config_dir(context, config)
    try:
        loaded = configuration.load(directory, os.environ)
    except ConfigError:
        if not as_json:
            print_health(asked_as_in(directory))
        raise
    now = datetime.now(UTC)
    facts = _facts(loaded, now)
    if as_json:
        print_json(facts)
    else:
        _print_status(facts, now)


def _facts(config: Config, now: datetime) -> dict[str, Any]:
    store = Store.look(config.store_url)
    if store is None:
        nothing: dict[str, Any] = {"store": None, "quarantined": [], "outbox": {}}
        return {"service": asked(config.http)} | nothing | _rows(config, None, {}, {}, now)
    with store:
        feeds = {state.url: state for state in store.feeds()}
        quarantine = store.quarantine()
        rows = _rows(config, store, feeds, store.digest_states(), now, {each.url for each in quarantine})
        counts = store.counts()
        today = store.recent(datetime.combine(now.astimezone().date(), time()).astimezone())
        return {
            "service": asked(config.http),
            "store": _store_row(counts) | {"place": store.place, "bytes": store.size().total_bytes},
            "today": asdict(today) | {"since": today.since.isoformat()},
            **rows,
            "quarantined": [_quarantine_row(each) for each in quarantine],
            "outbox": {state.value: number for state, number in counts.outbox.items()},
        }


def _store_row(counts: Counts) -> dict[str, Any]:
    row = asdict(counts)
    del row["outbox"]
    return row


def _quarantine_row(each: Quarantined) -> dict[str, Any]:
    return asdict(each) | {"url": without_credentials(each.url), "last_at": each.last_at.isoformat(timespec="seconds")}


def _rows(
    config: Config,
    store: Store | None,
    feeds: dict[str, FeedState],
    digests: dict[str, DigestState],
    now: datetime,
    quarantined: Collection[str] = (),
) -> dict[str, Any]:
    return {
        "feeds": [feed_row(feed, feeds.get(feed.url), now, quarantined=quarantined) for feed in config.feeds],
        "digests": [_digest_row(digest, config, store, digests.get(digest.id), now) for digest in config.digests],
    }


def _digest_row(
    digest: DigestConfig, config: Config, store: Store | None, state: DigestState | None, now: datetime
) -> dict[str, Any]:
    zone = ZoneInfo(digest.timezone)
    slots = planner.next_slots(digest.schedule, digest.timezone, now, 1)
    topics = digest.topics or tuple(Path(topic.file).stem for topic in config.topics)
    last = state.window_end if state else None
    return {
        "id": digest.id,
        "title": digest.title,
        "last": last.astimezone(zone).isoformat(timespec="minutes") if last else None,
        "next": slots[0].astimezone(zone).isoformat(timespec="minutes") if slots else None,
        "timezone": digest.timezone,
        "pending": store.pending_count(state, topics) if store and state else 0,
    }


def _print_status(facts: dict[str, Any], now: datetime) -> None:
    print_health(facts["service"])
    out.print()
    out.print(feed_table(facts["feeds"], now))
    out.print()
    out.print(_edition_table(facts["digests"]))
    out.print()
    if facts["store"] is not None:
        for line in _lines(facts):
            out.print(line, markup=False)
    elif facts["service"]["health"] == "unknown":
        out.print("Store: there is none yet; `digest run` or `digest` makes it.")
    else:  # as for root beside a systemd unit
        out.print("Store: the service has its own elsewhere; set STATE_DIRECTORY to where, such as /var/lib/digest.")


def _edition_table(digests: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("Digest", "Last edition", "Next edition", "Pending matches"):
        table.add_column(column, overflow="fold")
    for row in digests:
        zone = row["timezone"]
        table.add_row(
            row["title"], _local(row["last"], zone) or "none yet", _local(row["next"], zone), str(row["pending"])
        )
    return table


def _lines(facts: dict[str, Any]) -> Iterator[str]:
    """What there is to count: feeds, what came today, the outbox, the store, and what is left alone."""
    feeds, day, outbox, store = facts["feeds"], facts["today"], facts["outbox"], facts["store"]
    new = sum(row["health"] == FeedWord.NEW for row in feeds)
    failing = sum(row["failures"] > 0 for row in feeds)
    yield f"Feeds: {len(feeds) - failing - new} all right, {failing} failing" + (
        f", {new} not polled yet" if new else ""
    )
    came = counted(day["entries"], "new entry", "new entries"), counted(day["matches"], "match", "matches")
    yield f"Today, since {datetime.fromisoformat(day['since']):%a %d %b %H:%M} here: {', '.join(came)}"
    waiting = ", ".join(f"{number} {state}" for state, number in outbox.items() if state != "sent") or "empty"
    yield f"Outbox: {waiting}; {outbox.get('sent', 0)} sent so far"
    held = f"{counted(store['entries'], 'entry', 'entries')} ({store['waiting']} to be read)"
    held += f", {counted(store['articles'], 'article')}, {counted(store['matches'], 'match', 'matches')}"
    held += f", {counted(store['editions'], 'edition')}"
    yield f"Store: {held}; {store['bytes'] / 1e6:.1f} MB at {store['place']}"
    for each in facts["quarantined"]:
        yield f"Left alone: the {each['kind']} {each['url']} has crashed our readers ({each['reason']})"


def _local(iso: str | None, zone: str) -> str:
    return f"{datetime.fromisoformat(iso):%a %d %b %Y %H:%M} {zone}" if iso else ""
