"""Hubs that tell of news, against a hub of the tests' own on loopback (W3C WebSub)."""

from __future__ import annotations

import hashlib
import hmac
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import aiohttp
import pytest
from aiohttp import web

from digest.config import HttpSettings, PollSettings
from digest.endpoint import Endpoint
from digest.fetch import Fetcher
from digest.model import FeedState, HubState, PollHints, PollUpdate
from digest.store import Store
from digest.websub import Subscriber

NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
FEED = "https://paper.example/rss"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


class Hub:
    """A hub: remembers what it is asked, and checks it as it is told."""

    def __init__(self) -> None:
        self.port = free_port()
        self.asked: list[dict[str, str]] = []
        self.status = 202

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    async def _ask(self, request: web.Request) -> web.Response:
        self.asked.append({name: str(value) for name, value in (await request.post()).items()})
        return web.Response(status=self.status)

    async def __aenter__(self) -> Hub:
        app = web.Application()
        app.router.add_post("/", self._ask)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self.session = aiohttp.ClientSession()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.session.close()
        await self._runner.cleanup()

    async def check(self, **changed: str) -> tuple[int, str]:
        """Verify the intent of the last request, or of a changed one."""
        last = self.asked[-1]
        query = {"hub.mode": last["hub.mode"], "hub.topic": last["hub.topic"], "hub.challenge": "echo this", **changed}
        if last["hub.mode"] == "subscribe":
            query.setdefault("hub.lease_seconds", "864000")
        async with self.session.get(last["hub.callback"], params=query) as answer:
            return answer.status, await answer.text()

    async def push(self, body: bytes = b"<rss/>", *, method: str = "sha256", secret: str | None = None) -> int:
        """Distribute content, signed with the subscription's secret or another."""
        first = next(asked for asked in self.asked if "hub.secret" in asked)
        key = (secret or first["hub.secret"]).encode()
        signature = f"{method}={hmac.new(key, body, getattr(hashlib, method)).hexdigest()}"
        async with self.session.post(
            first["hub.callback"], data=body, headers={"X-Hub-Signature": signature}
        ) as answer:
            return answer.status


class House:
    """A subscriber over a real store, reached over HTTP."""

    def __init__(self, store: Store, fetcher: Fetcher, subscriber_of: object) -> None:
        self.now, self.store, self.fetcher = NOW, store, fetcher
        self.subscriber: Subscriber = subscriber_of

    @property
    def feed(self) -> FeedState:
        return self.store.feed(FEED)

    @property
    def held(self) -> HubState | None:
        return next((each.state for each in self.store.subscriptions()), None)

    async def tend(self, **later: float) -> None:
        self.now += timedelta(**later)
        await self.subscriber.tend()


@pytest.fixture
async def hub() -> AsyncIterator[Hub]:
    async with Hub() as hub:
        yield hub


@pytest.fixture
async def house(tmp_path: Path, hub: Hub) -> AsyncIterator[House]:
    poll = PollSettings.model_validate({"allow_networks": ["127.0.0.0/8"], "per_host": {"gap": "0s"}})
    http = HttpSettings.model_validate({"listen": f"127.0.0.1:{free_port()}"})
    with Store.open(f"sqlite:///{tmp_path / 'digest.db'}", lock=True) as store:
        store.subscribe([FEED], NOW)
        hints = PollHints(hub=hub.url, self_url=f"{FEED}?self")
        polled = {"last_poll_at": NOW, "last_success_at": NOW, "next_poll_at": NOW + DAY}
        store.apply(PollUpdate(replace(store.feed(FEED), hints=hints, **polled), (), NOW))
        async with Fetcher(poll) as fetcher:
            house = House(store, fetcher, None)
            parts = SimpleNamespace(store=store, fetcher=fetcher, clock=lambda: house.now, feeds={})
            house.subscriber = Subscriber(lambda: parts, f"http://127.0.0.1:{http.listen.port}")
            async with Endpoint(http, house.subscriber.routes()):
                yield house


async def test_a_feed_that_names_a_hub_is_subscribed_once_and_checked(house: House, hub: Hub) -> None:
    await house.tend()
    (asked,) = hub.asked
    assert (asked["hub.mode"], asked["hub.topic"]) == ("subscribe", f"{FEED}?self")
    assert len(asked["hub.secret"]) >= 32
    assert asked["hub.callback"].startswith(house.subscriber._base)
    assert house.held is HubState.ASKED
    assert await hub.check() == (200, "echo this")
    assert house.held is HubState.ACTIVE
    assert house.feed.pushed_until == NOW + 10 * DAY
    await house.tend(days=7)
    assert len(hub.asked) == 1


