"""`digest explain` and `digest topics`: what the rules say of one article, and teaching them by example."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated
from urllib.parse import urlsplit

import typer
from rich.text import Text

from digest import app, feeds, topics
from digest import config as configuration
from digest.cli.console import (
    ConfigOption,
    ExitCode,
    JsonOption,
    config_dir,
    err,
    out,
    poll_settings,
    print_json,
    refuse,
    run,
)
from digest.cli.reading import exit_code, extracted, source
from digest.cli.root import cli, example_cli
from digest.config.topic import ExampleText
from digest.model import Article, Field
from digest.store import Store
from digest.topics import Explanation, ScoreLine

CONTEXT = 40  # characters shown on each side of a place
LONGEST_HIT = 200  # characters shown of the place itself


@cli.command(rich_help_panel="Look closer")
def explain(
    context: typer.Context,
    page: Annotated[str, typer.Argument(metavar="URL|FILE", help="The article; `-` is standard input.")],
    topic: Annotated[str | None, typer.Option("--topic", metavar="ID", help="Only this topic.")] = None,
    url: Annotated[str, typer.Option("--url", help="Where a file came from.")] = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Why an article is flagged, or isn't: every topic's score lines, and for a topic not reached the nearest miss.

    **Example:** `digest explain https://example.org/news/1 --topic north-korea-diplomacy`
    """
    loaded = app.load(config_dir(context, config), os.environ)
    compiled = topics.compile(loaded.topics)
    if topic is not None and topic not in compiled.titles:
        raise typer.BadParameter(f"there are: {', '.join(compiled.titles)}", param_hint="--topic")
    (found,) = run(extracted([source(page, url)], poll_settings(context, config)))
    shown = feeds.without_credentials(page)
    if found.unread is not None:
        raise refuse(f"{shown}: {found.unread}", exit_code(found.unread))
    article = found.article
    if article.error:  # what follows is about less than the whole article, if it is about any
        err.print(f"{shown}: {article.error}", style="yellow", markup=False)
    host = urlsplit(article.url).hostname or ""
    explanations = compiled.explain(article, host, frozenset((topic,)) if topic else None)
    if as_json:
        print_json({"url": article.url, "title": article.title, "topics": [asdict(each) for each in explanations]})
        return
    out.print(f"{article.title or '(no title)'}\n", style="bold", markup=False)
    for explanation in sorted(explanations, key=lambda each: (not each.matched, -each.score)):
        _print(explanation, article)


def _print(explanation: Explanation, article: Article) -> None:
    verdict = ("flagged", "green") if explanation.matched else "not flagged"
    points = f", {explanation.score} of {explanation.threshold} points"
    out.print(Text.assemble(f"{explanation.topic}: ", verdict, points))
    for line in explanation.lines:
        out.print(f"  {line.why.points:+d}  {line.why.rule}  ({line.why.at})", markup=False)
        for where in _places(line, article):
            out.print(f"        {where}", style="dim", markup=False)
    if explanation.miss:
        out.print(f"  nearest miss: {explanation.miss}", markup=False)
    out.print()


def _places(line: ScoreLine, article: Article) -> Iterator[str]:
    """Each place with a little of the text around it."""
    for field, text, slices in (
        (Field.TITLE, article.title, line.in_title),
        (Field.BODY, article.text, line.in_text),
    ):
        for start, end in slices[:3]:
            before = text[max(0, start - CONTEXT) : start].rpartition("\n")[2]
            after = text[end : end + CONTEXT].partition("\n")[0]
            # A word of a million accents is one place, too.
            hit = text[start:end] if end - start <= LONGEST_HIT else f"{text[start : start + LONGEST_HIT]}…"
            yield f"{field.value}, character {start}: …{before}[{hit}]{after}…"


@example_cli.command("add")
def add_example(
    context: typer.Context,
    url: Annotated[str, typer.Argument(help="The address of an article that was read.")],
    match: Annotated[str | None, typer.Option("--match", metavar="TOPIC", help="It must be flagged by this.")] = None,
    reject: Annotated[str | None, typer.Option("--reject", metavar="TOPIC", help="It must not be.")] = None,
    config: ConfigOption = None,
) -> None:
    """Add a stored article's title and beginning to a topic's examples; comments and layout of the file stay.

    **Example:** `digest topics example add https://example.org/news/1 --match north-korea-diplomacy`
    """
    if (match is None) == (reject is None):
        raise typer.BadParameter("name one topic, with --match or with --reject", param_hint="--match")
    topic, kind = (match, "match") if match is not None else (reject, "reject")
    directory = config_dir(context, config)
    loaded = configuration.load(directory, os.environ)
    path = directory / "topics" / f"{topic}.yaml"
    if not path.exists():
        raise refuse(f"there is no topic {topic!r} in {directory / 'topics'}", ExitCode.USAGE)
    article = None
    if (store := Store.look(loaded.store_url)) is not None:
        with store:
            article = store.article_at(feeds.canonical_url(url))
    if article is None:
        raise refuse(f"{url} is not in the store: only articles that were read can be added", ExitCode.BAD_INPUT)
    beginning = article.text.partition("\n\n")[0]
    shown_as = f"topics/{path.name}"
    before = path.read_bytes().decode()  # its line ends as they are
    text = topics.add_example(before, kind, ExampleText(title=article.title, body=beginning), shown_as)
    if text == before:
        out.print(f"already in `{kind}` of {shown_as}: {article.title}", markup=False)
        return
    configuration.save(path, text.encode(), shown_as)
    out.print(f"added to `{kind}` of {shown_as}: {article.title}", markup=False)
