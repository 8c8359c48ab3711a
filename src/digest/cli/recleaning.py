"""`digest reclean`: take off stored articles what has turned out to be furniture of their site since."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from digest import config as configuration
from digest import extract, feeds
from digest.cli.console import ConfigOption, ExitCode, JsonOption, config_dir, counted, err, out, print_json, refuse
from digest.cli.root import cli
from digest.extract import Recleaned
from digest.model import RecleanUpdate, SiteArticle
from digest.store import Store


@cli.command(rich_help_panel="Look after it")
def reclean(
    context: typer.Context,
    site: Annotated[str, typer.Argument(metavar="SITE", help="The site's host, or any address on it.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", "-n", help="Only show what would change.")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Clean a site's stored articles again, by what its later articles taught: lines that recur go.

    Only their text changes: what was flagged stays flagged, nothing is flagged anew (see `digest rejudge`), and what
    was mailed stays as it was. Pages are not kept, so nothing can be added. The service may run meanwhile.

    **Example:** `digest reclean www.example.org --dry-run`
    """
    name = feeds.site(site if "://" in site else f"https://{site}")
    loaded = configuration.load(config_dir(context, config), os.environ)
    store = Store.look(loaded.store_url) if dry_run else Store.open(loaded.store_url, lock=False)
    if store is None:
        raise refuse("there is no store yet, so there is nothing to clean", ExitCode.USAGE)
    articles = 0
    changed: list[Recleaned] = []
    with store:
        known = store.site(name, datetime.now(UTC))
        for stored in store.articles_of(name):
            articles += 1
            cleaned = extract.reclean(stored.article, known)
            if cleaned.dropped:
                changed.append(cleaned)
                if not dry_run:
                    store.apply(_update(stored, cleaned))
    if as_json:
        print_json({"site": name, "articles": articles, "changed": list(map(_row, changed)), "applied": not dry_run})
        return
    for cleaned in changed:
        out.print(cleaned.article.title or cleaned.article.url, style="bold", markup=False)
        for text in cleaned.dropped:
            out.print(f"  - {text}", style="red", markup=False)
    out.print(f"{counted(articles, 'article')} of {name}, {len(changed)} with something to take off", markup=False)
    if not known.pages:
        err.print(f"{name} has taught nothing yet; a site does with its third article")
    elif dry_run and changed:
        err.print("Nothing was changed; without --dry-run it is.")


def _update(stored: SiteArticle, cleaned: Recleaned) -> RecleanUpdate:
    hits = {match_id: cleaned.moved(hits) for match_id, hits in stored.hits.items()}
    return RecleanUpdate(stored.entry_id, stored.article.text, cleaned.article.text, cleaned.article.lead, hits)


def _row(cleaned: Recleaned) -> dict[str, Any]:
    return {"title": cleaned.article.title, "url": cleaned.article.url, "dropped": list(cleaned.dropped)}
