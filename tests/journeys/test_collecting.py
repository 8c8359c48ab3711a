"""Collecting many feeds: nothing is read twice, nothing is missed, and what is known is not parsed again."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
import structlog
from loopback import Answer, Web, write_config

from digest import config as configuration
from digest import extract, feeds, workers
from digest.app import wired
from digest.config import PollSettings
from digest.deliver import DirectoryDelivery
from digest.engine import Collector
from digest.errors import GaveWay
from digest.fetch import client
from digest.model import Article, FeedState, PollUpdate
from digest.pipeline import Pipeline, Polled
from digest.store import Store
from digest.store.tables import entries
from digest.topics import Topics

BEGIN = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)


@dataclass
class Clock:
    now: datetime = BEGIN

    def __call__(self) -> datetime:
        return self.now


@asynccontextmanager
async def collecting(home: Path, web: Web, clock: Clock) -> AsyncIterator[Pipeline]:
    directory = home / "config"
    if not directory.exists():
        write_config(directory, feeds=[web.url("/feed.xml")], relay_port=9)
    config = configuration.load(directory, {"STATE_DIRECTORY": str(home / "state")})
    with Store.open(config.store_url, lock=True) as store:
        async with wired(config, store, DirectoryDelivery(home / "out"), clock=clock) as pipeline:
            yield pipeline


# --- parse only what is new ---------------------------------------------------------------------


def rss(*items: str) -> Answer:
    body = f"<rss version='2.0'><channel><title>The Ferry Herald</title>{''.join(items)}</channel></rss>"
    return Answer(body.encode(), "application/rss+xml")


def item(name: str, *, title: str = "", link: str = "", guid: str = "", day: int = 1) -> str:
    return (
        f"<item><title>{title or name}</title><link>https://herald.example/{link or name}</link>"
        f"<guid isPermaLink='false'>{guid or name}</guid><pubDate>{day:02} Mar 2026 04:00:00 GMT</pubDate></item>"
    )


ISSUES = (
    rss(item("a"), item("b"), item("c")),
    rss(item("d"), item("a"), item("b"), item("c")),
    rss(item("a", title="A, corrected"), item("b"), item("c", guid="another"), item("e", day=2)),
    rss(item("b", guid="twice"), item("f", guid="twice"), item("g", day=3), item("a")),
    rss(item("a"), item("b"), item("c")),
    rss("<item><title>no guid, no link</title></item>", item("h", day=3), item("g", link="other")),
    Answer(b"<rss version='2.0'><channel><title>Broken</title>" + item("i").encode() + item("a").encode()),
)


async def kept(home: Path, web: Web) -> list[tuple[Any, ...]]:
    """What is stored after every issue has been polled, in the order of arrival."""
    clock = Clock()
    async with collecting(home, web, clock) as pipeline:
        (url,) = pipeline.feeds
        for issue in ISSUES:
            web.answers["/feed.xml"] = issue
            await pipeline.poll(url)
            clock.now += timedelta(hours=2)
        state = replace(pipeline.store.feed(url), next_poll_at=None)
        with pipeline.store._engine.connect() as connection:
            stored = connection.execute(sa.select(entries.c.entry, entries.c.first_seen).order_by(entries.c.id)).all()
    return [*stored, (state.title, state.body_hash, state.last_new_at, state.lost_window_at, state.gaps_s)]


async def test_a_feed_of_which_only_the_new_is_parsed_brings_what_the_whole_would(
    tmp_path: Path, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Entries, first-seen times, rhythm and gaps are the same over new, edited, clashing and broken issues."""
    pruned = await kept(tmp_path / "pruned", web)
    monkeypatch.setattr(feeds, "glance", lambda *_: feeds.Glance())
    whole = await kept(tmp_path / "whole", web)
    assert pruned == whole
    assert len(pruned) > 9


