"""The newsroom's site serves every outlet from its own port of 127.0.0.1 and keeps a log of its visitors."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import socket
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import partial
from typing import Self

from aiohttp import web

from digest.newsroom.archive import HERE, Outlet, Piece, outlets, pieces
from digest.newsroom.press import Press
from digest.newsroom.truth import Truth, truths

CONFIG = HERE / "config"  # a configuration directory for the newsroom's feeds

_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)


@dataclass(frozen=True, slots=True)
class Visit:
    """One request as the newsroom saw it. Header names are in lower case."""

    outlet: str
    path: str  # query included
    status: int
    headers: Mapping[str, str]


class Newsroom:
    """A press of a dozen outlets on loopback while the context is open. Dates stand relative to `now`.

    `urls` maps outlet ids to base URLs (no slash at the end), `environment` is what `config/feeds.yaml` expects.
    """

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.urls: dict[str, str] = {}
        self.visits: list[Visit] = []
        self._closing = asyncio.Event()
        self._open = AsyncExitStack()
        self._press = Press(self.urls, now)

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as opening:
            for outlet in outlets().values():
                await self._serve(outlet, opening)
            opening.callback(self._closing.set)  # first to run: lets go of whoever waits for the silent feed
            self._open = opening.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._open.aclose()

    @property
    def environment(self) -> dict[str, str]:
        """The variables that the newsroom's feeds.yaml names, one base URL an outlet."""
        return {f"NEWSROOM_{outlet.upper()}": url for outlet, url in self.urls.items()}

    def feed_url(self, outlet: str) -> str:
        """The address of an outlet's feed."""
        return self.urls[outlet] + outlets()[outlet].feed_path

    def truth(self) -> tuple[Truth, ...]:
        """What must become of every article, newest first. The newsroom is open."""
        return truths(self._press)

    async def _serve(self, outlet: Outlet, opening: AsyncExitStack) -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        self.urls[outlet.id] = f"http://127.0.0.1:{listener.getsockname()[1]}"
        site = web.Application()
        site.router.add_get("/{path:.*}", partial(self._logged, outlet))
        runner = web.AppRunner(site, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        opening.push_async_callback(runner.cleanup)
        await web.SockSite(runner, listener).start()

    async def _logged(self, outlet: Outlet, request: web.Request) -> web.Response:
        response = await self._answer(outlet, request)
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.visits.append(Visit(outlet.id, request.path_qs, response.status, headers))
        return response

    async def _answer(self, outlet: Outlet, request: web.Request) -> web.Response:
        if request.path == outlet.feed_path:
            return await self._feed(outlet, request)
        if request.path == "/robots.txt":
            return web.Response(text="User-agent: *\nDisallow: /search\n")
        if request.path == "/":
            return _html(self._press.front(outlet), outlet, request)
        piece = self._find(outlet, request)
        if piece is None or piece.page == "missing":
            return web.Response(status=404, text="<h1>404 Not Found</h1>", content_type="text/html")
        if piece.page == "pdf":
            return web.Response(body=_PDF, content_type="application/pdf")
        return _html(self._press.page(piece), outlet, request)

    def _find(self, outlet: Outlet, request: web.Request) -> Piece | None:
        """The piece at a path; a query is only looked at where the outlet's addresses have one."""
        for piece in pieces():
            path = self._press.path(piece)
            asked = request.path_qs if "?" in path else request.path
            if piece.outlet == outlet.id and path == asked:
                return piece
        return None

    async def _feed(self, outlet: Outlet, request: web.Request) -> web.Response:
        if outlet.fault == "error":
            return web.Response(status=500, text="<h1>Internal Server Error</h1>", content_type="text/html")
        if outlet.fault == "silence":
            await self._closing.wait()
            return web.Response(status=503)
        if outlet.fault == "html":
            return _html(self._press.front(outlet), outlet, request)
        body = self._press.feed(outlet)
        facts = {
            # Weak, for the gzipped body is the same document in other bytes (RFC 9110, 8.8.3.3).
            "ETag": f'W/"{hashlib.sha256(body).hexdigest()[:20]}"',
            "Last-Modified": format_datetime(self._press.feed_date(outlet).astimezone(UTC), usegmt=True),
            "Vary": "Accept-Encoding",
        }
        if _unchanged(request, facts["ETag"], self._press.feed_date(outlet)):
            return web.Response(status=304, headers=facts)
        return _packed(body, f"{outlet.feed_type}; charset={outlet.feed_encoding}", request, facts)


def _unchanged(request: web.Request, etag: str, modified: datetime) -> bool:
    """RFC 9110, 13.2.2: If-None-Match decides where it is given, else If-Modified-Since."""
    if (tags := request.headers.get("If-None-Match")) is not None:
        return tags.strip() == "*" or etag in (tag.strip() for tag in tags.split(","))
    try:
        since = parsedate_to_datetime(request.headers["If-Modified-Since"])
    except (KeyError, ValueError):
        return False
    return modified <= since


def _html(body: bytes, outlet: Outlet, request: web.Request) -> web.Response:
    return _packed(body, f"text/html; charset={outlet.encoding}", request, {"Vary": "Accept-Encoding"})


def _packed(body: bytes, kind: str, request: web.Request, facts: Mapping[str, str]) -> web.Response:
    headers = {**facts, "Content-Type": kind}
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        body, headers["Content-Encoding"] = gzip.compress(body, mtime=0), "gzip"
    return web.Response(body=body, headers=headers)
