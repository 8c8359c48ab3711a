"""The pipeline's promises: nothing lost, nothing twice, whatever happens between its steps."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from loopback import Answer, Web, write_config

from digest import config as configuration
from digest.app import wired
from digest.config import Config, FeedConfig
from digest.engine import Collector, deliver_ready
from digest.errors import DeliveryError
from digest.model import Parcel, ParcelState, Window
from digest.pipeline import Edition, Pipeline
from digest.service import Service
from digest.store import Store

BEGIN = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)  # a Monday; the digest leaves at 7:00 in Berlin, 6:00 UTC


class Clock:
    """A clock that only moves when it is told to."""

    def __init__(self) -> None:
        self.now = BEGIN

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        """Let time pass."""
        self.now += timedelta(**by)


class Recipient:
    """A delivery that keeps what it takes, and fails as it is told: before or after the message is committed."""

    def __init__(self) -> None:
        self.taken: list[Parcel] = []
        self.before: DeliveryError | None = None
        self.after: DeliveryError | None = None
        self.takes_s = 0.0
        self.at_once = 0
        self._under_way = 0

    async def deliver(self, parcel: Parcel, before_commit: Callable[[], Awaitable[None]]) -> str:
        if self.before is not None:
            raise self.before
        self._under_way += 1
        self.at_once = max(self.at_once, self._under_way)
        await asyncio.sleep(self.takes_s)
        await before_commit()
        self._under_way -= 1
        self.taken.append(parcel)
        if self.after is not None:
            raise self.after
        return "250 taken"

    async def close(self) -> None:
        """Nothing is held."""


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def recipient() -> Recipient:
    return Recipient()


@pytest.fixture
def config(tmp_path: Path, web: Web, store_url: str) -> Config:
    directory = write_config(tmp_path / "config", feeds=[web.url("/feed.xml")], relay_port=9)
    return replace(configuration.load(directory, {"STATE_DIRECTORY": str(tmp_path / "state")}), store_url=store_url)


@asynccontextmanager
async def running(config: Config, clock: Clock, recipient: Recipient) -> AsyncIterator[Pipeline]:
    """One life of the program: from opening the store to closing it."""
    with Store.open(config.store_url, lock=True) as store:
        async with wired(config, store, recipient, clock=clock) as pipeline:
            await pipeline.recover()
            yield pipeline


async def collect(pipeline: Pipeline) -> None:
    collector = Collector(pipeline)
    collector.start_polls(pipeline.store.due(pipeline.clock()))
    await collector.until_idle()


async def mail(pipeline: Pipeline) -> None:
    for digest_id, window in await pipeline.plan():
        await pipeline.build(digest_id, window)
    await deliver_ready(pipeline)


def subjects(recipient: Recipient) -> list[str]:
    return [parcel.subject for parcel in recipient.taken if parcel.recipient == "reader@example.org"]


async def test_an_edition_leaves_at_its_slot_and_each_story_once(
    config: Config, clock: Clock, recipient: Recipient, web: Web
) -> None:
    web.publish("Old bridge to be rebuilt")
    async with running(config, clock, recipient) as pipeline:
        await collect(pipeline)
        await mail(pipeline)
        assert recipient.taken == []
        clock.advance(hours=1)
        await mail(pipeline)
        await mail(pipeline)
        assert [parcel.recipient for parcel in recipient.taken] == ["reader@example.org", "editor@example.org"]
        clock.advance(days=1)
        await collect(pipeline)
        await mail(pipeline)
    assert len(recipient.taken) == 2


async def test_an_archive_of_a_thousand_entries_is_read_once_and_its_next_entry_alone(
    config: Config, clock: Clock, recipient: Recipient, web: Web
) -> None:
    def items(count: int) -> bytes:
        told = (f"<item><guid>{n}</guid><title>Entry {n}</title></item>" for n in range(count))
        return f"<rss version='2.0'><channel><title>All</title>{''.join(told)}</channel></rss>".encode()

    url = web.url("/feed.xml")
    async with running(config, clock, recipient) as pipeline:
        for count, new in ((1200, 1200), (1201, 1), (2500, 1299)):
            web.answers["/feed.xml"] = Answer(items(count), "application/rss+xml")
            clock.advance(hours=2)
            assert (await pipeline.poll(url)).new == new


async def test_a_bug_in_one_edition_costs_no_other_and_no_message_that_is_ready(
    config: Config, clock: Clock, recipient: Recipient, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service's tick goes on; the edition stays owed, and leaves after a while, once the bug is gone."""
    monkeypatch.setattr("digest.service.REFUSED_S", 0.0)
    (daily,) = config.digests
    poisoned = daily.model_copy(update={"id": "poisoned", "title": "Poisoned"})
    compose = Pipeline.compose

    async def buggy(self: Pipeline, digest_id: str, window: Window) -> Edition:
        if digest_id == "poisoned":
            raise KeyError("a bug")
        return await compose(self, digest_id, window)

    web.publish("Old bridge to be rebuilt")
    async with running(replace(config, digests=(poisoned, daily)), clock, recipient) as pipeline:
        service = Service(pipeline, config, config.directory, {}, frozenset())
        await collect(pipeline)
        clock.advance(hours=1)
        monkeypatch.setattr(Pipeline, "compose", buggy)
        await service.tick_mail()
        assert [subject.split(":")[0] for subject in subjects(recipient)] == ["Bridges"]
        monkeypatch.undo()
        await service.tick_mail()
        assert [subject.split(":")[0] for subject in subjects(recipient)] == ["Bridges", "Poisoned"]