async def test_a_feed_that_shows_nothing_new_is_not_parsed(tmp_path: Path, web: Web) -> None:
    async with collecting(tmp_path, web, Clock()) as pipeline:
        (url,) = pipeline.feeds
        web.answers["/feed.xml"] = ISSUES[1]
        assert (await pipeline.poll(url)).new == 4
        web.answers["/feed.xml"] = ISSUES[0]
        nobody: Any = None
        polled = await replace(pipeline, workers=nobody).poll(url)
        assert (polled.new, polled.not_modified, polled.failing) == (0, True, None)
        assert pipeline.store.feed(url).body_hash == feeds.fingerprint(ISSUES[0].body)


async def test_a_feed_that_shows_its_entries_one_at_a_time_under_one_guid_loses_none(tmp_path: Path, web: Web) -> None:
    async with collecting(tmp_path, web, Clock()) as pipeline:
        (url,) = pipeline.feeds
        for name, new in (("one", 1), ("two", 1), ("two", 0), ("three", 1), ("one", 0)):
            web.answers["/feed.xml"] = rss(item(name, guid="latest"))
            assert (await pipeline.poll(url)).new == new, name


async def test_what_a_first_look_only_remembers_is_not_counted_as_new(tmp_path: Path, web: Web) -> None:
    """The new entries of a summary are those to be read; older ones are named beside them."""
    async with collecting(tmp_path, web, Clock()) as pipeline:
        (url,) = pipeline.feeds
        old = item("old").replace("01 Mar 2026", "01 Feb 2026")
        web.answers["/feed.xml"] = rss(item("a"), item("b"), old)
        collector = Collector(pipeline)
        await collector.look()
        tally = await collector.until_idle()
        assert (tally.new, tally.remembered) == (2, 1)
        assert (await pipeline.poll(url)).new == 0


async def test_a_feed_that_shows_one_entry_at_a_time_at_one_link_is_found_out(tmp_path: Path, web: Web) -> None:
    """The second counts as the first under another guid; all others are new, and read from the feed's own text."""
    clock, read = Clock(), []
    async with collecting(tmp_path, web, clock) as pipeline:
        (url,) = pipeline.feeds
        web.answers["/history"] = Answer(b"<html><body><h1>History</h1><p>All incidents.</p></body></html>")
        for number in range(4):
            told = f"<content:encoded>&lt;p>Bridge {number} is shut.&lt;/p></content:encoded>"
            web.answers["/feed.xml"] = rss(
                f"<item xmlns:content='http://purl.org/rss/1.0/modules/content/'><title>Incident {number}</title>"
                f"<guid>id-{number}</guid><link>{web.url('/history')}</link>{told}</item>"
            )
            assert (await pipeline.poll(url)).new == (number != 1)
            clock.now += timedelta(hours=2)
            for entry in pipeline.store.waiting(clock.now):
                article = (await pipeline.read(entry.id)).article
                assert article is not None
                read.append((article.title, article.text, article.complete))
        stored = pipeline.store.articles(clock.now - timedelta(days=1))
        assert [article.shares_page for article in stored] == [False, True, True]
    assert read[1:] == [(f"Incident {number}", f"Bridge {number} is shut.", True) for number in (2, 3)]
    assert read[0][:2] == ("Incident 0", "Bridge 0 is shut.")
    assert [seen.path for seen in web.seen].count("/history") == 1


async def test_entries_whose_links_end_at_one_page_to_log_in_at_stay_apart(tmp_path: Path, web: Web) -> None:
    """Each keeps its own link and what the feed says of it; under one address all would be one story to the reader."""
    clock = Clock()
    async with collecting(tmp_path, web, clock) as pipeline:
        (url,) = pipeline.feeds
        links = [web.url(f"/story/{number}") for number in range(3)]
        items = (
            f"<item><title>Bridge {n}</title><link>{link}</link><description>Number {n} is shut.</description></item>"
            for n, link in enumerate(links)
        )
        web.answers["/feed.xml"] = rss(*items)
        for number in range(3):
            web.answers[f"/story/{number}"] = Answer(b"", status=302, headers={"Location": "/login"})
        web.answers["/login"] = Answer(b"<html><body><h1>Log in</h1><form>Password</form></body></html>")
        await pipeline.poll(url)
        for entry in pipeline.store.waiting(clock.now):
            await pipeline.read(entry.id)
        digest_id = next(iter(pipeline.digests))
        told = await pipeline.compose(digest_id, await pipeline.window_until_now(digest_id))
        shown = {story.front.article.url: story.front.article.text for story in told.digest.stories}
        assert shown == {link: f"Number {number} is shut." for number, link in enumerate(links)}


