"""Real relays on loopback: aiosmtpd for what should work, a scripted one for what should not."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from digest.deliver import Patience
from digest.deliver.smtp import Security
from digest.model import Parcel

RAW = (
    b"From: Desk <digest@example.org>\r\nTo: reader@example.org\r\nSubject: Two stories\r\n"
    b"Message-ID: <one@example.org>\r\n\r\n"
    b"First line.\r\n.a line that starts with a dot\r\n..two dots\r\n.\r\nLast.\r\n"
)

PARCEL = Parcel(
    id=7,
    digest="daily",
    edition=3,
    sender="digest@example.org",
    recipient="reader@example.org",
    message_id="<one@example.org>",
    raw=RAW,
    subject="Two stories",
    html="<p>Two stories</p>",
    text="Two stories\n",
    data='{"id": "daily"}',
)

BRISK = Patience(step_s=0.4, until_dot_s=1.0, after_dot_s=0.4, idle_s=5.0)


def parcel(number: int = 0, **changes: Any) -> Parcel:
    return replace(PARCEL, id=number, message_id=f"<{number}@example.org>", **changes)


async def nothing() -> None:
    """A commit that does nothing."""


@dataclass
class Ledger:
    """Stands for the store: remembers how often it was asked to commit, and what was there by then."""

    look: Callable[[], Any] = lambda: None
    commits: list[Any] = field(default_factory=list)

    async def commit(self) -> None:
        self.commits.append(self.look())


@dataclass(frozen=True)
class Settings:
    """What the configuration says of a relay."""

    host: str
    port: int
    security: Security = "none"
    username: str | None = None
    secret: str | None = None

    def password(self) -> str | None:
        return self.secret


# --- certificates ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Certificates:
    """An authority and two certificates of it: one for 127.0.0.1, one for somebody else."""

    authority: Path
    ours: Path
    foreign: Path

    def context(self, certificate: Path) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
        return context


# --- a real server --------------------------------------------------------------------------------


@dataclass
class Inbox:
    """Handler of aiosmtpd: keeps the envelopes."""

    envelopes: list[Envelope] = field(default_factory=list)
    peers: set[Any] = field(default_factory=set)
    at_once: int = 0

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - its name
        self.envelopes.append(envelope)
        self.peers.add(session.peer)
        return f"250 2.0.0 Ok: queued as {len(self.envelopes)}"


@asynccontextmanager
async def server(handler: Any, *, tls: ssl.SSLContext | None = None, **options: Any) -> AsyncIterator[int]:
    """Aiosmtpd on a free port of 127.0.0.1."""
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(
        lambda: SMTP(handler, enable_SMTPUTF8=True, hostname="relay.example", loop=loop, **options),
        "127.0.0.1",
        0,
        ssl=tls,
    )
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        listening.close()


def only_desk(_server: Any, _session: Any, _envelope: Any, _mechanism: str, login: Any) -> AuthResult:
    """Lets in `desk` with the password `right`."""
    right = isinstance(login, LoginPassword) and (login.login, login.password) == (b"desk", b"right")
    return AuthResult(success=right, handled=False)


# --- a scripted one -------------------------------------------------------------------------------

HANG = "(hang)"
DROP = "(drop)"
DRIBBLE = "(dribble)"
ORDINARY = {
    "greeting": "220 relay.example",
    "EHLO": "250-relay.example\r\n250 SIZE 1000000",
    "MAIL": "250 sender fine",
    "RCPT": "250 recipient fine",
    "DATA": "354 go ahead",
    ".": "250 2.0.0 Ok: queued as 4F2A",
    "RSET": "250 fine",
    "QUIT": "221 bye",
}


@dataclass
class Script:
    """A relay that answers each step as told; one step may misbehave. A step is a verb, or a whole command."""

    answers: dict[str, str]
    commands: list[str] = field(default_factory=list)
    messages: list[bytes] = field(default_factory=list)
    connections: int = 0
    once: dict[str, str] = field(default_factory=dict)  # instead of the ordinary answer, the next time
    most: int = 1000  # connections at once
    here: int = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.here += 1
        try:
            if self.here > self.most:
                writer.write(b"421 4.7.0 too many connections from you\r\n")
                await writer.drain()
            else:
                await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.here -= 1
            writer.transport.abort()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        alive = await self._answer("greeting", writer)
        while alive and (line := await reader.readline()):
            verb = line.split()[0].decode().upper()
            self.commands.append(line.decode().strip())
            whole = line.decode().strip()
            wanted = verb == "DATA" and (self.once.get(verb) or self.answers[verb]).startswith("354")
            alive = await self._answer(whole if whole in self.answers else verb, writer)
            if wanted:
                if self.answers["."] == "(drop while reading)":
                    await reader.read(10)
                    return
                self.messages.append(await reader.readuntil(b"\r\n.\r\n"))
                alive = await self._answer(".", writer)

    async def _answer(self, step: str, writer: asyncio.StreamWriter) -> bool:
        answer = self.once.pop(step, None) or self.answers.get(step, "502 what?")
        if answer == HANG:
            await asyncio.sleep(30)
        if answer == DROP:
            return False
        if answer == DRIBBLE:
            for char in "250 " + "x" * 300:
                writer.write(char.encode())
                await writer.drain()
                await asyncio.sleep(0.1)
        writer.write(answer.encode("utf-8", "surrogateescape") + b"\r\n")
        await writer.drain()
        return step != "QUIT" and not answer.startswith("421")


@asynccontextmanager
async def scripted(**answers: str) -> AsyncIterator[tuple[Script, int]]:
    """A scripted relay on a free port; `dot` stands for the answer to the final dot."""
    named = {"." if step == "dot" else step: answer for step, answer in answers.items()}
    script = Script(ORDINARY | named)
    listening = await asyncio.start_server(script, "127.0.0.1", 0)
    try:
        yield script, listening.sockets[0].getsockname()[1]
    finally:
        listening.close()