async def test_three_days_of_downtime_give_one_edition_that_says_so(
    config: Config, clock: Clock, recipient: Recipient, web: Web
) -> None:
    async with running(config, clock, recipient) as pipeline:
        await collect(pipeline)
    clock.advance(days=3, hours=2)
    web.publish("Old bridge to be rebuilt")
    async with running(config, clock, recipient) as pipeline:
        await collect(pipeline)
        await mail(pipeline)
    assert len(subjects(recipient)) == 1
    assert "4" in recipient.taken[0].text
    assert pipeline.clock() == clock.now


async def test_a_quiet_digest_gives_a_sign_of_life_every_so_often(
    config: Config, clock: Clock, recipient: Recipient, web: Web
) -> None:
    """Seven days after the last mail, whatever that held; not more often."""
    living = replace(
        config,
        digests=tuple(digest.model_copy(update={"at_least_every": 7 * 86_400.0}) for digest in config.digests),
    )
    web.publish("Old bridge to be rebuilt")
    mailed = []
    async with running(living, clock, recipient) as pipeline:
        await collect(pipeline)
        clock.advance(hours=1, seconds=7)
        for day in range(20):
            before = len(recipient.taken)
            await mail(pipeline)
            if len(recipient.taken) > before:
                mailed.append((day, recipient.taken[-1].subject.partition(":")[2][:9]))
            clock.advance(days=1)
    assert mailed == [(0, " 1 story "), (7, " nothing "), (14, " nothing ")]


async def test_what_is_over_the_cap_is_in_the_next_edition(
    config: Config, clock: Clock, recipient: Recipient, web: Web
) -> None:
    titles = ["Stone bridge falls", "Rope footbridge opens", "Toll bridge sold"]
    web.publish(*titles)
    capped = replace(config, digests=tuple(digest.model_copy(update={"max_stories": 2}) for digest in config.digests))
    async with running(capped, clock, recipient) as pipeline:
        await collect(pipeline)
        clock.advance(hours=1)
        await mail(pipeline)
        clock.advance(days=1)
        await mail(pipeline)
    first, second = (parcel.text for parcel in recipient.taken if parcel.recipient == "reader@example.org")
    told = [title for text in (first, second) for title in titles if f". {title}" in text]
    assert sorted(told) == sorted(titles)