@pytest.mark.parametrize("guid", [b"feed", b"tag:feed,2026:"])
async def test_entries_under_one_guid_stay_apart(tmp_path: Path, web: Web, guid: bytes) -> None:
    """In the store and before the reader: a guid that several have makes no two of them copies."""
    clock = Clock()
    async with collecting(tmp_path, web, clock) as pipeline:
        (url,) = pipeline.feeds
        web.publish(*(f"{name} bridge is shut" for name in ("Alder", "Birch", "Cedar")))
        answer = web.answers["/feed.xml"]
        answer.body = re.sub(rb"<guid>[^<]*", b"<guid isPermaLink='false'>" + guid, answer.body)
        await pipeline.poll(url)
        for entry in pipeline.store.waiting(clock.now):
            await pipeline.read(entry.id)
        digest_id = next(iter(pipeline.digests))
        told = await pipeline.compose(digest_id, await pipeline.window_until_now(digest_id))
        assert len(told.digest.stories) == 3


# --- quarantine ---------------------------------------------------------------------------------


async def test_a_feed_that_kills_two_workers_is_left_alone_until_its_bytes_change(
    tmp_path: Path, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others never notice; the feed's error says what is the matter, and other bytes are read as ever."""
    clock = Clock()
    async with collecting(tmp_path, web, clock) as pipeline:
        (url,) = pipeline.feeds
        web.answers["/feed.xml"] = rss(*(item(f"{number}") for number in range(3000)))
        with monkeypatch.context() as hurried:
            hurried.setattr(workers, "DEADLINE_S", 0.05)  # so that every worker is killed over it
            hurried.setattr(workers, "BYTES_A_SECOND", 1e12)
            for _ in range(2):
                assert "not done after" in str((await pipeline.poll(url)).failing)
        assert [(each.kind, each.url) for each in pipeline.store.quarantine()] == [("feed", url)]
        assert "left alone until its bytes change" in str((await pipeline.poll(url)).failing)
        assert pipeline.store.feed(url).failures == 3
        web.answers["/feed.xml"] = ISSUES[1]
        assert (await pipeline.poll(url)).new == 4


async def test_a_page_that_kills_two_workers_is_not_given_to_a_third(
    tmp_path: Path, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its entries are read from what the feed says, and say why; other bytes at its address are read as ever."""
    clock = Clock()
    async with collecting(tmp_path, web, clock) as pipeline:
        (url,) = pipeline.feeds
        long = "<p>The ferry was late again on Monday, and nobody knew why.</p>" * 4000
        pages = [f"/page.html?n={number}" for number in range(4)]
        items = (f"<item><title>Ferry {page}</title><link>{web.url(page)}</link></item>" for page in pages)
        web.answers["/feed.xml"] = rss(*items)
        for page in pages:
            web.answers[page] = Answer(f"<html><body><article>{long}</article></body></html>".encode(), "text/html")
        assert (await pipeline.poll(url)).new == 4
        waiting = [entry.id for entry in pipeline.store.waiting(clock.now)]
        with monkeypatch.context() as hurried:
            hurried.setattr(workers, "DEADLINE_S", 0.05)
            hurried.setattr(workers, "BYTES_A_SECOND", 1e12)
            for entry in waiting[:2]:
                article = (await pipeline.read(entry)).article
                assert article is not None
                assert "not done after" in str(article.error)
        assert [(each.kind, each.url) for each in pipeline.store.quarantine()] == [("page", web.url(pages[1]))]
        article = (await pipeline.read(waiting[2])).article
        assert article is not None
        assert "left alone until its bytes change" in str(article.error)
        web.answers[pages[3]] = Answer(
            f"<html><body><article>{long[:900]}</article></body></html>".encode(), "text/html"
        )
        article = (await pipeline.read(waiting[3])).article
        assert article is not None
        assert "nobody knew why" in article.text


def _crashing(*_: object) -> None:
    raise KeyError("a bug")


async def test_a_page_on_which_extraction_crashes_is_told_by_its_feed(
    tmp_path: Path, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The entry is judged by what the feed said, at once and not after a restart; the log has the traceback."""
    clock = Clock()
    async with collecting(tmp_path, web, clock) as pipeline:
        (url,) = pipeline.feeds
        web.answers["/page.html"] = Answer(b"<html><body><p>The ferry was late.</p></body></html>", "text/html")
        described = "<description>The old bridge is closed.</description>"
        web.answers["/feed.xml"] = rss(
            f"<item><guid>1</guid><title>Ferry</title><link>{web.url('/page.html')}</link>{described}</item>"
        )
        assert (await pipeline.poll(url)).new == 1
        (waiting,) = pipeline.store.waiting(clock.now)
        monkeypatch.setattr(extract, "behind", _crashing)  # what a worker is asked to do
        with structlog.testing.capture_logs() as logged:
            article = (await pipeline.read(waiting.id)).article
        assert article is not None
        assert article.text == "The old bridge is closed."
        assert article.error == "a bug in digest: KeyError: 'a bug'"
        (crash,) = [event for event in logged if event["event"] == "crashed"]
        assert "in _crashing" in crash["traceback"]
        assert not pipeline.store.waiting(clock.now)


async def test_two_entries_at_one_page_ask_for_it_once(tmp_path: Path, web: Web) -> None:
    """Also while the first is still being read; both are told by it."""
    web.publish("Ferry runs again")
    page = "/ferry-runs-again"
    web.answers[page].delay_s = 0.2
    both = [f"<item><guid>{n}</guid><title>{n}</title><link>{web.url(page)}?utm_source={n}</link></item>" for n in "ab"]
    web.answers["/feed.xml"] = rss(*both)
    for source in "ab":
        web.answers[f"{page}?utm_source={source}"] = web.answers[page]
    async with collecting(tmp_path, web, Clock()) as pipeline:
        await pipeline.poll(web.url("/feed.xml"))
        waiting = pipeline.store.waiting(BEGIN)
        done = await asyncio.gather(*(pipeline.read(entry.id) for entry in waiting))
    assert [read.article is not None and read.article.complete for read in done] == [True, True]
    assert sum(seen.path.startswith(page) for seen in web.seen) == 1


async def test_a_bug_in_a_topic_costs_its_entry_an_hour_and_the_others_nothing(
    tmp_path: Path, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log has its traceback; once the bug is gone, the entry is read without a restart."""
    clock = Clock()
    web.answers["/feed.xml"] = rss(
        *(f"<item><guid>{n}</guid><title>{n}</title><description>Said.</description></item>" for n in ("odd", "even"))
    )
    match = Topics.match

    def buggy(self: Topics, article: Article, *more: Any) -> Any:
        if article.title == "odd":
            raise KeyError("a bug")
        return match(self, article, *more)

    async with collecting(tmp_path, web, clock) as pipeline:
        collector = Collector(pipeline)
        monkeypatch.setattr(Topics, "match", buggy)
        with structlog.testing.capture_logs() as logged:
            await collector.look()
            assert (await collector.until_idle()).read == 1
        (crash,) = [event for event in logged if event["event"] == "crashed"]
        assert crash["exc_info"]
        monkeypatch.undo()
        for minutes, read in ((30, 1), (31, 2)):
            clock.now += timedelta(minutes=minutes)
            await collector.look()
            assert (await collector.until_idle()).read == read


async def test_no_server_makes_us_believe_a_date_that_has_not_come(tmp_path: Path, web: Web) -> None:
    """Our clock counts: servers may send no Date, and theirs may be wrong."""
    assert datetime.now(UTC) > BEGIN + timedelta(days=30), "what the test's own web says in Date"
    dates = "Tue, 03 Mar 2026 04:00:00 GMT", "Fri, 20 Mar 2026 04:00:00 GMT", "Fri, 20 Mar 2076 04:00:00 GMT"
    web.answers["/feed.xml"] = rss(
        *(f"<item><guid>{n}</guid><title>{n}</title><pubDate>{date}</pubDate></item>" for n, date in enumerate(dates))
    )
    async with collecting(tmp_path, web, Clock()) as pipeline:
        await pipeline.poll(web.url("/feed.xml"))
        stored = [pipeline.store.entry(entry.id).entry for entry in pipeline.store.waiting(BEGIN)]
    assert [entry.published and entry.published.day for entry in stored] == [3, None, None]


# --- no rounds ----------------------------------------------------------------------------------


@dataclass
class Polls:
    """A pipeline of which only polling is real: each poll takes a moment and says when the next one is due."""

    store: Store
    clock: Clock
    urls: Sequence[str]
    crashing: frozenset[str] = frozenset()
    slow: frozenset[str] = frozenset()
    polled: list[str] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    poll_settings: Any = field(default_factory=lambda: SimpleNamespace(concurrency=8, per_host=PollSettings().per_host))

    @property
    def feeds(self) -> frozenset[str]:
        return frozenset(self.urls)

    async def poll(self, url: str, *, gives_way: bool = False) -> Polled:
        state = await self.store.ask_feed(url)
        if gives_way and url in self.slow:
            raise GaveWay
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0.001)
        self.at_once -= 1
        self.polled.append(url)
        if url in self.crashing:
            raise ZeroDivisionError
        now = self.clock()
        await self.store.write_in_company(PollUpdate(replace(state, next_poll_at=now + timedelta(hours=1)), (), now))
        return Polled(url)


@pytest.fixture
def store(tmp_path: Path) -> Any:
    with Store.open(f"sqlite:///{tmp_path}/digest.db", lock=True) as opened:
        yield opened


def many(count: int, store: Store, **more: Any) -> Polls:
    urls = [f"https://{number % 70}.example/{number}" for number in range(count)]
    store.subscribe(urls, BEGIN)
    return Polls(store, Clock(), urls, **more)


async def test_after_a_downtime_every_feed_is_polled_once_and_few_at_a_time(store: Store) -> None:
    """700 feeds are due at once, and the store is asked again and again while they are polled."""
    polls = many(700, store)
    collector = Collector(polls)  # type: ignore[arg-type]  # all of a pipeline that it needs
    while not polls.polled or collector.busy:
        await collector.look()
        await asyncio.sleep(0.02)
    assert Counter(polls.polled) == dict.fromkeys(polls.urls, 1)
    assert polls.most_at_once <= 8 * 8
    polls.clock.now += timedelta(hours=1)
    await collector.look()
    await collector.until_idle()
    assert Counter(polls.polled) == dict.fromkeys(polls.urls, 2)


async def test_feeds_that_come_due_are_found_while_others_wait(store: Store) -> None:
    """A new feed is found at once after the configuration was read again."""
    polls = many(300, store)
    collector = Collector(polls)  # type: ignore[arg-type]  # all of a pipeline that it needs
    await collector.look()
    late = "https://late.example/feed"
    polls.urls = [*polls.urls, late]
    store.subscribe(polls.urls, BEGIN)
    collector.look_again()
    await collector.look()
    await collector.until_idle()
    assert Counter(polls.polled) == dict.fromkeys(polls.urls, 1)


async def test_feeds_that_are_taken_out_while_they_wait_are_not_polled_and_may_come_back(store: Store) -> None:
    """As when feeds.yaml is edited while a downtime is made up for."""
    polls = many(300, store)
    collector = Collector(polls)  # type: ignore[arg-type]  # all of a pipeline that it needs
    await collector.look()
    await asyncio.sleep(0)
    kept, all_of_them = polls.urls[:100], polls.urls
    polls.urls = kept
    await collector.until_idle()
    assert set(kept) <= set(polls.polled)
    assert len(polls.polled) < len(all_of_them)
    polls.urls = all_of_them
    collector.look_again()
    await collector.look()
    await collector.until_idle()
    assert Counter(polls.polled) == dict.fromkeys(all_of_them, 1)


async def test_feeds_that_failed_last_take_few_of_the_places(store: Store) -> None:
    polls = many(200, store)
    store.apply(*(PollUpdate(replace(state, failures=1), (), BEGIN) for state in store.feeds()))
    collector = Collector(polls)  # type: ignore[arg-type]  # all of a pipeline that it needs
    await collector.look()
    await collector.until_idle()
    assert sorted(polls.polled) == sorted(polls.urls)
    assert polls.most_at_once <= 4


async def test_what_is_given_up_begins_nothing_more_and_stays_due(store: Store) -> None:
    polls = many(200, store)
    collector = Collector(polls)  # type: ignore[arg-type]  # all of a pipeline that it needs
    await collector.look()
    await asyncio.sleep(0)
    await collector.cancel()
    begun = polls.at_once
    await asyncio.sleep(0.1)
    assert polls.polled == []
    assert polls.at_once == begun
    assert len(store.due(BEGIN)) == 200


async def test_a_new_feed_that_is_slow_is_polled_after_its_sisters_and_once(store: Store) -> None:
    """It gave way to them, and nothing is held against it; no look at the store begins it again."""
    polls = many(210, store)
    slow = polls.urls[0]
    polls.slow = frozenset([slow])
    collector = Collector(polls)  # type: ignore[arg-type]  # all of a pipeline that it needs
    while not polls.polled or collector.busy:
        await collector.look()
        await asyncio.sleep(0.01)
    assert Counter(polls.polled) == dict.fromkeys(polls.urls, 1)
    sisters = [url for url in polls.polled if url.split("/")[2] == slow.split("/")[2]]
    assert sisters[-1] == slow
    assert collector.tally.failed == []


async def test_a_slow_new_feed_is_read_in_the_same_run_that_its_sisters_are(
    tmp_path: Path, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over sockets, with one connection to their host: it takes longer than they would wait, but not too long."""
    monkeypatch.setattr(client, "IMPATIENT_S", 0.2)
    urls = [web.url(f"/{number}.xml") for number in range(5)]
    for number in range(5):
        web.answers[f"/{number}.xml"] = replace(rss(item(f"n{number}")), delay_s=0.02 if number else 0.8)
    write_config(tmp_path / "config", feeds=urls, relay_port=9)
    text = (tmp_path / "config" / "digest.yaml").read_text()
    (tmp_path / "config" / "digest.yaml").write_text(text.replace("connections: 2", "connections: 1"))
    async with collecting(tmp_path, web, Clock()) as pipeline:
        collector = Collector(pipeline)
        await collector.look()
        for _ in range(300):
            if collector.tally.polled == 5:
                break
            await asyncio.sleep(0.02)
        await collector.cancel()
        assert (collector.tally.polled, collector.tally.new, collector.tally.failed) == (5, 5, [])
        assert pipeline.store.feed(urls[0]).failures == 0
        assert [seen.path for seen in web.seen if seen.path.endswith("xml")].count("/0.xml") == 2


async def test_a_poll_that_crashes_is_not_tried_at_every_look(store: Store) -> None:
    polls = many(3, store)
    polls.crashing = frozenset(polls.urls[:1])
    collector = Collector(polls)  # type: ignore[arg-type]  # all of a pipeline that it needs
    for _ in range(3):
        await collector.look()
        await collector.until_idle()
    assert Counter(polls.polled) == dict.fromkeys(polls.urls, 1)
    polls.clock.now += timedelta(hours=2)
    await collector.look()
    await collector.until_idle()
    assert Counter(polls.polled) == dict.fromkeys(polls.urls, 2)


async def test_polls_that_end_together_share_transactions_and_none_returns_before_its_own(store: Store) -> None:
    polls = many(120, store)
    commits: list[object] = []
    sa.event.listen(store._engine, "commit", commits.append)

    async def poll(url: str) -> FeedState:
        await polls.poll(url)
        return store.feed(url)

    states = await asyncio.gather(*map(poll, polls.urls))
    assert {state.next_poll_at for state in states} == {BEGIN + timedelta(hours=1)}
    written = len(commits) - len(polls.urls)  # each look at the store ends with a commit too
    assert written <= 10
