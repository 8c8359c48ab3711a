"""What becomes of a message when the relay misbehaves: each fault, at each step."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest
from relays import DRIBBLE, DROP, HANG, PARCEL, Ledger, nothing, parcel, scripted

from digest.deliver import Patience, SmtpDelivery
from digest.errors import DeliveryError

Smtp = Callable[..., SmtpDelivery]

BEFORE_THE_DOT = ["greeting", "EHLO", "MAIL", "RCPT", "DATA"]
ABOUT_THE_MESSAGE = ["MAIL", "RCPT", "DATA", "dot"]
REPLIES = {"421": True, "450": True, "452": True, "550": False, "552": False, "554": False}


async def outcome(smtp: Smtp, port: int, **options: object) -> tuple[DeliveryError, int]:
    """The error of one delivery, and how often it was committed."""
    ledger = Ledger()
    with pytest.raises(DeliveryError) as caught:
        await smtp(port, **options).deliver(PARCEL, ledger.commit)
    return caught.value, len(ledger.commits)


@pytest.mark.parametrize("step", ABOUT_THE_MESSAGE)
@pytest.mark.parametrize("code", REPLIES)
async def test_4xx_is_tried_again_and_5xx_is_final(smtp: Smtp, step: str, code: str):
    async with scripted(**{step: f"{code} 9.9.9 because"}) as (_, port):
        error, commits = await outcome(smtp, port)
    assert (error.retryable, error.unknown, error.relay) == (REPLIES[code], False, False)
    assert f"refused with {code} 9.9.9 because" in str(error)
    assert commits == (1 if step == "dot" else 0)


@pytest.mark.parametrize("step", ["greeting", "EHLO"])
@pytest.mark.parametrize("code", ["421", "450", "554"])
async def test_a_relay_that_turns_us_away_at_the_door_costs_no_message(smtp: Smtp, step: str, code: str):
    async with scripted(**{step: f"{code} not now"}) as (_, port):
        error, commits = await outcome(smtp, port)
    assert (error.retryable, error.relay, error.unknown) == (True, True, False)
    assert commits == 0


@pytest.mark.parametrize("fault", [HANG, DROP, DRIBBLE, "nonsense", "199 x", "221 x", "999 x"])
@pytest.mark.parametrize("step", BEFORE_THE_DOT)
async def test_whatever_fails_before_the_dot_is_tried_again(smtp: Smtp, step: str, fault: str):
    async with scripted(**{step: fault}) as (_, port):
        error, commits = await outcome(smtp, port)
    assert (error.retryable, error.unknown, commits) == (True, False, 0)


@pytest.mark.parametrize("fault", [HANG, DROP, DRIBBLE, "nonsense", "199 x", "354 go on", "700 x"])
async def test_what_is_lost_after_the_dot_is_unknown(smtp: Smtp, fault: str):
    async with scripted(dot=fault) as (relay, port):
        error, commits = await outcome(smtp, port)
    assert (error.unknown, error.retryable, error.relay, commits) == (True, False, False, 1)
    assert "the message may have arrived" in str(error)
    assert len(relay.messages) == 1


async def test_a_connection_lost_within_the_message_is_before_the_dot(smtp: Smtp):
    async with scripted(dot="(drop while reading)") as (_, port):
        ledger = Ledger()
        big = parcel(1, raw=b"Subject: big\r\n\r\n" + b"x" * 76 * 200_000)
        with pytest.raises(DeliveryError) as caught:
            await smtp(port, patience=Patience(step_s=5, until_dot_s=5)).deliver(big, ledger.commit)
    assert (caught.value.retryable, caught.value.unknown, ledger.commits) == (True, False, [])


async def test_a_relay_that_stops_reading_is_left_in_time(smtp: Smtp):
    """The body fills the buffers; nobody takes it."""

    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 x\r\n")
        for reply in (b"250 x\r\n", b"250 x\r\n", b"250 x\r\n", b"354 x\r\n"):
            await reader.readline()
            writer.write(reply)
        reader._transport.pause_reading()
        await asyncio.sleep(10)

    listening = await asyncio.start_server(deaf, "127.0.0.1", 0)
    ledger = Ledger()
    big = parcel(1, raw=b"Subject: big\r\n\r\n" + b"x" * 30_000_000)
    begun = time.monotonic()
    with pytest.raises(DeliveryError, match="the message: the relay took too long") as caught:
        await smtp(listening.sockets[0].getsockname()[1]).deliver(big, ledger.commit)
    listening.close()
    assert time.monotonic() - begun < 3
    assert (caught.value.retryable, caught.value.unknown, ledger.commits) == (True, False, [])


async def test_a_relay_that_is_slow_at_every_step_is_held_to_the_total(smtp: Smtp):
    """Each answer comes just in time; together they are too much."""

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for reply in (b"220 x\r\n", b"250 x\r\n", b"250 x\r\n", b"250 x\r\n", b"354 x\r\n"):
            await asyncio.sleep(0.3)
            writer.write(reply)
            await reader.readline()

    listening = await asyncio.start_server(slow, "127.0.0.1", 0)
    begun = time.monotonic()
    with pytest.raises(DeliveryError, match="took too long") as caught:
        await smtp(listening.sockets[0].getsockname()[1]).deliver(PARCEL, nothing)
    listening.close()
    assert time.monotonic() - begun < 1.5
    assert caught.value.retryable


async def test_one_refused_recipient_does_not_touch_the_others(smtp: Smtp):
    async with scripted() as (relay, port):
        delivery = smtp(port)
        assert (await delivery.deliver(parcel(1, recipient="a@example.org"), nothing)).startswith("250")
        relay.answers["RCPT"] = "550 5.1.1 no such user"
        with pytest.raises(DeliveryError, match=r"RCPT: refused with 550 5.1.1 no such user") as caught:
            await delivery.deliver(parcel(2, recipient="b@example.org"), nothing)
        relay.answers["RCPT"] = "250 fine"
        assert (await delivery.deliver(parcel(3, recipient="c@example.org"), nothing)).startswith("250")
    assert (caught.value.retryable, caught.value.relay) == (False, False)
    assert len(relay.messages) == 2


async def test_a_relays_words_are_made_fit_to_store_and_to_show(smtp: Smtp):
    """No control character, no lone surrogate, no endless text."""
    async with scripted(RCPT="550-\x1b[31mno\x07\r\n550 \udcff" + "y" * 2000) as (_, port):
        error, _ = await outcome(smtp, port)
    assert str(error).encode("utf-8")
    assert str(error).isprintable()
    assert len(str(error)) < 700
