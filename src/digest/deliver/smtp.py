"""Hands messages to a relay over SMTP, and always knows whether a message may have arrived."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import os
import socket
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Protocol

import aiosmtplib

from digest.deliver.wire import Wire
from digest.errors import ConfigError, DeliveryError
from digest.model import Parcel

Security = Literal["tls", "starttls", "none"]


class SmtpSettings(Protocol):
    """The slice of the configuration that names a relay."""

    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def security(self) -> Security: ...
    @property
    def username(self) -> str | None: ...
    def password(self) -> str | None:
        """The secret, read anew at every connection, so that a rotated one is taken up. Raises ConfigError."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a relay may take, in seconds.

    Only the wait after the final dot is the 10 minutes of RFC 5321 (4.5.3.2.6): giving up there may double a message.
    Giving up before it costs nothing but another attempt, so those waits are shorter than the RFC's 2 to 5 minutes,
    and `until_dot_s` bounds them together: a relay that dribbles can't hold us step by step.
    """

    step_s: float = 60.0  # connecting, the handshake, or one whole reply
    until_dot_s: float = 180.0
    after_dot_s: float = 600.0
    idle_s: float = 20.0  # an unused connection is given up


class Step(StrEnum):
    """Where in the conversation we are, in the words of the error messages."""

    CONNECT = "connecting"
    EHLO = "EHLO"
    STARTTLS = "STARTTLS"
    AUTH = "signing in"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    BODY = "the message"
    DOT = "the end of the message"


WANTED = {Step.MAIL: {250}, Step.RCPT: {250, 251}, Step.DATA: {354}}
OPENING = frozenset({Step.CONNECT, Step.EHLO, Step.STARTTLS, Step.AUTH})
# Replies that say at any step that we are not let in at all (RFC 4954, 6): 530 authentication required,
# 534 mechanism too weak, 535 credentials invalid, 538 encryption required.
NOT_LET_IN = frozenset({530, 534, 535, 538})


class SmtpDelivery:
    """Delivers through one relay, over up to `connections` connections that are reused while messages keep coming.

    Certificates are verified against the system's authorities (or those that SSL_CERT_FILE names). STARTTLS that is
    missing or refused is an error, never a downgrade, and a password never leaves this machine unencrypted. A relay
    that takes fewer connections at once gets no more than it takes.
    """

    def __init__(self, settings: SmtpSettings, *, patience: Patience = Patience(), connections: int = 4) -> None:
        self._settings = settings
        self._patience = patience
        self._slots = asyncio.Semaphore(connections)
        self._conversations: set[_Conversation] = set()
        self._withheld = 0  # slots for which the relay had no room beside those
        self._idle: dict[_Conversation, asyncio.Task[None]] = {}

    async def deliver(self, parcel: Parcel, before_commit: Callable[[], Awaitable[None]]) -> str:
        """Hand one message over and return the relay's reply to it, such as "250 2.0.0 Ok: queued as 4F2A".

        `before_commit` is awaited when everything but the final dot is written; what it raises passes through, and
        the message is then not sent. Raises DeliveryError: `retryable` for a temporary refusal and for whatever fails
        before the dot; not for a refusal for good (5xx); `unknown` when the answer to the dot was lost; `relay` when
        any other message would have failed alike. Cancelling closes the connection at once.
        """
        while True:
            await self._slots.acquire()
            room = True
            try:
                return await self._over_one(parcel, before_commit)
            except DeliveryError as error:
                room = not (error.relay and self._conversations)
                if room:
                    raise
            finally:
                if room:
                    self._slots.release()
                else:  # wait for the others: it may take two or three connections of a client at once
                    self._withheld += 1

    async def _over_one(self, parcel: Parcel, before_commit: Callable[[], Awaitable[None]]) -> str:
        """Hand a message over on a connection that is idle, or on a new one."""
        while self._idle:
            conversation, giving_up = self._idle.popitem()
            giving_up.cancel()
            with contextlib.suppress(_WentStale):
                return await self._converse(conversation, parcel, before_commit)
        return await self._converse(_Conversation(self._settings, self._patience), parcel, before_commit)

    async def try_out(self) -> str:
        """Connect, secure the connection, sign in and take leave, without any message; returns how that went.

        Raises DeliveryError for whatever would keep a message from being handed over.
        """
        conversation = _Conversation(self._settings, self._patience)
        try:
            return await conversation.greet()
        finally:
            await conversation.quit()

    async def close(self) -> None:
        """Say QUIT on every idle connection; what a relay answers to that is of no interest."""
        waiting = list(self._idle)
        for giving_up in self._idle.values():
            giving_up.cancel()
        self._idle.clear()
        for conversation in waiting:
            self._ended(conversation)
        await asyncio.gather(*(conversation.quit() for conversation in waiting))

    async def _converse(
        self, conversation: _Conversation, parcel: Parcel, before_commit: Callable[[], Awaitable[None]]
    ) -> str:
        self._conversations.add(conversation)
        try:
            return await conversation.hand_over(parcel, before_commit)
        finally:
            if conversation.free:
                self._idle[conversation] = asyncio.create_task(self._give_up(conversation))
            else:
                conversation.abort()
                self._ended(conversation)

    async def _give_up(self, conversation: _Conversation) -> None:
        await asyncio.sleep(self._patience.idle_s)
        del self._idle[conversation]
        self._ended(conversation)
        await conversation.quit()

    def _ended(self, conversation: _Conversation) -> None:
        self._conversations.discard(conversation)
        # Not at once: one that went stale is being replaced, and the others need not ask again for that.
        asyncio.get_running_loop().call_soon(self._make_room)

    def _make_room(self) -> None:
        """With no connection left to wait for, ask anew how many the relay takes."""
        if not self._conversations:
            for _ in range(self._withheld):
                self._slots.release()
            self._withheld = 0


class _WentStale(Exception):
    """A kept connection had been closed by the relay before it took any of the message."""


class _Conversation:
    """One connection to the relay, and the step it has reached."""

    def __init__(self, settings: SmtpSettings, patience: Patience) -> None:
        self._settings = settings
        self._patience = patience
        self.free = False  # for the next message
        self._step = Step.CONNECT
        self._used = False
        self._refused = False  # the last recipient
        self._wire: Wire | None = None  # once we are let in
        self._client = aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            use_tls=settings.security == "tls",
            start_tls=False,  # done by ourselves, so that what fails can be named
            local_hostname=_our_name(),
            timeout=patience.step_s,
        )

    async def hand_over(self, parcel: Parcel, before_commit: Callable[[], Awaitable[None]]) -> str:
        """Send one message; see SmtpDelivery.deliver. After an error the connection is of use only if `free`."""
        self.free = False
        try:
            async with asyncio.timeout(self._patience.until_dot_s):
                wire = self._wire or await self._open()
                await self._envelope(wire, parcel)
                await self._body(wire, parcel.raw)
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            if self._used and self._step is Step.MAIL and _is_farewell(error):
                raise _WentStale from error
            if self._step is Step.RCPT and isinstance(error, aiosmtplib.SMTPResponseException):
                await self._start_over(error.code)
            raise self._failed(error) from error
        await before_commit()
        try:
            _listen(wire)
            wire.write(b".\r\n")
            self._step = Step.DOT
            reply = await wire.reply(self._patience.after_dot_s)
            if not 200 <= reply.code < 300:
                raise aiosmtplib.SMTPResponseException(*reply)
        except (aiosmtplib.SMTPException, OSError) as error:
            raise self._failed(error) from error
        self._used = self.free = True
        self._refused = False
        return f"{reply.code} {_plain(reply.text)}"

    async def greet(self) -> str:
        """Open the connection, and say in words what it is like."""
        try:
            async with asyncio.timeout(self._patience.until_dot_s):
                await self._open()
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise self._failed(error) from error
        encrypted = self._client.get_transport_info("ssl_object")
        how = f"{encrypted.version()}, its certificate is trusted" if encrypted else "not encrypted"
        who = f", signed in as {self._settings.username}" if self._settings.username else ""
        return f"{self._settings.host}:{self._settings.port} takes mail: {how}{who}"

    async def quit(self) -> None:
        """Take leave; errors are of no interest, since every message's fate is known by now."""
        if self._wire is not None:
            with contextlib.suppress(OSError):
                self._wire.write(b"QUIT\r\n")
                await self._wire.reply(min(5.0, self._patience.step_s))
        self.abort()

    def abort(self) -> None:
        """Drop the connection without waiting for anything that is still to be written."""
        transport = self._client.transport
        self._client.close()
        if isinstance(transport, asyncio.WriteTransport):
            transport.abort()

    async def _open(self) -> Wire:
        """Come as far as the relay takes a message: greeted, encrypted and signed in as configured."""
        await self._client.connect()
        self._step = Step.EHLO
        await self._client.ehlo()
        if self._settings.security == "starttls":
            self._step = Step.STARTTLS
            if not self._client.supports_extension("starttls"):
                raise self._refusal(
                    "the relay offers no STARTTLS, and nothing is sent unencrypted; set security: tls if it"
                    " listens for TLS on this port, or security: none if it may be trusted without"
                )
            await self._client.starttls()
            self._step = Step.EHLO
            await self._client.ehlo()
        if self._settings.username:
            self._step = Step.AUTH
            await self._sign_in(self._settings.username)
        transport = self._client.transport
        if not isinstance(transport, asyncio.Transport):
            raise aiosmtplib.SMTPServerDisconnected("connection lost")
        self._wire = Wire.over(transport)
        return self._wire

    async def _sign_in(self, username: str) -> None:
        if self._settings.security == "none" and not may_sign_in_openly(self._client.get_transport_info("peername")[0]):
            raise self._refusal("the password would leave this machine unencrypted; set security: starttls or tls")
        if not self._client.supported_auth_methods:
            raise self._refusal("the relay offers no way to sign in that we know; leave out username, or mind the port")
        try:
            password = self._settings.password() or ""
        except ConfigError as error:
            raise self._refusal(str(error)) from error
        await self._client.login(username, password)

    async def _envelope(self, wire: Wire, parcel: Parcel) -> None:
        """Come as far as the relay wants the message itself.

        A relay that offers PIPELINING (RFC 2920) hears the three commands at once and we wait once. Where it then asks
        for the message though it refused the recipient, the connection is dropped: without a dot, nothing was sent.
        """
        self._step = Step.MAIL
        sender, recipient = _mailbox(parcel.sender), _mailbox(parcel.recipient)
        options = [f" SIZE={len(parcel.raw)}"] if self._client.supports_extension("size") else []
        if not (sender + recipient).isascii():
            if not self._client.supports_extension("smtputf8"):
                raise ValueError("the relay does not carry addresses with non-ASCII letters (SMTPUTF8)")
            options.append(" SMTPUTF8")
        commands = {
            Step.MAIL: f"MAIL FROM:<{sender}>{''.join(options)}\r\n".encode(),
            Step.RCPT: f"RCPT TO:<{recipient}>\r\n".encode(),
            Step.DATA: b"DATA\r\n",
        }
        at_once = self._client.supports_extension("pipelining")
        if at_once:
            wire.write(b"".join(commands.values()))
        for self._step, command in commands.items():
            if not at_once:
                wire.write(command)
            reply = await wire.reply(self._patience.step_s)
            if reply.code not in WANTED[self._step]:
                raise aiosmtplib.SMTPResponseException(*reply)

    async def _start_over(self, code: int) -> None:
        """Leave a recipient who was refused, so that the connection takes the next (RFC 5321, 4.1.1.5).

        Not twice in a row: a relay that has had enough of this connection may say so in the same words.
        """
        again, self._refused = self._refused, True
        if again or self._wire is None or not 400 <= code < 600 or code == 421 or code in NOT_LET_IN:
            return
        patience_s = min(5.0, self._patience.step_s)
        with contextlib.suppress(OSError):
            if self._client.supports_extension("pipelining") and (await self._wire.reply(patience_s)).code == 354:
                return  # it waits for a message that nobody is to get
            self._wire.write(b"RSET\r\n")
            self._used = self.free = (await self._wire.reply(patience_s)).code == 250

    async def _body(self, wire: Wire, raw: bytes) -> None:
        """Write the message up to, not including, the final dot."""
        self._step = Step.BODY
        wire.write(_for_the_wire(raw))
        await wire.drain()
        _listen(wire)

    # --- what went wrong, in words and in consequences ----------------------------------------------

    def _failed(self, error: Exception) -> DeliveryError:
        if isinstance(error, aiosmtplib.SMTPResponseException):
            return self._answered(error.code, error.message)
        if isinstance(error, TimeoutError):
            return self._broke_off("took too long to answer")
        cause = error.__cause__ if isinstance(error.__cause__, OSError) else error
        if isinstance(cause, ssl.SSLError):
            return self._refusal(_tls_trouble(cause))
        if isinstance(error, ValueError):
            return DeliveryError(f"{self._where}: {error}", retryable=False)
        if self._step is Step.CONNECT and not isinstance(cause, aiosmtplib.SMTPServerDisconnected):
            return self._broke_off(f"can't be reached: {_os_trouble(cause)}")
        return self._broke_off("closed the connection")

    def _answered(self, code: int, text: str) -> DeliveryError:
        if not 400 <= code < 600:
            said = f"{code} {text}" if code else text
            return self._broke_off(f"gave an answer that makes no sense here: {_plain(said)}")
        reason = f"{self._where}: refused with {code} {_plain(text)}"
        if self._step in OPENING or code in NOT_LET_IN:
            return DeliveryError(reason, retryable=True, relay=True)
        return DeliveryError(reason, retryable=code < 500)

    def _broke_off(self, what: str) -> DeliveryError:
        if self._step is Step.DOT:
            reason = f"{self._where}: the relay {what}; the message may have arrived"
            return DeliveryError(reason, retryable=False, unknown=True)
        return DeliveryError(f"{self._where}: the relay {what}", retryable=True, relay=self._step in OPENING)

    def _refusal(self, what: str) -> DeliveryError:
        return DeliveryError(f"{self._where}: {what}", retryable=True, relay=True)

    @property
    def _where(self) -> str:
        return f"{self._settings.host}:{self._settings.port}, {self._step.value}"


