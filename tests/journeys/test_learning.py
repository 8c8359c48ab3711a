"""What one article of a site teaches is known when the next one is read."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest
from loopback import Answer, Run, Web, write_config

from digest.app import run_once
from digest.config import load
from digest.model import PollUpdate
from digest.store import Store

COLUMNISTS = ("Benedict Saddler", "Orla Quickmire", "Fenella Arkwright", "Jonas Overbeck", "Petra van Loon")
TITLES = ("Bridge closed for the winter", "Ferry fares to rise again", "Lighthouse sold to a cooperative")
PLURAL = ("The bridge", "The ferry", "The lighthouse")


def publish(web: Web, *numbers: int) -> None:
    """A feed of op-eds, each of which ends with the names of all columnists, marked up as paragraphs like any other."""
    items = []
    for number in numbers:
        title, thing = TITLES[number], PLURAL[number]
        paragraphs = [f"{thing} {word} {' '.join(f'{word}-{number}-{n}' for n in range(30))}." for word in "abc"]
        inside = "".join(f"<p>{text}</p>" for text in (*paragraphs, *COLUMNISTS))
        page = f"<html lang=en><title>{title}</title><article><h1>{title}</h1>{inside}</article></html>"
        web.answers[f"/{number}"] = Answer(page.encode())
        items.append(
            f"<item><title>{title}</title><link>{web.url(f'/{number}')}</link><guid>{number}</guid>"
            f"<pubDate>{format_datetime(datetime.now(UTC))}</pubDate></item>"
        )
    feed = f"<rss version='2.0'><channel><title>The Ferry Herald</title>{''.join(items)}</channel></rss>"
    web.answers["/feed.xml"] = Answer(feed.encode(), "application/rss+xml")


@pytest.fixture
def config_dir(home: Path, web: Web) -> Path:
    return write_config(home / "config", feeds=[web.url("/feed.xml")], relay_port=9)


def texts(home: Path) -> dict[str, str]:
    with Store.open(f"sqlite:///{home / 'state' / 'digest.db'}", lock=False) as store:
        return {
            stored.article.title: stored.article.text for stored in store.articles(datetime(2000, 1, 1, tzinfo=UTC))
        }


async def collect(config_dir: Path, home: Path) -> None:
    """One run of the program; everything is due."""
    config = load(config_dir, {"STATE_DIRECTORY": str(home / "state")})
    with Store.open(config.store_url, lock=True) as store:
        store.apply(*(PollUpdate(replace(state, next_poll_at=None)) for state in store.feeds()))
    await run_once(config)


async def test_the_third_op_ed_of_a_site_comes_without_its_list_of_columnists(
    config_dir: Path, home: Path, web: Web
) -> None:
    for number in range(3):
        publish(web, *range(number + 1))
        await collect(config_dir, home)
    found = texts(home)
    assert all(name in found[TITLES[number]] for name in COLUMNISTS for number in (0, 1))
    assert found[TITLES[2]].count("\n\n") == 2
    assert "The lighthouse c" in found[TITLES[2]]
    assert not any(name in found[TITLES[2]] for name in COLUMNISTS)


async def test_earlier_articles_are_cleaned_again_on_demand(
    config_dir: Path, home: Path, web: Web, digest: Run
) -> None:
    for number in range(3):
        publish(web, *range(number + 1))
        await collect(config_dir, home)
    host = web.url("/")
    tried = digest("reclean", host, "--dry-run", "--config", config_dir)
    assert tried.stdout.count("  - Orla Quickmire") == 2
    assert COLUMNISTS[0] in texts(home)[TITLES[0]]
    done = digest("reclean", host, "--json", "--config", config_dir)
    assert {row["title"]: row["dropped"] for row in json.loads(done.stdout)["changed"]} == {
        TITLES[number]: list(COLUMNISTS) for number in (0, 1)
    }
    assert not any(name in text for text in texts(home).values() for name in COLUMNISTS)