async def test_a_crash_between_freezing_and_delivering_loses_nothing_and_changes_no_byte(
    config: Config, clock: Clock, recipient: Recipient, web: Web
) -> None:
    web.publish("Old bridge to be rebuilt")
    async with running(config, clock, recipient) as pipeline:
        await collect(pipeline)
        clock.advance(hours=1)
        for digest_id, window in await pipeline.plan():
            await pipeline.build(digest_id, window)
        ready = pipeline.store.outbox((ParcelState.READY,))
        frozen = {parcel.recipient: pipeline.store.parcel(parcel.id).raw for parcel in ready}
    clock.advance(hours=3)
    async with running(config, clock, recipient) as pipeline:
        await mail(pipeline)
    assert {parcel.recipient: parcel.raw for parcel in recipient.taken} == frozen


@pytest.mark.parametrize(("on_unknown", "wanted"), [("resend", ParcelState.READY), ("hold", ParcelState.UNKNOWN)])
async def test_a_crash_while_handing_over_is_sent_again_unless_the_user_wants_to_decide(
    config: Config, clock: Clock, recipient: Recipient, web: Web, on_unknown: str, wanted: ParcelState
) -> None:
    web.publish("Old bridge to be rebuilt")
    digests = tuple(digest.model_copy(update={"on_unknown": on_unknown}) for digest in config.digests)
    config = replace(config, digests=digests)
    async with running(config, clock, recipient) as pipeline:
        await collect(pipeline)
        clock.advance(days=1)
        for digest_id, window in await pipeline.plan():
            await pipeline.build(digest_id, window)
        recipient.after = KeyboardInterrupt()  # type: ignore[assignment] # the process ends here
        with pytest.raises(KeyboardInterrupt):
            await pipeline.deliver(pipeline.store.outbox((ParcelState.READY,))[0].id)
        recipient.after = None
    async with running(config, clock, recipient) as pipeline:
        states = [parcel.state for parcel in pipeline.store.outbox(tuple(ParcelState))]
        assert states == [wanted, ParcelState.READY]


async def test_one_refused_recipient_is_not_the_others_loss(
    config: Config, clock: Clock, recipient: Recipient, web: Web
) -> None:
    web.publish("Old bridge to be rebuilt")
    async with running(config, clock, recipient) as pipeline:
        await collect(pipeline)
        clock.advance(hours=1)
        for digest_id, window in await pipeline.plan():
            await pipeline.build(digest_id, window)
        refused, taken = pipeline.store.outbox((ParcelState.READY,))
        recipient.before = DeliveryError("550 no such user", retryable=False)
        await pipeline.deliver(refused.id)
        recipient.before = None
        await deliver_ready(pipeline)
        assert pipeline.store.parcel(refused.id).state is ParcelState.FAILED
        assert pipeline.store.parcel(taken.id).state is ParcelState.SENT
        clock.advance(hours=5)
        await deliver_ready(pipeline)
    assert [parcel.id for parcel in recipient.taken] == [taken.id]


async def test_a_relay_that_refuses_us_is_asked_once_and_all_wait(
    config: Config, clock: Clock, recipient: Recipient, web: Web
) -> None:
    web.publish("Old bridge to be rebuilt")
    async with running(config, clock, recipient) as pipeline:
        await collect(pipeline)
        clock.advance(hours=1)
        recipient.before = DeliveryError("535 wrong password", retryable=False, relay=True)
        await mail(pipeline)
        waiting = pipeline.store.outbox((ParcelState.READY,))
        assert [parcel.reply for parcel in waiting] == ["535 wrong password"] * 2
        assert not pipeline.store.outbox((ParcelState.READY,), due_by=clock.now)
        recipient.before = None
        clock.advance(hours=1)
        await deliver_ready(pipeline)
    assert len(recipient.taken) == 2


