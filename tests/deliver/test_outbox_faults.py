"""What each fault of a relay leaves in the outbox, what has arrived by then, and what arrives once it is well again."""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace

import pytest
from outbox_life import LATER, STARTED, fill, pipeline
from relays import BRISK, DRIBBLE, DROP, HANG, ORDINARY, Certificates, Inbox, Script, only_desk, scripted, server

from digest.deliver import Patience
from digest.engine import deliver_ready
from digest.model import Parcel, ParcelState, ParcelUpdate
from digest.store import Store

READY, SENT, FAILED, UNKNOWN = ParcelState.READY, ParcelState.SENT, ParcelState.FAILED, ParcelState.UNKNOWN
BEFORE_THE_DOT = ["greeting", "EHLO", "MAIL", "RCPT", "DATA"]


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    fill(store_url, recipients=1)
    with Store.open(store_url, lock=True) as opened:
        yield opened


async def send(store: Store, port: int, *, on_unknown: str = "resend", again: bool = False, **relay: object) -> None:
    """One round of sending; `again`: some hours later."""
    sending = pipeline(store, port, on_unknown, BRISK, **relay)
    await deliver_ready(replace(sending, clock=lambda: LATER) if again else sending)
    await sending.delivery.close()


def states(store: Store) -> list[ParcelState]:
    return [parcel.state for parcel in store.outbox(tuple(ParcelState))]


async def recovered(store: Store, relay: Script, port: int) -> int:
    """The relay is well again: how many messages it takes then."""
    relay.answers.update(ORDINARY)
    before = len(relay.messages)
    await send(store, port, again=True)
    return len(relay.messages) - before


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "dot"])
@pytest.mark.parametrize(
    ("code", "left", "later"),
    [(421, READY, 1), (450, READY, 1), (452, READY, 1), (550, FAILED, 0), (552, FAILED, 0), (554, FAILED, 0)],
)
async def test_a_refusal_for_now_is_tried_again_and_one_for_good_is_not(
    store: Store, step: str, code: int, left: ParcelState, later: int
) -> None:
    async with scripted(**{step: f"{code} 9.9.9 because"}) as (relay, port):
        await send(store, port)
        (parcel,) = store.outbox(tuple(ParcelState))
        assert (parcel.state, parcel.attempts) == (left, 1)
        assert f"refused with {code} 9.9.9 because" in (parcel.reply or "")
        assert (parcel.next_attempt_at or STARTED) >= STARTED
        assert len(relay.messages) == (step == "dot"), "after the dot the relay had it, and gave it back"
        assert await recovered(store, relay, port) == later
    assert states(store) == [SENT if later else FAILED]


@pytest.mark.parametrize("fault", [HANG, DROP, DRIBBLE])
@pytest.mark.parametrize("step", BEFORE_THE_DOT)
async def test_whatever_breaks_off_before_the_dot_has_not_arrived_and_arrives_once(
    store: Store, step: str, fault: str
) -> None:
    """Hanging, dropping the connection, and a byte now and then, at each step."""
    async with scripted(**{step: fault}) as (relay, port):
        await send(store, port)
        assert (states(store), relay.messages) == ([READY], [])
        assert await recovered(store, relay, port) == 1
    assert states(store) == [SENT]


@pytest.mark.parametrize("fault", [HANG, DROP, DRIBBLE, "nonsense"])
@pytest.mark.parametrize(("on_unknown", "left", "later"), [("resend", READY, 1), ("hold", UNKNOWN, 0)])
async def test_what_breaks_off_after_the_dot_is_unknown_and_a_second_time_are_the_same_bytes(
    store: Store, fault: str, on_unknown: str, left: ParcelState, later: int
) -> None:
    async with scripted(dot=fault) as (relay, port):
        await send(store, port, on_unknown=on_unknown)
        assert states(store) == [left]
        assert len(relay.messages) == 1
        assert await recovered(store, relay, port) == later
        assert len(set(relay.messages)) == 1
    assert states(store) == [SENT if later else UNKNOWN]


