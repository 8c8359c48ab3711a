"""Lets hubs tell of news (W3C WebSub): subscribes feeds that name one, answers its checks, polls what it pushes."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Callable, Iterable
from itertools import islice

import structlog
from aiohttp import web

from digest import planner
from digest.errors import FetchError
from digest.feeds import without_credentials
from digest.model import HubState, PushUpdate, Subscription, SubscriptionUpdate
from digest.pipeline import Pipeline

PATH = "/websub"
HUBS_A_ROUND = 20  # the rest are asked in the next
MAX_BYTES = 10_000_000  # of a push; it is only weighed, not kept
# A push only makes us look at the feed itself, so SHA-1, which old hubs still use, does no harm here.
_METHODS = frozenset({"sha1", "sha256", "sha384", "sha512"})

log = structlog.get_logger(__name__)


class Subscriber:
    """Keeps the subscriptions of one service. `pipeline` gives the one at work; `public_url` is where hubs find us."""

    def __init__(self, pipeline: Callable[[], Pipeline], public_url: str | None) -> None:
        self._pipeline = pipeline
        self._base = f"{public_url.rstrip('/')}{PATH}" if public_url else None

    def routes(self) -> Iterable[web.RouteDef]:
        """What hubs ask; nothing without a public address."""
        if self._base is None:
            return ()
        return (
            web.get(f"{PATH}/{{token}}", self._check, allow_head=False),
            web.post(f"{PATH}/{{token}}", self._push),
        )

    async def tend(self) -> None:
        """Subscribe, renew and unsubscribe what is due. A hub that fails costs its own subscription only."""
        if self._base is None:
            return
        pipeline, store = self._pipeline(), self._pipeline().store
        states = [state for state in await asyncio.to_thread(store.feeds) if not self._secret(pipeline, state.url)]
        held = await asyncio.to_thread(store.subscriptions)
        due = planner.chores(states, held, self._base, lambda: secrets.token_urlsafe(24), pipeline.clock())
        for subscription in list(islice(due, HUBS_A_ROUND)):
            # Stored first: a hub may check while we are still asking it.
            await asyncio.to_thread(store.apply, SubscriptionUpdate(subscription))
            if subscription.state is not HubState.GONE:
                await self._ask(pipeline, subscription)

    async def _ask(self, pipeline: Pipeline, subscription: Subscription) -> None:
        leaving = subscription.state is HubState.LEAVING
        form = {
            "hub.callback": subscription.callback,
            "hub.mode": "unsubscribe" if leaving else "subscribe",
            "hub.topic": subscription.topic,
        }
        if not leaving:
            form |= {"hub.lease_seconds": str(planner.LEASE_S), "hub.secret": subscription.secret}
        shown = {"feed": without_credentials(subscription.feed), "hub": without_credentials(subscription.hub)}
        try:
            await pipeline.fetcher.post(subscription.hub, form)
        except FetchError as error:
            log.info("hub not reached", **shown, error=str(error), again_at=str(subscription.next_at))
        else:
            log.info("hub asked", **shown, mode=form["hub.mode"])

    async def _check(self, request: web.Request) -> web.Response:
        """Verification of intent (W3C WebSub, 5.3): echo the challenge of what we asked for, and of nothing else."""
        held, asked = await self._held(request), request.query
        if held is None or asked.get("hub.topic") != held.topic:
            raise web.HTTPNotFound
        pipeline, mode = self._pipeline(), asked.get("hub.mode")
        if mode == "denied":
            log.info("hub refuses", feed=without_credentials(held.feed), reason=asked.get("hub.reason", "")[:200])
            after = planner.denied(held, pipeline.clock())
        elif mode == "subscribe" and held.state in (HubState.ASKED, HubState.ACTIVE):
            after = planner.verified(held, _seconds(asked.get("hub.lease_seconds", "")), pipeline.clock())
        elif mode == "unsubscribe" and held.state is HubState.LEAVING:
            after = planner.gone(held)
        else:
            raise web.HTTPNotFound
        await asyncio.to_thread(pipeline.store.apply, SubscriptionUpdate(after))
        # Plain and unsniffed: the challenge is anybody's text.
        return web.Response(text=asked.get("hub.challenge", ""), headers={"X-Content-Type-Options": "nosniff"})

    async def _push(self, request: web.Request) -> web.Response:
        """Content distribution (W3C WebSub, 5.4): poll the feed soon, if the hub has signed what it sends.

        A wrong signature is acknowledged all the same, as the standard asks, and changes nothing.
        """
        held = await self._held(request)
        if held is None:
            raise web.HTTPGone
        if not await _signed(request, held.secret):
            log.warning("push with a wrong signature", feed=without_credentials(held.feed))
            return web.Response(status=202)
        pipeline = self._pipeline()
        state = await asyncio.to_thread(pipeline.store.feed, held.feed)
        now = pipeline.clock()
        await asyncio.to_thread(pipeline.store.apply, PushUpdate(held.feed, now, planner.poll_at(state, now)))
        log.debug("pushed", feed=without_credentials(held.feed))
        return web.Response(status=202)

    async def _held(self, request: web.Request) -> Subscription | None:
        callback = f"{self._base}/{request.match_info['token']}"
        return await asyncio.to_thread(self._pipeline().store.subscription, callback)

    @staticmethod
    def _secret(pipeline: Pipeline, url: str) -> bool:
        """The feed is sent headers of its own; a hub would not know them, and need not know of the feed."""
        feed = pipeline.feeds.get(url)
        return feed is not None and bool(feed.headers)


async def _signed(request: web.Request, secret: str) -> bool:
    """X-Hub-Signature fits what was sent (W3C WebSub, 7.1). The body is weighed piece by piece and not kept."""
    method, _, stated = request.headers.get("X-Hub-Signature", "").partition("=")
    if method.lower() not in _METHODS:
        return False
    weighed = hmac.new(secret.encode(), digestmod=getattr(hashlib, method.lower()))
    size = 0
    async for piece in request.content.iter_chunked(65536):
        size += len(piece)
        if size > MAX_BYTES:
            raise web.HTTPRequestEntityTooLarge(max_size=MAX_BYTES, actual_size=size)
        weighed.update(piece)
    return hmac.compare_digest(weighed.hexdigest().encode(), stated.strip().lower().encode())


def _seconds(text: str) -> float | None:
    return float(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None
