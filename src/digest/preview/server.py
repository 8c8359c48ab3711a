"""Serves the board to a browser on this machine, and tells it when there is something new."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from importlib.resources import files

from aiohttp import web
from watchfiles import awatch

from digest.config import HttpSettings, Listen
from digest.endpoint import Endpoint
from digest.errors import DigestError
from digest.preview.board import Board

PING_S = 15.0  # a word now and then, so that nothing on the way takes the stream for dead
_DARK = "(prefers-color-scheme: dark)"

# What a browser may do with what is shown: nothing but show it, and our own page run its own script.
_OF_PAGE = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; frame-src 'self'"
_OF_EMAIL = "default-src 'none'; style-src 'unsafe-inline'; img-src https:; frame-ancestors 'self'"


class Server:
    """One page that shows the board, the parts it shows, and a stream of server-sent events, one for each change."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._version = 0
        self._changed = asyncio.Condition()

    def routes(self) -> list[web.RouteDef]:
        """What it answers."""
        return [
            web.get("/", self._page),
            web.get("/preview.css", self._style),
            web.get("/preview.js", self._script),
            web.get("/events", self._events),
            web.get("/{digest}/{part:html|text|headers}", self._part),
        ]

    async def refresh(self) -> None:
        """Make everything anew and tell every browser."""
        await asyncio.to_thread(self._board.refresh)
        async with self._changed:
            self._version += 1
            self._changed.notify_all()

    async def follow(self) -> None:
        """Refresh at each save of a file that has a part in it, for ever."""
        while True:
            places = {self._board.directory, self._board.templates} - {None}
            async for _changes in awatch(*(place for place in places if place and place.is_dir())):
                await self.refresh()
                if self._board.templates not in places:
                    break  # digest.yaml names another directory: watch that one

    async def _page(self, _request: web.Request) -> web.Response:
        return _own("page.html", "text/html", {"Content-Security-Policy": _OF_PAGE})

    async def _style(self, _request: web.Request) -> web.Response:
        return _own("page.css", "text/css")

    async def _script(self, _request: web.Request) -> web.Response:
        return _own("page.js", "text/javascript")

    async def _part(self, request: web.Request) -> web.Response:
        """One part of one digest. `scheme` forces light or dark, whatever the browser prefers."""
        shown = next((it for it in self._board.shown if it.id == request.match_info["digest"]), None)
        if shown is None:
            raise web.HTTPNotFound(text="there is no such digest (any more)\n")
        match request.match_info["part"]:
            case "html":
                wanted = "all" if request.query.get("scheme") == "dark" else "not all"
                html = shown.message.html.replace(_DARK, wanted)
                return _answer(html, "text/html", {"Content-Security-Policy": _OF_EMAIL})
            case "text":
                return _answer(shown.message.text, "text/plain")
            case _:
                return _answer(shown.headers, "text/plain")

    async def _events(self, request: web.Request) -> web.StreamResponse:
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await stream.prepare(request)
        with suppress(ConnectionResetError):  # the browser has gone
            await self._tell(stream)
        return stream

    async def _tell(self, stream: web.StreamResponse) -> None:
        seen = -1
        while True:
            if seen != self._version:
                seen = self._version
                await stream.write(f"data: {json.dumps(self._state())}\n\n".encode())
            try:
                async with self._changed, asyncio.timeout(PING_S):
                    while seen == self._version:
                        await self._changed.wait()
            except TimeoutError:
                await stream.write(b": still here\n\n")

    def _state(self) -> dict[str, object]:
        return {
            "digests": [
                {"id": it.id, "title": it.title, "subject": it.message.subject, "bytes": len(it.message.html.encode())}
                for it in self._board.shown
            ],
            "problems": [{"text": str(problem), "warning": problem.warning} for problem in self._board.problems],
        }


def _own(name: str, kind: str, headers: dict[str, str] | None = None) -> web.Response:
    return _answer((files("digest.preview") / name).read_text("utf-8"), kind, headers)


def _answer(text: str, kind: str, headers: dict[str, str] | None = None) -> web.Response:
    always = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
    return web.Response(text=text, content_type=kind, headers={**always, **(headers or {})})


async def serve(board: Board, port: int, told: Callable[[str], None]) -> None:
    """Show the board on loopback until cancelled; `told` gets the address. Port 0: whichever is free.

    Raises DigestError when nothing can listen there.
    """
    server = Server(board)
    await server.refresh()
    async with Endpoint(HttpSettings(listen=Listen("127.0.0.1", port)), server.routes()) as endpoint:
        if endpoint.address is None:
            raise DigestError("nothing listens")
        told(f"http://{endpoint.address}/")
        await server.follow()