async def test_a_quit_answered_with_421_changes_nothing(store: Store) -> None:
    async with scripted(QUIT="421 going down") as (relay, port):
        await send(store, port)
        assert (states(store), len(relay.messages)) == ([SENT], 1)
        assert await recovered(store, relay, port) == 0


async def test_a_relay_that_is_not_there_costs_nothing(store: Store) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        await send(store, unused.getsockname()[1])
    (parcel,) = store.outbox((READY,))
    assert "Connection refused" in (parcel.reply or "")
    async with scripted() as (relay, port):
        assert await recovered(store, relay, port) == 1


# --- several recipients -------------------------------------------------------------------------------


@pytest.fixture
def three(store_url: str) -> Iterator[Store]:
    fill(store_url, recipients=3)
    with Store.open(store_url, lock=True) as opened:
        yield opened


@pytest.mark.parametrize(("answer", "left"), [("550 no such user", FAILED), ("450 greylisted", READY)])
@pytest.mark.parametrize("nth", [0, 1, 2])
async def test_one_of_three_recipients_is_refused_and_the_others_have_it(
    three: Store, nth: int, answer: str, left: ParcelState
) -> None:
    async with scripted(**{f"RCPT TO:<reader{nth}@example.org>": answer}) as (relay, port):
        await send(three, port)
        assert states(three) == [left if number == nth else SENT for number in range(3)]
        assert len(relay.messages) == 2
        await send(three, port, again=True)
        assert len(relay.messages) == 2, "nobody gets it twice"


async def test_a_relay_that_takes_one_connection_at_a_time_makes_nobody_wait_for_the_next_round(three: Store) -> None:
    """It has no room for the others, which is no fault that postpones everything: each round would send a few."""
    async with scripted() as (relay, port):
        relay.most = 1
        await send(three, port)
        assert [(parcel.state, parcel.attempts) for parcel in three.outbox(tuple(ParcelState))] == [(SENT, 1)] * 3


@pytest.mark.parametrize(
    ("fault", "security"),
    [
        ("wrong password", "starttls"),
        ("no STARTTLS", "starttls"),
        ("wrong certificate", "starttls"),
        ("not TLS", "tls"),
    ],
)
async def test_a_relay_that_cannot_be_trusted_or_shuts_us_out_is_asked_once_and_all_wait(
    three: Store, trusted: Certificates, fault: str, security: str
) -> None:
    """Nothing is sent, no password leaves unencrypted, and nothing is lost: all is sent once the relay is mended."""
    login = {"security": security, "username": "desk", "secret": "wr0ng!" if fault == "wrong password" else "right"}
    certificate = trusted.foreign if fault == "wrong certificate" else trusted.ours
    offered = {} if fault in ("no STARTTLS", "not TLS") else {"tls_context": trusted.context(certificate)}
    inbox = Inbox()
    async with server(inbox, authenticator=only_desk, auth_require_tls=bool(offered), **offered) as port:
        await send(three, port, **login)
    assert inbox.envelopes == []
    waiting = three.outbox((READY,))
    assert [parcel.attempts for parcel in waiting] == [1, 0, 0], "the first was tried, and the others spared"
    assert len({parcel.reply for parcel in waiting}) == 1
    assert "wr0ng!" not in str(waiting)
    async with server(inbox, authenticator=only_desk, tls_context=trusted.context(trusted.ours)) as port:
        await send(three, port, again=True, security="starttls", username="desk", secret="right")
    assert len(inbox.envelopes) == 3
    assert states(three) == [SENT] * 3


async def test_starttls_that_is_offered_and_stripped_is_a_refusal(three: Store) -> None:
    async with scripted(EHLO="250-relay.example\r\n250 STARTTLS", STARTTLS="502 what?") as (relay, port):
        await send(three, port, security="starttls")
        assert (states(three), relay.messages, relay.connections) == ([READY] * 3, [], 1)


