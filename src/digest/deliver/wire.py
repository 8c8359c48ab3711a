"""One connection to a relay that has let us in: lines out, replies in, in order, and no guess about either."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

REPLY_BYTES = 64_000  # of all replies not yet asked for; one has 512 a line (RFC 5321, 4.5.3.1.5), and few lines


class Reply(NamedTuple):
    """What a relay said: its code, 0 where there is none, and its words, a line each."""

    code: int
    text: str


class Wire(asyncio.Protocol):
    """Carries lines over a transport, which it takes over from whoever opened it.

    Several commands may be written before their replies are asked for (RFC 2920): no reply is lost. Every method
    raises ConnectionError when the connection is gone and what had arrived is used up.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._received = bytearray()
        self._gone = False
        self._news = asyncio.Event()
        self._written = asyncio.Event()
        self._written.set()

    @classmethod
    def over(cls, transport: asyncio.Transport) -> Wire:
        """A wire over an open transport."""
        wire = cls(transport)
        transport.set_protocol(wire)
        transport.set_write_buffer_limits(high=1, low=0)  # so that `drain` waits for the last byte
        return wire

    # --- for the conversation -----------------------------------------------------------------------

    def write(self, data: bytes) -> None:
        """Write without waiting."""
        if self._gone or self._transport.is_closing():
            raise ConnectionResetError("connection lost")
        self._transport.write(data)

    async def drain(self) -> None:
        """Wait until the system has taken all that was written."""
        await self._written.wait()
        if self._gone:
            raise ConnectionResetError("connection lost")

    async def reply(self, patience_s: float) -> Reply:
        """The reply to the first command that has none yet. Raises TimeoutError when it is not whole by then."""
        if (found := self._taken()) is not None:
            return found  # as those after the first, of several commands at once
        async with asyncio.timeout(patience_s):
            while found is None:
                if self._gone:
                    raise ConnectionResetError("connection lost")
                self._news.clear()
                await self._news.wait()
                found = self._taken()
        return found

    def unasked(self) -> Reply | None:
        """What the relay said though it was not its turn, such as 421 before it leaves."""
        found = self._taken()
        if found is None and (self._gone or self._transport.is_closing()):
            raise ConnectionResetError("connection lost")
        return found

    def _taken(self) -> Reply | None:
        """The first whole reply of what has arrived: lines with a dash after the code, and one without."""
        texts = []
        start = 0
        while end := self._received.find(b"\n", start) + 1:
            line = bytes(self._received[start:end])
            code, words = line[:3], line[4:].decode("utf-8", "surrogateescape").strip()
            start = end
            sound = code.isdigit() and len(code) == 3 and line[3:4] in {b" ", b"-", b"\r", b"\n"}
            texts.append(words if sound else line.decode("utf-8", "surrogateescape").strip())
            if not sound or line[3:4] != b"-":
                del self._received[:start]
                return Reply(int(code) if sound else 0, "\n".join(texts))
        return None

    # --- for the transport --------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """More of a reply."""
        self._received += data
        if len(self._received) > REPLY_BYTES:
            self._transport.abort()
        self._news.set()

    def eof_received(self) -> bool:
        """The relay says no more: so there is nobody to write to."""
        self.connection_lost(None)
        return False

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's own signature
        """Nothing comes or goes any more."""
        self._gone = True
        self._news.set()
        self._written.set()

    def pause_writing(self) -> None:
        """The system has not taken everything yet."""
        self._written.clear()

    def resume_writing(self) -> None:
        """Now it has."""
        self._written.set()
