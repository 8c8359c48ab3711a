"""How feeds are shown by `digest feeds list` and `digest status`: rows of JSON, and a table with times in words."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from rich.table import Table

from digest import planner
from digest.config import FeedConfig
from digest.feeds import without_credentials
from digest.model import FeedState, FeedWord, Subscription

_SAYING_IT_ALL = (FeedWord.GONE, FeedWord.OFFLINE, FeedWord.MOVED, FeedWord.NEW, FeedWord.OK)
_STYLES = dict.fromkeys((FeedWord.GONE, FeedWord.QUARANTINED, FeedWord.RATE_LIMITED, FeedWord.FAILING), "red") | (
    dict.fromkeys((FeedWord.OFFLINE, FeedWord.GAP, FeedWord.LYING, FeedWord.MOVED, FeedWord.SILENT), "yellow")
)


def when(moment: datetime | None, now: datetime) -> str:
    """A time as people say it: `3 h ago`, `in 20 min`."""
    if moment is None:
        return "never"
    seconds = abs((moment - now).total_seconds())
    for unit, name in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= unit:
            amount = f"{seconds // unit:.0f} {name}"
            break
    else:
        return "just now" if moment <= now else "now"
    return f"{amount} ago" if moment < now else f"in {amount}"


def due(moment: datetime | None, now: datetime) -> str:
    """The same of something that is to come: `now` when it is overdue."""
    return when(moment and max(moment, now + timedelta(microseconds=1)), now)


def feed_row(
    feed: FeedConfig, state: FeedState | None, now: datetime, *, quarantined: Collection[str] = ()
) -> dict[str, Any]:
    """One feed as `--json` shows it. `health` is one word; `says` is the sentence that goes with it.

    `quarantined` are the URLs of feeds of which something is left alone.
    """
    left_alone = feed.url in quarantined and state is not None and state.failures > 0
    health = planner.health(state, now, quarantined=left_alone)
    return {
        "url": without_credentials(feed.url),
        "name": feed.name or (state.title if state else "") or None,
        "health": health.word.value,
        "says": health.sentence,
        "failures": state.failures if state else 0,
        "error": state.last_error if state else None,
        "last_poll_at": _iso(state.last_poll_at if state else None),
        "last_success_at": _iso(state.last_success_at if state else None),
        "last_new_at": _iso(state.last_new_at if state else None),
        "next_poll_at": _iso(health.next_try),
        "moved_to": state.moved_to if state else None,
    }


def hub_row(
    feed: FeedConfig, state: FeedState | None, held: Subscription | None, now: datetime, *, reachable: bool
) -> dict[str, Any] | None:
    """How a feed stands with the hub that it names, as `--json` shows it; null where it names none."""
    found = planner.pushing(state, held, now, reachable=reachable, secret=bool(feed.headers))
    if found is None:
        return None
    return {
        "url": without_credentials(found.hub),
        "pushed": found.pushed,
        "until": _iso(found.until),
        "says": found.says,
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None


def feed_table(rows: list[dict[str, Any]], now: datetime) -> Table:
    """The feeds, those that need the owner most first; with a column for hubs where any is told of and names one."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    by_hub = ["Hub"] if any(row.get("hub") for row in rows) else []
    for column in ("Feed", "Last new", "Next poll", "Health", *by_hub):
        table.add_column(column, overflow="fold")
    worst_first = list(FeedWord)
    for row in sorted(rows, key=lambda row: (worst_first.index(FeedWord(row["health"])), row["name"] or row["url"])):
        last, following = (
            datetime.fromisoformat(row[key]) if row[key] else None for key in ("last_new_at", "next_poll_at")
        )
        if row["health"] == FeedWord.NEW:
            following = following or now  # as soon as anybody polls
        says = row["says"] if row["health"] in (*_SAYING_IT_ALL, row["says"]) else f"{row['health']}: {row['says']}"
        style = _STYLES.get(FeedWord(row["health"]))
        hub = [(row["hub"] or {"says": "it names none"})["says"] for _ in by_hub]
        table.add_row(row["name"] or row["url"], when(last, now), due(following, now), says, *hub, style=style)
    return table