async def test_a_message_that_nobody_takes_is_given_up_after_five_days(
    config: Config, clock: Clock, recipient: Recipient, web: Web
) -> None:
    web.publish("Old bridge to be rebuilt")
    recipient.before = DeliveryError("451 later", retryable=True)
    async with running(config, clock, recipient) as pipeline:
        await collect(pipeline)
        clock.advance(hours=1)
        await mail(pipeline)
        for _ in range(40):
            clock.advance(hours=4)
            await deliver_ready(pipeline)
        failed = pipeline.store.outbox((ParcelState.FAILED,))
    assert len(failed) == 2
    assert all("five days" in (parcel.reply or "") for parcel in failed)
    assert 15 < failed[0].attempts < 40


async def test_a_relay_that_shuts_us_out_for_good_is_given_up_after_five_days(
    config: Config, clock: Clock, recipient: Recipient, web: Web
) -> None:
    """Asked ever more rarely until then, and once a round however many messages wait."""
    web.publish("Old bridge to be rebuilt")
    recipient.before = DeliveryError("535 wrong password", retryable=False, relay=True)
    async with running(config, clock, recipient) as pipeline:
        await collect(pipeline)
        clock.advance(hours=1)
        await mail(pipeline)
        for _ in range(5 * 24 * 12 + 60):
            clock.advance(minutes=5)
            await deliver_ready(pipeline)
        failed = pipeline.store.outbox((ParcelState.FAILED,))
    assert [parcel.reply for parcel in failed] == ["given up after five days: 535 wrong password"] * 2
    assert 15 < sum(parcel.attempts for parcel in failed) < 80


async def test_messages_go_side_by_side_and_those_of_one_recipient_in_order(
    config: Config, clock: Clock, recipient: Recipient, web: Web
) -> None:
    web.publish("Old bridge to be rebuilt")
    to = tuple(f"reader{number}@example.org" for number in range(12))
    many = replace(config, digests=tuple(digest.model_copy(update={"to": to}) for digest in config.digests))
    recipient.takes_s = 0.1  # on a busy machine, too, others come meanwhile
    async with running(many, clock, recipient) as pipeline:
        for day in range(3):
            web.publish("Old bridge to be rebuilt", f"{('Stone', 'Toll', 'Rope')[day]} bridge sold")
            clock.advance(days=1)
            await collect(pipeline)
            for digest_id, window in await pipeline.plan():
                await pipeline.build(digest_id, window)
        assert await deliver_ready(pipeline) == (36, 0)
    assert recipient.at_once > 4
    for reader in to:
        own = [parcel.edition for parcel in recipient.taken if parcel.recipient == reader]
        assert own == sorted(own)
        assert len(own) == 3


async def test_an_op_ed_that_was_sent_is_noted_and_not_repeated_when_another_outlet_carries_it(
    config: Config, clock: Clock, recipient: Recipient, web: Web
) -> None:
    """The same text on the next day, under another headline and address, beside one new story."""
    await _mail_first_day(config, clock, recipient, web)
    web.publish("Bridge plans revived", "Stone footbridge opens", feed="/other.xml")
    web.answers["/bridge-plans-revived"].body = web.answers["/old-bridge-to-be-rebuilt"].body.replace(
        b"<h1>Old bridge to be rebuilt", b"<h1>Bridge plans revived"
    )
    two = replace(config, feeds=(*config.feeds, FeedConfig(url=web.url("/other.xml"), name="The Quay")))
    async with running(two, clock, recipient) as pipeline:
        await collect(pipeline)
        clock.advance(days=1)
        await mail(pipeline)
        clock.advance(days=1)
        await mail(pipeline)
        assert pipeline.store.pending(pipeline.store.digest_state("daily", clock.now), ["bridges"]) == []
    first, second = (json.loads(parcel.data) for parcel in recipient.taken if parcel.recipient == "reader@example.org")
    assert first["repeats"] == []
    assert [story["title"] for topic in second["topics"] for story in topic["stories"]] == ["Stone footbridge opens"]
    (repeat,) = second["repeats"]
    assert repeat["title"] == "Old bridge to be rebuilt"
    assert [(place["feed"], place["kind"]) for place in repeat["also_in"]] == [("The Quay", "copy")]
    assert "You have had these already" in recipient.taken[-1].text


