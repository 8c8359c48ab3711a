"""What is written and read on a connection: commands at once where it may be, and replies however they are cut."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from relays import PARCEL, Ledger, nothing, parcel, scripted

from digest.deliver import SmtpDelivery
from digest.errors import DeliveryError

Smtp = Callable[..., SmtpDelivery]
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

OFFERED = "250-relay.example\r\n250-PIPELINING\r\n250 SIZE 1000000"
ENVELOPE = [b"MAIL", b"RCPT", b"DATA"]


@asynccontextmanager
async def relay(talk: Talk, offers: str = OFFERED) -> AsyncIterator[int]:
    """A relay that greets as it should and then goes on with `talk`."""

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 relay.example\r\n")
        await reader.readline()
        writer.write(offers.encode() + b"\r\n")
        await talk(reader, writer)
        await writer.drain()
        writer.close()

    listening = await asyncio.start_server(greet, "127.0.0.1", 0)
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        listening.close()


async def verbs(reader: asyncio.StreamReader, count: int) -> list[bytes]:
    return [(await reader.readline())[:4] for _ in range(count)]


async def test_a_relay_that_offers_pipelining_hears_the_whole_envelope_before_it_answers(smtp: Smtp):
    heard: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.extend(await verbs(reader, 3))
        writer.write(b"250 a\r\n250 b\r\n354 c\r\n")
        await reader.readuntil(b"\r\n.\r\n")
        writer.write(b"250 queued\r\n")

    async with relay(talk) as port:
        assert await smtp(port).deliver(PARCEL, nothing) == "250 queued"
    assert heard == ENVELOPE


async def test_a_relay_that_does_not_offer_it_hears_each_command_after_its_last_reply(smtp: Smtp):
    early: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for reply in (b"250 a\r\n", b"250 b\r\n", b"354 c\r\n"):
            await reader.readline()
            try:
                early.append(await asyncio.wait_for(reader.read(1), 0.02))
            except TimeoutError:
                writer.write(reply)
        await reader.readuntil(b"\r\n.\r\n")
        writer.write(b"250 queued\r\n")

    async with relay(talk, offers="250 relay.example") as port:
        assert await smtp(port).deliver(PARCEL, nothing) == "250 queued"
    assert early == []


async def test_replies_are_read_whole_however_they_are_cut(smtp: Smtp):
    """Each byte comes alone; a reply of several lines is one reply."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def dribble(replies: bytes) -> None:
            for byte in replies:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(0)

        await verbs(reader, 3)
        await dribble(b"250-first\r\n250-second\r\n250 third\r\n251\r\n354 go\r\n")
        await reader.readuntil(b"\r\n.\r\n")
        await dribble(b"250-2.0.0 Ok\r\n250 2.0.0 queued as 4F2A\r\n")

    async with relay(talk) as port:
        assert await smtp(port).deliver(PARCEL, nothing) == "250 2.0.0 Ok 2.0.0 queued as 4F2A"


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize(("code", "retryable"), [("421", True), ("450", True), ("550", False), ("554", False)])
async def test_a_refusal_is_that_of_its_own_command_also_when_the_others_are_out(
    smtp: Smtp, step: str, code: str, retryable: bool
):
    """A relay may ask for the message of which it refused the recipient; it does not get one."""
    async with scripted(EHLO=OFFERED, **{step: f"{code} 9.9.9 because"}) as (script, port):
        ledger = Ledger()
        with pytest.raises(DeliveryError, match=f", {step}: refused with {code} 9.9.9 because") as caught:
            await smtp(port).deliver(PARCEL, ledger.commit)
    assert (caught.value.retryable, caught.value.unknown, caught.value.relay) == (retryable, False, False)
    assert (ledger.commits, script.messages) == ([], [])


async def test_one_refused_recipient_does_not_touch_the_others_of_a_relay_with_pipelining(smtp: Smtp):
    refused = {"RCPT TO:<b@example.org>": "550 5.1.1 no such user"}
    async with scripted(EHLO=OFFERED, **refused) as (script, port):
        delivery = smtp(port)
        await delivery.deliver(parcel(1, recipient="a@example.org"), nothing)
        with pytest.raises(DeliveryError, match="no such user"):
            await delivery.deliver(parcel(2, recipient="b@example.org"), nothing)
        await delivery.deliver(parcel(3, recipient="c@example.org"), nothing)
    assert len(script.messages) == 2


@pytest.mark.parametrize(("reply", "retryable"), [("552 5.3.4 too big", False), ("421 4.3.2 going down", True)])
async def test_a_relay_that_speaks_before_the_dot_is_heard_and_gets_none(smtp: Smtp, reply: str, retryable: bool):
    """It says so while `data_sent` is being committed: what it has then is no message."""
    ready, after = asyncio.Event(), []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await verbs(reader, 3)
        writer.write(b"250 a\r\n250 b\r\n354 c\r\n")
        await reader.readuntil(b"Last.\r\n")
        await ready.wait()
        writer.write(reply.encode() + b"\r\n")
        after.append(await reader.read())

    async def commit() -> None:
        ready.set()
        await asyncio.sleep(0.1)

    async with relay(talk) as port:
        with pytest.raises(DeliveryError, match=f"the message: refused with {reply}") as caught:
            await smtp(port).deliver(PARCEL, commit)
        await asyncio.sleep(0.05)
    assert (caught.value.retryable, caught.value.unknown) == (retryable, False)
    assert after in ([], [b""])  # the connection was dropped


async def test_an_endless_reply_is_cut_off(smtp: Smtp):
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await verbs(reader, 3)
        for _ in range(100):
            writer.write(b"250-" + b"x" * 5000)
            await writer.drain()

    async with relay(talk) as port:
        with pytest.raises(DeliveryError, match="MAIL: the relay closed the connection") as caught:
            await smtp(port).deliver(PARCEL, nothing)
    assert caught.value.retryable
