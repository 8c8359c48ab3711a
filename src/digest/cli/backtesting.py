"""`digest backtest`: an edited rule against the stored articles."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer
import watchfiles
from rich.table import Table

from digest import config as configuration
from digest import topics
from digest.cli.console import (
    ConfigOption,
    ExitCode,
    JsonOption,
    config_dir,
    counted,
    out,
    print_json,
    refuse,
    seconds_of,
    show_problems,
)
from digest.cli.root import cli
from digest.config import TopicConfig
from digest.errors import ConfigError
from digest.model import Article, Match
from digest.store import Store
from digest.topics import Change, Comparison

LOOK_MS = 1_000  # how often the file is looked at where nothing tells of changes, such as on a network drive


@cli.command(rich_help_panel="Look closer")
def backtest(
    context: typer.Context,
    topic_file: Annotated[Path, typer.Argument(metavar="TOPIC.yaml", help="The edited topic file.")],
    since: Annotated[str, typer.Option(metavar="30d", help="How far back to look.")] = "30d",
    watch: Annotated[bool, typer.Option("--watch", help="Again at each save of the file.")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """What an edited rule gains and loses among the stored articles, and what each of its terms does.

    It is compared with the configured topic of the same name; a configured file itself with what was flagged by it.

    **Example:** `digest backtest config/topics/north-korea-diplomacy.yaml --since 14d --watch`
    """
    directory = config_dir(context, config)
    oldest = datetime.now(UTC) - timedelta(seconds=seconds_of(since, "--since"))
    if not topic_file.is_file():
        raise refuse(f"{topic_file}: there is no such file", ExitCode.BAD_INPUT)
    if not watch:
        _backtest(topic_file, directory, oldest, as_json=as_json)
        return
    for number, _ in enumerate(_saves(topic_file)):
        if number and not as_json:
            out.rule(style="dim")
        try:
            _backtest(topic_file, directory, oldest, as_json=as_json)
        except ConfigError as error:
            show_problems(error.problems)


def _saves(path: Path) -> Iterator[None]:
    """At once, and again at each save of the file, until Ctrl-C.

    Its directory is watched: most editors save by putting another file in its place, and a watch on the file itself
    would go with the old one. What counts is whether the file is another than the one last read, so that a save during
    a backtest is seen, too.
    """
    directory = path.resolve().parent
    looks = watchfiles.watch(directory, rust_timeout=LOOK_MS, yield_on_timeout=True, recursive=False)
    last = None
    for _ in chain([None], looks):
        stamp = _stamp(path)
        if stamp not in (None, last):
            last = stamp
            yield


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """What tells one state of the file from another; None while there is none."""
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_ino, facts.st_mtime_ns, facts.st_size


def _backtest(path: Path, directory: Path, oldest: datetime, *, as_json: bool) -> None:
    loaded = configuration.load(directory, os.environ)
    configured = path.resolve() == (directory / "topics" / path.name).resolve()
    shown_as = f"topics/{path.name}" if configured else str(path)
    edited = topics.compile([configuration.load_file(path, TopicConfig, shown_as)])
    elsewhere = {feed.url for feed in loaded.feeds if feed.topics and path.stem not in feed.topics}
    store = Store.look(loaded.store_url)
    if store is None:
        raise refuse("there is no store yet, so there is nothing to try the rules on", ExitCode.USAGE)
    with store:
        before = _Recorded(store.matches(path.stem, oldest)) if configured else topics.compile(loaded.topics)
        known = (
            (each.article, urlsplit(each.article.url).hostname or "")
            for each in store.articles(oldest)
            if each.feed not in elsewhere
        )
        comparison = topics.compare(before, edited, path.stem, known)
    if as_json:
        print_json(_comparison_json(comparison))
    else:
        _print_comparison(comparison)


class _Recorded:
    """What was flagged when the articles were read, as something to compare an edited topic with."""

    def __init__(self, matches: Mapping[str, Match]) -> None:
        self._matches = matches

    def match(self, article: Article, _source: str, _only: frozenset[str] | None) -> tuple[Match, ...]:
        """What was said of the article then."""
        match = self._matches.get(article.url)
        return (match,) if match is not None else ()


def _comparison_json(comparison: Comparison) -> dict[str, Any]:
    return {
        "articles": comparison.articles,
        **{
            kind: [
                {
                    "title": change.article.title,
                    "url": change.article.url,
                    "before": change.before.score if change.before else None,
                    "after": change.after.score if change.after else None,
                    "why": [asdict(why) for why in _told(change).why],
                }
                for change in changes
            ]
            for kind, changes in _kinds(comparison)
        },
        "terms": [asdict(use) for use in comparison.terms],
    }


def _kinds(comparison: Comparison) -> tuple[tuple[str, tuple[Change, ...]], ...]:
    return (("gained", comparison.gained), ("lost", comparison.lost), ("unchanged", comparison.unchanged))


def _print_comparison(comparison: Comparison) -> None:
    counts = ", ".join(f"{len(changes)} {kind}" for kind, changes in _kinds(comparison))
    out.print(f"{counted(comparison.articles, 'article')}: {counts}")
    for (kind, changes), style in zip(_kinds(comparison), ("green", "red", "dim"), strict=True):
        if changes:
            out.print(f"\n{kind}", style=f"bold {style}")
        for change in changes:
            match = _told(change)
            out.print(f"  {match.score:+d}  {change.article.title or change.article.url}", markup=False)
            if kind != "unchanged":
                for why in match.why:
                    out.print(f"        {why.points:+d}  {why.rule}  ({why.at})", style="dim", markup=False)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("Term", "Found in", "Of them flagged", "Only by it", "Line"):
        table.add_column(column, overflow="fold")
    for use in comparison.terms:
        cells = (use.term, str(use.found or "never"), str(use.hits), str(use.only), use.at.rpartition(":")[2])
        table.add_row(*cells, style=None if use.found else "yellow")
    out.print()
    out.print(table)


def _told(change: Change) -> Match:
    """What the topic says of the article now, or said before: one of both there is."""
    match = change.after or change.before
    assert match is not None  # noqa: S101 - what neither matches is no change
    return match
