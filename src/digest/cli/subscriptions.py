"""`digest feeds`: the feeds, their health, and editing the list of them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Collection
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from digest import config as configuration
from digest import feeds as reading
from digest import planner
from digest.app import utc_now
from digest.cli.console import (
    ConfigOption,
    ExitCode,
    JsonOption,
    config_dir,
    counted,
    out,
    poll_settings,
    print_json,
    refuse,
    run,
    show_problems,
)
from digest.cli.root import feeds_cli
from digest.config import FeedConfig, PollSettings
from digest.errors import ConfigError, FetchError, ParseError, Unreachable, WorkerDied, WorkerTimeout
from digest.fetch import Fetcher
from digest.model import FeedState, FeedWord, Subscription, Validators
from digest.store import Store
from digest.workers import Workers, allowed_s

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
        "url": reading.without_credentials(feed.url),
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


def _hub_row(
    feed: FeedConfig, state: FeedState | None, held: Subscription | None, now: datetime, *, reachable: bool
) -> dict[str, Any] | None:
    """How a feed stands with the hub that it names, as `--json` shows it; null where it names none."""
    found = planner.pushing(state, held, now, reachable=reachable, secret=bool(feed.headers))
    if found is None:
        return None
    return {
        "url": reading.without_credentials(found.hub),
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
        says = row["says"] if row["health"] in (*_SAYING_IT_ALL, row["says"]) else f"{row['health']}: {row['says']}"
        style = _STYLES.get(FeedWord(row["health"]))
        hub = [(row["hub"] or {"says": "it names none"})["says"] for _ in by_hub]
        table.add_row(row["name"] or row["url"], when(last, now), due(following, now), says, *hub, style=style)
    return table


def _must_be_a_url(text: str) -> None:
    try:
        configuration.split_url(text)
    except configuration.Wrong as wrong:
        raise typer.BadParameter(f"{wrong.what}; {wrong.mend}", param_hint="URL") from None


@feeds_cli.command("list")
def list_feeds(context: typer.Context, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """All feeds and how they do."""
    loaded = configuration.load(config_dir(context, config), os.environ)
    now = utc_now()
    states, quarantined, held = dict[str, FeedState](), set[str](), dict[str, Subscription]()
    if (store := Store.look(loaded.store_url)) is not None:
        with store:
            states = {state.url: state for state in store.feeds()}
            quarantined = {each.url for each in store.quarantine()}
            held = {each.feed: each for each in store.subscriptions()}
    reachable = loaded.http.public_url is not None
    rows = [
        feed_row(feed, state, now, quarantined=quarantined)
        | {"hub": _hub_row(feed, state, held.get(feed.url), now, reachable=reachable)}
        for feed, state in ((feed, states.get(feed.url)) for feed in loaded.feeds)
    ]
    if as_json:
        print_json(rows)
    else:
        out.print(feed_table(rows, now))


@feeds_cli.command()
def add(
    context: typer.Context,
    urls: Annotated[list[str], typer.Argument(metavar="URL...", help="The feeds' URLs.")],
    name: Annotated[str | None, typer.Option("--name", help="What you call it, of a single one.")] = None,
    config: ConfigOption = None,
) -> None:
    """Add feeds to feeds.yaml; its comments and layout stay. What is there already is left alone.

    One URL that can't be a feed's keeps no other out.

    **Example:** `digest feeds add https://example.org/rss.xml --name "Example"`
    """
    if len(urls) == 1:
        _must_be_a_url(urls[0])
    elif name is not None:
        raise typer.BadParameter("names one feed, not several; add them one by one", param_hint="--name")
    path = config_dir(context, config) / "feeds.yaml"
    refused = []
    for url in urls:
        try:
            configuration.split_url(url)
        except configuration.Wrong as wrong:
            refused.append(f"not added: {reading.without_credentials(url)} {wrong.what}; {wrong.mend}")
            continue
        listed_at = configuration.add_feed(path, url, name=name, env=os.environ)
        out.print(f"already in {path.parent / listed_at}" if listed_at else f"added {url} to {path}", markup=False)
    if refused:
        raise refuse("\n".join(refused), ExitCode.USAGE)


@feeds_cli.command()
def remove(
    context: typer.Context,
    url: Annotated[str, typer.Argument(help="The feed's URL, as feeds.yaml has it.")],
    config: ConfigOption = None,
) -> None:
    """Take a feed out of feeds.yaml. What was read from it stays in the store."""
    path = config_dir(context, config) / "feeds.yaml"
    configuration.remove_feed(path, url, env=os.environ)
    out.print(f"removed {url} from {path}", markup=False)


@feeds_cli.command("import")
def import_opml(
    context: typer.Context,
    opml: Annotated[Path, typer.Argument(metavar="FILE.opml", help="An OPML list of feeds.")],
    config: ConfigOption = None,
) -> None:
    """Add the feeds of an OPML file; those already there are left alone.

    Outlines whose address is no feed's are named with their lines, and the others are added all the same.
    """
    path = config_dir(context, config) / "feeds.yaml"
    try:
        body = opml.read_bytes()
    except OSError as error:
        raise refuse(f"{opml}: can't be read: {error.strerror}", ExitCode.BAD_INPUT) from error
    try:
        added, refused = configuration.import_opml(path, body, shown_as=str(opml), env=os.environ)
    except ConfigError as error:
        if any(problem.file != str(opml) for problem in error.problems):
            raise
        show_problems(error.problems)
        raise typer.Exit(ExitCode.BAD_INPUT) from error
    show_problems(refused)
    left_out = f", left out {counted(len(refused), 'outline')}" if refused else ""
    out.print(f"added {counted(len(added), 'feed')} to {path}{left_out}", markup=False)


@feeds_cli.command("export")
def export_opml(context: typer.Context, config: ConfigOption = None) -> None:
    """Print the feeds as OPML.

    **Example:** `digest feeds export > feeds.opml`
    """
    loaded = configuration.load(config_dir(context, config), os.environ)
    typer.echo(configuration.export_opml(loaded.feeds), nl=False)


@feeds_cli.command()
def discover(
    context: typer.Context,
    url: Annotated[str, typer.Argument(help="A site's or a page's URL.")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find the feeds of a site: what its page links to, and what lies at the usual places.

    **Example:** `digest feeds discover https://example.org/`
    """
    _must_be_a_url(url)
    try:
        found = run(_discover(url, poll_settings(context, config)))
    except FetchError as error:
        raise Unreachable(f"{url}: {error}") from error
    if as_json:
        print_json(found)
    else:
        for feed in found:
            out.print(f"{feed['url']}  {feed['title']}  ({counted(feed['entries'], 'entry', 'entries')})", markup=False)
    if not found:
        raise Unreachable(f"no feed was found at {url}")


async def _discover(url: str, settings: PollSettings) -> list[dict[str, Any]]:
    """The URL itself if it is a feed, else the feeds its page names, else those at the usual places."""
    async with Fetcher(settings) as fetcher, Workers() as workers:

        async def look(candidate: str) -> dict[str, Any] | None:
            try:
                fetched = await fetcher.feed(candidate, validators=Validators(), headers={})
                document = await workers.run(
                    reading.parse, fetched.body, fetched.headers, fetched.final_url, deadline_s=allowed_s(fetched.body)
                )
            except (FetchError, ParseError, WorkerDied, WorkerTimeout):
                return None
            return {"url": fetched.final_url, "title": document.title, "entries": len(document.entries)}

        itself = await look(url)
        if itself is not None:
            return [itself]
        page = await fetcher.page(url)
        linked = await workers.run(
            reading.discover, page.body, page.url, page.content_type, deadline_s=allowed_s(page.body)
        )
        for candidates in ([url for url, _, _ in linked], reading.usual_places(page.url)):
            looked = await asyncio.gather(*(look(candidate) for candidate in candidates))
            found = {feed["url"]: feed for feed in looked if feed is not None}
            if found:
                return list(found.values())
        return []