async def test_a_check_of_what_was_not_asked_is_refused(house: House, hub: Hub) -> None:
    await house.tend()
    assert (await hub.check(**{"hub.topic": "https://other.example/"}))[0] == 404
    assert (await hub.check(**{"hub.mode": "unsubscribe"}))[0] == 404
    assert house.held is HubState.ASKED
    hub.asked[-1]["hub.callback"] += "x"
    assert (await hub.check())[0] == 404


async def test_a_lease_is_renewed_before_it_ends_and_news_are_told_all_the_while(house: House, hub: Hub) -> None:
    await house.tend()
    await hub.check(**{"hub.lease_seconds": "86400"})
    await house.tend(hours=20)
    first, second = hub.asked
    assert second == first, "the same callback and secret"
    assert house.held is HubState.ACTIVE
    await hub.check(**{"hub.lease_seconds": "86400"})
    assert house.feed.pushed_until == house.now + DAY


async def test_a_signed_push_lets_the_feed_be_polled_and_a_wrong_signature_changes_nothing(
    house: House, hub: Hub
) -> None:
    await house.tend()
    await hub.check()
    house.now += timedelta(hours=3)
    assert await hub.push(secret="guessed") == 202, "acknowledged, as the standard asks"
    assert not house.store.due(house.now)
    assert await hub.push(b"x" * 3_000_000) == 202
    assert [due.url for due in house.store.due(house.now)] == [FEED]
    assert house.feed.pushed_at == house.now


@pytest.mark.parametrize("method", ["sha1", "sha384", "sha512"])
async def test_the_other_ways_of_signing_are_known_too(house: House, hub: Hub, method: str) -> None:
    await house.tend()
    house.now += timedelta(hours=3)
    await hub.push(method=method)
    assert house.feed.pushed_at == house.now


async def test_pushes_all_the_time_are_a_poll_a_minute_and_none_for_a_feed_that_fails(house: House, hub: Hub) -> None:
    await house.tend()
    house.store.apply(PollUpdate(replace(house.feed, last_poll_at=NOW, next_poll_at=NOW + DAY), (), NOW))
    house.now += timedelta(seconds=5)
    await hub.push()
    assert house.feed.next_poll_at == NOW + MINUTE
    house.store.apply(PollUpdate(replace(house.feed, failures=1, next_poll_at=NOW + DAY), (), NOW))
    await hub.push()
    assert house.feed.next_poll_at == NOW + DAY


async def test_a_hub_that_does_not_check_is_asked_ever_more_rarely(house: House, hub: Hub) -> None:
    hub.status = 500
    for _ in range(14 * 24):
        await house.tend(hours=1)
    assert 14 <= len(hub.asked) <= 22
    assert house.feed.pushed_until is None, "it is polled as ever"


async def test_a_hub_that_refuses_is_asked_again_in_a_week(house: House, hub: Hub) -> None:
    await house.tend()
    assert (await hub.check(**{"hub.mode": "denied", "hub.reason": "no"}))[0] == 200
    await house.tend(days=6)
    assert len(hub.asked) == 1
    await house.tend(days=1)
    assert len(hub.asked) == 2


async def test_a_feed_that_is_taken_out_is_unsubscribed(house: House, hub: Hub) -> None:
    await house.tend()
    await hub.check()
    house.store.subscribe([], NOW)
    await house.tend()
    assert hub.asked[-1]["hub.mode"] == "unsubscribe"
    assert "hub.secret" not in hub.asked[-1]
    assert await hub.check() == (200, "echo this")
    assert house.held is None
    assert await hub.push() == 410


async def test_a_hub_that_is_gone_is_forgotten_after_three_farewells(house: House, hub: Hub) -> None:
    await house.tend()
    await hub.check()
    hub.status = 500
    house.store.subscribe([], NOW)
    for _ in range(30):
        await house.tend(hours=1)
    assert [asked["hub.mode"] for asked in hub.asked].count("unsubscribe") == 3
    assert house.held is None


async def test_another_hub_is_a_new_subscription_with_a_new_secret(house: House, hub: Hub) -> None:
    await house.tend()
    await hub.check()
    hints = replace(house.feed.hints, self_url="https://paper.example/new")
    house.store.apply(PollUpdate(replace(house.feed, hints=hints), (), NOW))
    await house.tend()
    first, second = hub.asked
    assert second["hub.topic"] == "https://paper.example/new"
    assert first["hub.callback"] != second["hub.callback"]
    assert first["hub.secret"] != second["hub.secret"]


async def test_without_a_public_address_nothing_is_asked_and_nothing_answered(house: House, hub: Hub) -> None:
    silent = Subscriber(lambda: None, None)
    await silent.tend()
    assert not list(silent.routes())
    assert not hub.asked


async def test_feeds_with_secrets_are_not_told_to_hubs(house: House, hub: Hub) -> None:
    house.subscriber._pipeline().feeds[FEED] = SimpleNamespace(headers={"Authorization": "Bearer x"})
    await house.tend()
    assert not hub.asked