@pytest.mark.parametrize(
    ("committed", "on_unknown", "left"),
    [(False, "hold", READY), (True, "resend", READY), (True, "hold", UNKNOWN)],
)
async def test_what_crashes_costs_its_own_attempt_and_not_the_round(
    three: Store, monkeypatch: pytest.MonkeyPatch, committed: bool, on_unknown: str, left: ParcelState
) -> None:
    """A bug of ours is treated as what the outbox knows by then: before `data_sent` nothing arrived."""
    async with scripted() as (relay, port):
        sending = pipeline(three, port, on_unknown, Patience())
        deliver = type(sending.delivery).deliver

        async def buggy(self: object, parcel: Parcel, commit: Callable[[], Awaitable[None]]) -> str:
            if parcel.id == 2:
                if committed:
                    await commit()
                raise KeyError("a bug")
            return await deliver(self, parcel, commit)  # type: ignore[arg-type]

        monkeypatch.setattr(type(sending.delivery), "deliver", buggy)
        assert await deliver_ready(sending) == (2, 1)
        assert states(three) == [SENT, left, SENT]
        crashed = three.parcel(2)
        assert (crashed.attempts, "interrupted" in (crashed.reply or "")) == (1, True)
        monkeypatch.undo()
        assert await deliver_ready(sending) == (0, 0), "not at once, over and over"
        assert await deliver_ready(replace(sending, clock=lambda: LATER)) == (int(left is READY), 0)
        await sending.delivery.close()
        assert len(set(relay.messages)) == 2 + (left is READY)


# --- what is settled stays settled ----------------------------------------------------------------------


@pytest.mark.parametrize(("greeting", "first"), [("220 relay.example", SENT), ("421 not now", READY)])
async def test_a_message_that_is_given_up_while_others_are_handed_over_is_not_sent(
    three: Store, greeting: str, first: ParcelState
) -> None:
    """`digest outbox drop` reaches what waits in a round that has begun, and a fault of the relay revives nothing."""
    async with scripted(greeting=greeting) as (relay, port):
        sending = pipeline(three, port, "resend", Patience())

        def told(step: object) -> None:
            if isinstance(step, Parcel) and step.id == 1:
                three.apply(*(ParcelUpdate(each, ParcelState.DROPPED, STARTED) for each in (2, 3)))

        assert await deliver_ready(sending, told) == (int(first is SENT), 2 + (first is READY))
        assert states(three) == [first, ParcelState.DROPPED, ParcelState.DROPPED]
        await sending.delivery.close()
        assert len(relay.messages) == (first is SENT)


async def test_a_message_that_is_given_up_at_the_moment_it_is_taken_is_not_sent(
    store: Store, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`digest outbox drop` says "dropped" of no message that is then sent, however close the two come."""
    read = store.ask_parcel

    async def read_and_dropped(parcel_id: int) -> Parcel:
        parcel = await read(parcel_id)
        monkeypatch.undo()
        with Store.open(store_url, lock=False) as other:
            other.apply(ParcelUpdate(parcel_id, ParcelState.DROPPED, STARTED, seen=parcel.state))
        return parcel

    monkeypatch.setattr(store, "ask_parcel", read_and_dropped)
    async with scripted() as (relay, port):
        await send(store, port)
    assert states(store) == [ParcelState.DROPPED]
    assert relay.messages == []


async def test_nothing_makes_a_message_that_was_taken_wait_again(store: Store) -> None:
    """Whoever looked at the outbox a moment ago, `outbox retry` or a service with new settings, comes too late."""
    async with scripted() as (relay, port):
        await send(store, port)
        store.apply(ParcelUpdate(1, READY, LATER, attempts=0, next_attempt_at=LATER))
        assert states(store) == [SENT]
        await send(store, port, again=True)
        assert len(relay.messages) == 1
