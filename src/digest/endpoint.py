"""Answers HTTP while the service runs: whatever routes it is handed, at the one address that `http.listen` names."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from digest.config import HttpSettings, Listen

CLOSE_WITHIN_S = 2.0

log = structlog.get_logger(__name__)


class Endpoint:
    """A server on loopback, or wherever it was told; none at all where `listen` is off.

    `max_bytes` bounds what a request may carry. What a handler trips over is logged and answered with 500; it
    touches nothing else.
    """

    def __init__(
        self, settings: HttpSettings, routes: Iterable[web.AbstractRouteDef], *, max_bytes: int = 1_000_000
    ) -> None:
        self._settings = settings
        self._routes = tuple(routes)
        self._max_bytes = max_bytes
        self._runner: web.AppRunner | None = None
        self.address: Listen | None = None  # where it does listen, once entered

    async def __aenter__(self) -> Self:
        """Begin to answer. Raises ConfigError, which names `http.listen`, when nothing can listen there."""
        listen = self._settings.listen
        if listen is None:
            return self
        app = web.Application(client_max_size=self._max_bytes, middlewares=[self._asked_by_name])
        app.add_routes(self._routes)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=CLOSE_WITHIN_S)
        await runner.setup()
        try:
            await web.TCPSite(runner, listen.host, listen.port).start()
        except (OSError, UnicodeError) as error:
            await runner.cleanup()
            said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            what = f"`http.listen`: nothing can listen at {listen} ({said})"
            raise self._settings.refusal(what, "name another address, or write `listen: off`") from error
        self._runner = runner
        self.address = Listen(listen.host, runner.addresses[0][1])
        log.info("listening", address=str(self.address))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    @web.middleware
    async def _asked_by_name(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """On loopback, refuse names that are not ours.

        Else any page in a browser on this machine could read what is here, by letting its own name resolve to
        127.0.0.1 (DNS rebinding).
        """
        if self.address is not None and _loopback(self.address.host) and not self._ours(request.host):
            raise web.HTTPMisdirectedRequest(text="ask for this machine by its address, or by `http.public_url`\n")
        return await handler(request)

    def _ours(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        public = urlsplit(self._settings.public_url or "").hostname
        return name in ("localhost", public) or _is_address(name)


def _loopback(host: str) -> bool:
    return host == "localhost" or (_is_address(host) and ip_address(host).is_loopback)


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