def _listen(wire: Wire) -> None:
    """Notice a relay that left, or refused the message, before it had the whole of it."""
    if (reply := wire.unasked()) is not None:
        raise aiosmtplib.SMTPResponseException(*reply)


def _is_farewell(error: Exception) -> bool:
    """A relay ends a kept connection with 421 or by closing it (RFC 5321, 3.8)."""
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return error.code == 421
    return isinstance(error, ConnectionError)


def _tls_trouble(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the relay's certificate is not trusted: {error.verify_message}"
    if error.reason in {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"}:
        return "the relay does not speak TLS on this port from the start; perhaps security: starttls is meant"
    return f"no encrypted connection came about: {error.reason or error}"


def _os_trouble(error: Exception) -> str:
    """The system's words, without the Python spelling of the address that we name anyway."""
    number = error.errno if isinstance(error, OSError) else None
    return os.strerror(number) if number and number > 0 else str(error)


def may_sign_in_openly(peer: str) -> bool:
    """Whether a password may go unencrypted to this IP address: within this machine only."""
    return ipaddress.ip_address(peer.partition("%")[0]).is_loopback


def _our_name() -> str:
    """The host name where it is a full one, else an address literal (RFC 5321, 4.1.4). No DNS look-up, it may hang."""
    name = socket.gethostname()
    return name if "." in name and name.isascii() else "[127.0.0.1]"


def _mailbox(address: str) -> str:
    """An address fit for a command line, with its domain in punycode, which every relay carries. Raises ValueError."""
    if not address.isprintable() or not set(" <>").isdisjoint(address):
        raise ValueError(f"{address!r} is no email address")
    local, at, domain = address.rpartition("@")
    return f"{local}{at}{domain if domain.isascii() else domain.encode('idna').decode('ascii')}"


def _for_the_wire(raw: bytes) -> bytes:
    """Line ends as CRLF, so that no bare CR or LF fakes an end of the message; dots doubled (RFC 5321, 4.5.2)."""
    words = b"".join(raw.split(b"\r\n"))
    if raw.endswith(b"\r\n") and b"\r" not in words and b"\n" not in words and b"\r\n." not in b"\r\n" + raw:
        return raw  # our own messages, as good as always
    lines = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").removesuffix(b"\n") + b"\n"
    return (b"\n" + lines).replace(b"\n.", b"\n..")[1:].replace(b"\n", b"\r\n")


def _plain(text: str) -> str:
    """A relay's words on one line, fit for the store and the terminal."""
    clean = text.encode("utf-8", "replace").decode("utf-8")
    return " ".join("".join(char if char.isprintable() else " " for char in clean).split())[:500]