async def _mail_first_day(config: Config, clock: Clock, recipient: Recipient, web: Web) -> None:
    web.publish("Old bridge to be rebuilt")
    async with running(config, clock, recipient) as pipeline:
        await collect(pipeline)
        clock.advance(hours=1)
        await mail(pipeline)


async def test_a_page_that_fails_once_is_asked_once_more_and_then_the_feed_s_text_is_taken(
    config: Config, clock: Clock, recipient: Recipient, web: Web
) -> None:
    web.publish("Old bridge to be rebuilt")
    web.answers["/old-bridge-to-be-rebuilt"].status = 503
    async with running(config, clock, recipient) as pipeline:
        await collect(pipeline)
        assert not list(pipeline.store.articles(BEGIN))
        clock.advance(minutes=30)
        await collect(pipeline)
        (stored,) = pipeline.store.articles(BEGIN)
    assert not stored.article.complete
    assert [seen.path for seen in web.seen].count("/old-bridge-to-be-rebuilt") == 2


async def test_a_page_whose_publisher_asks_for_a_pause_is_asked_for_after_it(
    config: Config, clock: Clock, recipient: Recipient, web: Web
) -> None:
    web.publish("Old bridge to be rebuilt")
    page = web.answers["/old-bridge-to-be-rebuilt"]
    page.status, page.headers = 429, {"Retry-After": "7200"}
    async with running(config, clock, recipient) as pipeline:
        await collect(pipeline)
        clock.advance(minutes=119)
        assert not pipeline.store.waiting(clock())
        clock.advance(minutes=2)
        assert len(pipeline.store.waiting(clock())) == 1


async def test_with_prefilter_only_pages_that_the_feed_hints_at_are_asked_for(
    config: Config, clock: Clock, recipient: Recipient, web: Web
) -> None:
    web.publish("Old bridge to be rebuilt", "Ferry is late again")
    only = replace(config, feeds=tuple(feed.model_copy(update={"prefilter": "title"}) for feed in config.feeds))
    async with running(only, clock, recipient) as pipeline:
        await collect(pipeline)
        read = {stored.article.title: stored.article for stored in pipeline.store.articles(BEGIN)}
    pages = {seen.path for seen in web.seen} - {"/feed.xml", "/robots.txt"}
    assert pages == {"/old-bridge-to-be-rebuilt"}
    assert read["Old bridge to be rebuilt"].complete
    assert "prefilter" in (read["Ferry is late again"].error or "")


async def test_feeds_that_can_not_be_reached_because_we_are_offline_are_not_blamed(
    config: Config, clock: Clock, recipient: Recipient
) -> None:
    nobody = [f"http://127.0.0.{number}:9/feed" for number in range(2, 7)]
    feeds = tuple(config.feeds[0].model_copy(update={"url": url}) for url in nobody)
    async with running(replace(config, feeds=feeds), clock, recipient) as pipeline:
        await collect(pipeline)
        assert {state.failures for state in pipeline.store.feeds()} == {0}
        assert all("refuses connections" in (state.last_error or "") for state in pipeline.store.feeds())
        clock.advance(minutes=21)
        assert len(pipeline.store.due(clock())) == 5, "asked again soon"


