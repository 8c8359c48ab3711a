"""A small web server that writes down every request as it stood on the wire."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self


@dataclass(frozen=True)
class Answer:
    """What a path answers."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Visit:
    """One request. `at` is in seconds of the referee's time, `began` and `ended` in seconds of the client's clock."""

    host: str
    method: str
    path: str
    headers: Mapping[str, str]  # names in lower case, values byte for byte
    at: float
    began: float
    ended: float = 0.0
    status: int = 0
    sent: int = 0  # bytes of the body

    @property
    def where(self) -> str:
        """Host and path."""
        return f"{self.host}{self.path}"


Handler = Callable[[Visit], Answer]
REASONS = {200: "OK", 301: "Moved Permanently", 302: "Found", 304: "Not Modified", 404: "Not Found", 410: "Gone"}


class Server:
    """Serves many loopback addresses on one port. `handlers` by host; `now` is the referee's time in seconds, `pace`
    the time in which the client counts its pauses.
    """

    def __init__(
        self,
        handlers: Mapping[str, Handler],
        now: Callable[[], float],
        *,
        pace: Callable[[], float] = time.monotonic,
        port: int = 0,
    ) -> None:
        self.visits: list[Visit] = []
        self.port = port
        self._handlers = handlers
        self._now = now
        self._pace = pace
        self._servers: list[asyncio.Server] = []

    async def __aenter__(self) -> Self:
        for host in self._handlers:
            server = await asyncio.start_server(self._serve, host, self.port)
            self.port = server.sockets[0].getsockname()[1]
            self._servers.append(server)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server in self._servers:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            visit = self._visit(head, writer.get_extra_info("sockname")[0])
            self.visits.append(visit)
            answer = self._handlers[visit.host](visit)
            await asyncio.sleep(0.01)  # a moment in which a second connection of the same client would be seen
            bare = visit.method == "HEAD" or answer.status == 304
            visit.status, visit.sent = answer.status, 0 if bare else len(answer.body)
            writer.write(_head(answer) + (b"" if bare else answer.body))
            await writer.drain()
            visit.ended = self._pace()
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            pass
        finally:
            writer.close()

    def _visit(self, head: bytes, host: str) -> Visit:
        first, *lines = head.decode("latin-1").split("\r\n")
        method, path, *_ = [*first.split(" "), "", ""]
        pairs = (line.partition(":")[::2] for line in lines if line)
        headers = {name.strip().lower(): value.strip() for name, value in pairs}
        return Visit(host, method, path, headers, self._now(), self._pace())


def _head(answer: Answer) -> bytes:
    lines = [f"HTTP/1.1 {answer.status} {REASONS.get(answer.status, 'Answer')}"]
    lines += [f"{name}: {value}" for name, value in answer.headers.items()]
    if answer.status != 304:
        lines.append(f"Content-Length: {len(answer.body)}")
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1")
