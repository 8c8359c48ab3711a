"""digest is a polite guest: every rule of the referee is tried on it, and kept."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp

from . import ours
from .rules import card, judge
from .server import Server
from .site import BUSY, GONE, STEADY, Site, virtual


def test_digest_keeps_every_rule_of_the_referee(tmp_path: Path) -> None:
    verdicts = ours.verdicts(tmp_path)
    assert all(verdict.passed for verdict in verdicts), "\n" + card(verdicts)
    assert len(verdicts) >= 25


def test_the_referee_sees_what_a_careless_client_does(tmp_path: Path) -> None:
    """A client that keeps nothing in mind and asks all feeds at once, four times in ten minutes."""
    verdicts = {verdict.rule: verdict for verdict in asyncio.run(_careless())}
    broken = [rule for rule, verdict in verdicts.items() if verdict.passed is False]
    for words in (
        "never asked without one",
        "not downloaded again",
        "once an hour at most",
        "max-age",
        "Retry-After in seconds",
        "Retry-After as a date",
        "holds the other feeds",
        "without Retry-After",
        "ever more rarely",
        "410",
        "Cookies",
        "User-Agent",
        "One connection",
        "lie between two starts",
    ):
        assert any(words in rule for rule in broken), f"{words}\n{card(verdicts.values())}"


async def _careless() -> list[object]:
    now = 0.0
    site = Site(virtual(lambda: now))
    jar = aiohttp.CookieJar(unsafe=True)
    async with Server(site.handlers, lambda: now) as server, aiohttp.ClientSession(cookie_jar=jar) as session:

        async def ask(url: str) -> None:
            async with session.get(url, max_redirects=3) as answer:
                await answer.read()

        feeds = site.feeds(server.port)
        assert {STEADY, BUSY, GONE} <= {url.split("/")[2].split(":")[0] for url in feeds}
        for _ in range(4):
            await asyncio.gather(*(ask(url) for url in feeds), return_exceptions=True)
            now += 150.0
        return list(judge(server.visits, gap_s=5.0))
