"""`digest feeds`: the feeds, their health, and editing the list of them."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from digest import config as configuration
from digest import feeds as reading
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
from digest.cli.feed_table import feed_row, feed_table, hub_row
from digest.cli.root import feeds_cli
from digest.config import PollSettings
from digest.errors import ConfigError, FetchError, ParseError, Unreachable, WorkerDied, WorkerTimeout
from digest.model import FeedState, Subscription, Validators
from digest.store import Store


def _must_be_a_url(text: str) -> None:
    try:
        configuration.split_url(text)
    except configuration.Wrong as wrong:
        raise typer.BadParameter(f"{wrong.what}; {wrong.mend}", param_hint="URL") from None


@feeds_cli.command("list")
def list_feeds(context: typer.Context, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """All feeds and how they do."""
    loaded = configuration.load(config_dir(context, config), os.environ)
    now = datetime.now(UTC)
    states, quarantined, held = dict[str, FeedState](), set[str](), dict[str, Subscription]()
    if (store := Store.look(loaded.store_url)) is not None:
        with store:
            states = {state.url: state for state in store.feeds()}
            quarantined = {each.url for each in store.quarantine()}
            held = {each.feed: each for each in store.subscriptions()}
    reachable = loaded.http.public_url is not None
    rows = [
        feed_row(feed, state, now, quarantined=quarantined)
        | {"hub": hub_row(feed, state, held.get(feed.url), now, reachable=reachable)}
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
    from digest.fetch import Fetcher  # half of a start-up, and the other commands fetch nothing
    from digest.workers import Workers, allowed_s

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