async def test_a_feed_s_pause_holds_its_sisters_and_a_move_to_another_address_is_followed(
    config: Config, clock: Clock, recipient: Recipient, web: Web
) -> None:
    web.publish("Old bridge to be rebuilt")
    web.publish("Ferry is late again", feed="/second.xml")
    web.answers["/busy.xml"] = Answer(b"no", status=429, headers={"Retry-After": "36000"})
    web.answers["/old.xml"] = Answer(b"", status=301, headers={"Location": "/second.xml"})
    urls = [web.url(path) for path in ("/old.xml", "/feed.xml", "/busy.xml")]
    feeds = tuple(config.feeds[0].model_copy(update={"url": url, "secret_headers": {}}) for url in urls)
    async with running(replace(config, feeds=feeds), clock, recipient) as pipeline:
        await pipeline.poll(urls[0])
        clock.advance(days=7)
        await pipeline.poll(urls[0])
        assert pipeline.store.feed(urls[0]).moved_to == web.url("/second.xml")
        await pipeline.poll(urls[0])
        assert [seen.path for seen in web.seen][-1] == "/second.xml"
        assert [seen.path for seen in web.seen].count("/old.xml") == 2
        await pipeline.poll(urls[2])
        assert pipeline.store.feed(urls[1]).next_poll_at >= clock() + timedelta(hours=10)
        polled = await pipeline.poll(urls[1])  # as one that waited in line already
        assert polled.failing
        sister = pipeline.store.feed(urls[1])
        assert (sister.failures, sister.last_error) == (0, None), "it was not even asked"
        assert sister.next_poll_at >= clock() + timedelta(hours=9)


async def test_a_publisher_who_renumbers_everything_causes_no_second_mail(
    config: Config, clock: Clock, recipient: Recipient, web: Web
) -> None:
    """New guids, new addresses, and no dates: only the titles tell."""
    web.publish(*(f"Bridge number {number} is closed for repairs" for number in range(5)))
    feed = web.answers["/feed.xml"]
    feed.body = re.sub(rb"<pubDate>.*?</pubDate>", b"", feed.body)
    async with running(config, clock, recipient) as pipeline:
        await collect(pipeline)
        feed.body = re.sub(rb"<link>([^<]*)</link><guid>", rb"<link>\1?new=1</link><guid>n", feed.body)
        clock.advance(days=1)
        await collect(pipeline)
        assert len(list(pipeline.store.articles(BEGIN - timedelta(days=9)))) == 5
        state = pipeline.store.feed(config.feeds[0].url)
        assert state.lost_window_at is None
        clock.advance(days=1)
        await collect(pipeline)
        assert len(list(pipeline.store.articles(BEGIN - timedelta(days=9)))) == 5


async def test_a_server_that_says_304_for_ever_is_found_out(
    config: Config, clock: Clock, recipient: Recipient, web: Web
) -> None:
    """Its ETag never changes, so every entry after the first ones would stay hidden."""
    titles = [f"Bridge number {number}" for number in range(3)]
    async with running(config, clock, recipient) as pipeline:
        for count in range(1, 4):
            web.publish(*titles[:count], etag=f'"{count}"')
            await collect(pipeline)
            clock.advance(hours=4)
        web.publish(*titles, "Bridge that was hidden", etag='"3"')
        for _ in range(40):
            await collect(pipeline)
            clock.advance(hours=1)
        read = [stored.article.title for stored in pipeline.store.articles(BEGIN)]
        state = pipeline.store.feed(config.feeds[0].url)
    assert "Bridge that was hidden" in read
    assert state.lied_at is not None


async def test_a_publisher_who_changes_every_guid_causes_no_second_mail(
    config: Config, clock: Clock, recipient: Recipient, web: Web
) -> None:
    web.publish("Old bridge to be rebuilt")
    async with running(config, clock, recipient) as pipeline:
        await collect(pipeline)
        for _ in range(2):
            feed = web.answers["/feed.xml"]
            feed.body = feed.body.replace(b"<guid>", b"<guid>new-")
            clock.advance(days=1)
            await collect(pipeline)
            await mail(pipeline)
        assert len(list(pipeline.store.articles(BEGIN - timedelta(days=9)))) == 1
    assert len(subjects(recipient)) == 1
