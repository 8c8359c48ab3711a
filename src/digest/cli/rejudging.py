"""`digest rejudge`: let an edited topic count for articles that were read before the edit."""

from __future__ import annotations

import os
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from digest import config as configuration
from digest import topics
from digest.cli.console import (
    ConfigOption,
    ExitCode,
    JsonOption,
    config_dir,
    counted,
    err,
    out,
    print_json,
    refuse,
    seconds_of,
)
from digest.cli.root import cli
from digest.store import Store
from digest.topics import Rejudgement, Ruling

KINDS = (
    ("gained", "goes into the next edition", "green"),
    ("withdrawn", "will not be mailed", "red"),
    ("renewed", "stays, with another score or other reasons", "dim"),
    ("too_late", "would be withdrawn, but was mailed", "yellow"),
)


@cli.command(rich_help_panel="Look closer")
def rejudge(
    context: typer.Context,
    topic: Annotated[str, typer.Argument(metavar="TOPIC", help="The topic's id: its file's name without .yaml.")],
    since: Annotated[str, typer.Option(metavar="7d", help="How far back to look.")] = "7d",
    dry_run: Annotated[bool, typer.Option("--dry-run", "-n", help="Only show what would change.")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Judge stored articles anew by an edited topic, so that the edit counts for them too.

    What it gains goes into the next edition, what it loses is not mailed any more. What was mailed stays as it is and
    is never mailed again. The service may run meanwhile.

    **Example:** `digest rejudge north-korea-diplomacy --since 7d --dry-run`
    """
    seconds = seconds_of(since, "--since")
    loaded = configuration.load(config_dir(context, config), os.environ)
    ids = [Path(each.file).stem for each in loaded.topics]
    if topic not in ids:
        raise refuse(f"there is no topic {topic!r}; topics/ has: {', '.join(ids)}", ExitCode.USAGE)
    compiled = topics.compile(loaded.topics)
    limited = {feed.url for feed in loaded.feeds if feed.topics and topic not in feed.topics}
    now = datetime.now(UTC)
    oldest = now - timedelta(seconds=seconds)
    store = Store.look(loaded.store_url) if dry_run else Store.open(loaded.store_url, lock=False)
    if store is None:
        raise refuse("there is no store yet, so there is nothing to judge anew", ExitCode.USAGE)
    with store:
        recorded = store.judged(topic, oldest)
        outcome = topics.rejudge(
            compiled, topic, store.articles(oldest), recorded, asked_of=lambda feed: feed not in limited
        )
        if not dry_run:
            store.apply(outcome.update(now))
    if as_json:
        print_json(_json(outcome) | {"applied": not dry_run})
    else:
        _print(outcome)
        if dry_run:
            err.print("Nothing was changed; without --dry-run it is.")


def _json(outcome: Rejudgement) -> dict[str, Any]:
    kinds = {kind: [_row(ruling) for ruling in getattr(outcome, kind)] for kind, _, _ in KINDS}
    return {"topic": outcome.topic, "articles": outcome.articles, **kinds}


def _row(ruling: Ruling) -> dict[str, Any]:
    match = ruling.after or (ruling.before.match if ruling.before else None)
    return {
        "title": ruling.article.title,
        "url": ruling.article.url,
        "before": ruling.before.match.score if ruling.before else None,
        "after": ruling.after.score if ruling.after else None,
        "why": [asdict(why) for why in match.why] if match else [],
    }


def _print(outcome: Rejudgement) -> None:
    numbers = ", ".join(f"{len(getattr(outcome, kind))} {kind.replace('_', ' ')}" for kind, _, _ in KINDS)
    out.print(f"{counted(outcome.articles, 'article')}: {numbers}")
    for kind, meaning, style in KINDS:
        rows = [_row(ruling) for ruling in getattr(outcome, kind)]
        if rows:
            out.print(f"\n{kind.replace('_', ' ')}: {meaning}", style=f"bold {style}")
        for row in rows:
            score = row["before"] if row["after"] is None else row["after"]
            out.print(f"  {score:+d}  {row['title'] or row['url']}", markup=False)
            for why in row["why"]:
                out.print(f"        {why['points']:+d}  {why['rule']}  ({why['at']})", style="dim", markup=False)
