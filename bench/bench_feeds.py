"""Feeds: what a poll costs once the bytes are here, with nothing, little and everything new."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import feedparser

from digest import feeds

Row = tuple[str, str, str]
URL = "https://feeds.example/rss.xml"
ENTRIES = 30
FEEDS = 12


def run() -> list[Row]:
    """CPU time of one feed of 30 entries with their whole text (about 100 KB), against feedparser in the same run."""
    bodies = [_feed(number) for number in range(FEEDS)]
    entries = [feeds.parse(body, {}, URL).entries for body in bodies]
    nothing_new = [frozenset(key for entry in each for key in entry.keys) for each in entries]
    two_new = [frozenset(key for entry in each[2:] for key in entry.keys) for each in entries]
    plain = _cost(lambda at: feedparser.parse(bodies[at]))
    bare = _cost(lambda at: feedparser.parse(bodies[at], sanitize_html=False, resolve_relative_uris=False))
    whole = _cost(lambda at: feeds.parse(bodies[at], {}, URL))
    rows = [
        ("feedparser as it comes", _ms(plain), ""),
        ("feedparser without sanitiser and link resolution", _ms(bare), _times(plain, bare)),
        ("parse the whole feed", _ms(whole), _times(plain, whole)),
    ]
    for what, cost in (
        ("parse it with 2 entries new", _cost(lambda at: feeds.parse_new(bodies[at], {}, URL, two_new[at]))),
        ("parse it with nothing new", _cost(lambda at: feeds.parse_new(bodies[at], {}, URL, nothing_new[at]))),
        ("scan it for guids and links", _cost(lambda at: feeds.scan(bodies[at], {}, URL))),
        ("fingerprint it", _cost(lambda at: feeds.fingerprint(bodies[at]))),
    ):
        rows.append((what, _ms(cost), f"{_times(plain, cost)}; {whole / cost:.1f}x less than parsing the whole"))
    return rows


def _cost(step: Callable[[int], object]) -> float:
    """CPU seconds of one step, the median of many; the first round warms up."""
    spent = []
    for at in [*range(FEEDS), *range(FEEDS), *range(FEEDS)]:
        begun = time.process_time()
        step(at)
        spent.append(time.process_time() - begun)
    return sorted(spent[FEEDS:])[FEEDS]


def _ms(seconds: float) -> str:
    return f"{seconds * 1e3:.2f} ms"


def _times(plain: float, cost: float) -> str:
    return f"{plain / cost:.1f}x less than feedparser"


def _feed(number: int) -> bytes:
    chance = random.Random(number)
    words = ["".join(chance.choice("abcdefghilmnoprstu") for _ in range(chance.randint(2, 10))) for _ in range(800)]

    def text(count: int) -> str:
        return " ".join(chance.choice(words) for _ in range(count))

    items = "".join(
        f"<item><title>{text(8)}</title><link>https://f{number}.example/2026/{at}/{text(1)}?utm_source=rss&amp;id={at}</link>"
        f'<guid isPermaLink="false">f{number}-{at}</guid><pubDate>Mon, 02 Mar 2026 {at % 24:02}:00:00 GMT</pubDate>'
        f"<dc:creator>{text(2)}</dc:creator><category>{text(1)}</category><description>{text(30)}</description>"
        f"<content:encoded><![CDATA[{''.join(f'<p>{text(60)}</p>' for _ in range(8))}]]></content:encoded></item>"
        for at in range(ENTRIES)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        f' xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>{text(3)}</title>'
        f"<link>https://f{number}.example/</link>{items}</channel></rss>"
    ).encode()
