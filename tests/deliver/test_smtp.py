"""What the SMTP delivery promises when the relay is well, against a real server."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

import pytest
from relays import (
    BRISK,
    DROP,
    HANG,
    ORDINARY,
    PARCEL,
    RAW,
    Certificates,
    Inbox,
    Ledger,
    nothing,
    only_desk,
    parcel,
    scripted,
    server,
)

from digest.deliver import SmtpDelivery
from digest.deliver.smtp import Patience, may_sign_in_openly
from digest.errors import DeliveryError

Smtp = Callable[..., SmtpDelivery]


async def test_the_frozen_bytes_arrive_and_the_servers_reply_comes_back(smtp: Smtp):
    inbox = Inbox()
    async with server(inbox) as port:
        reply = await smtp(port).deliver(PARCEL, nothing)
    assert reply == "250 2.0.0 Ok: queued as 1"
    [envelope] = inbox.envelopes
    assert envelope.content == RAW
    assert (envelope.mail_from, envelope.rcpt_tos) == ("digest@example.org", ["reader@example.org"])


async def test_bare_line_ends_cannot_fake_the_end_of_a_message(smtp: Smtp):
    inbox = Inbox()
    smuggled = b"Subject: x\r\n\r\none\n.\nMAIL FROM:<evil@example.org>\r.\rtwo"
    async with server(inbox) as port:
        await smtp(port).deliver(parcel(1, raw=smuggled), nothing)
    [envelope] = inbox.envelopes
    assert envelope.content == b"Subject: x\r\n\r\none\r\n.\r\nMAIL FROM:<evil@example.org>\r\n.\r\ntwo\r\n"


async def test_the_commit_comes_after_the_body_and_before_the_dot(smtp: Smtp):
    async with scripted() as (relay, port):
        ledger = Ledger(look=lambda: (relay.commands[-1], list(relay.messages)))
        await smtp(port).deliver(PARCEL, ledger.commit)
    assert ledger.commits == [("DATA", [])]
    assert relay.messages[0].endswith(b"Last.\r\n.\r\n")


async def test_when_the_commit_fails_the_message_is_not_sent_and_the_error_passes_through(smtp: Smtp):
    async def broken() -> None:
        raise LookupError("the store is gone")

    inbox = Inbox()
    async with server(inbox) as port:
        with pytest.raises(LookupError, match="the store is gone"):
            await smtp(port).deliver(PARCEL, broken)
        await asyncio.sleep(0.05)
    assert inbox.envelopes == []


async def test_a_cancelled_delivery_sends_nothing(smtp: Smtp):
    started = asyncio.Event()

    async def slow() -> None:
        started.set()
        await asyncio.sleep(30)

    inbox = Inbox()
    async with server(inbox) as port:
        delivering = asyncio.create_task(smtp(port).deliver(PARCEL, slow))
        await started.wait()
        delivering.cancel()
        with pytest.raises(asyncio.CancelledError):
            await delivering
        await asyncio.sleep(0.05)
    assert inbox.envelopes == []


async def test_a_connection_is_reused_for_further_messages(smtp: Smtp):
    async with scripted() as (relay, port):
        delivery = smtp(port)
        for number in range(5):
            await delivery.deliver(parcel(number), nothing)
    assert (relay.connections, len(relay.messages)) == (1, 5)


@pytest.mark.parametrize("ehlo", ["250-relay.example\r\n250 SIZE 1000000", "250-relay.example\r\n250 PIPELINING"])
@pytest.mark.parametrize("refusal", ["450 4.2.0 greylisted", "550 5.1.1 no such reader"])
async def test_a_recipient_who_is_refused_costs_the_others_no_connection(smtp: Smtp, ehlo: str, refusal: str):
    """The transaction is left with RSET; what the refused one was to get is never sent to anybody."""
    async with scripted(EHLO=ehlo) as (relay, port):
        delivery = smtp(port)
        for number in range(6):
            if number % 2:
                relay.once |= {"RCPT": refusal, **({"DATA": "503 no recipient"} if "PIPE" in ehlo else {})}
                with pytest.raises(DeliveryError, match=refusal[:3]):
                    await delivery.deliver(parcel(number), nothing)
            else:
                await delivery.deliver(parcel(number), nothing)
        assert (relay.connections, len(relay.messages), relay.commands.count("RSET")) == (1, 3, 3)


@pytest.mark.parametrize(
    ("answers", "connections"),
    [
        ({"RSET": "502 never heard of it"}, 2),
        ({"RSET": DROP}, 2),
        ({"RSET": HANG}, 2),
        ({"RCPT": "421 4.7.0 enough"}, 2),
        ({"RCPT": "530 5.7.0 sign in first"}, 2),
        ({"EHLO": "250-relay.example\r\n250 PIPELINING", "DATA": "354 go ahead all the same"}, 2),
        ({"MAIL": "451 4.7.1 too many messages in this session"}, 2),
    ],
)
async def test_a_connection_that_is_not_known_to_be_free_is_given_up(
    smtp: Smtp, answers: dict[str, str], connections: int
):
    refused = {"RCPT": "450 4.2.0 greylisted"} | answers
    async with scripted(**refused) as (relay, port):
        delivery = smtp(port, patience=BRISK)
        with pytest.raises(DeliveryError):
            await delivery.deliver(parcel(1), nothing)
        assert relay.messages == [], "without a dot nobody gets anything"
        relay.answers.update(ORDINARY)
        await delivery.deliver(parcel(2), nothing)
        assert (relay.connections, len(relay.messages)) == (connections, 1)


async def test_a_relay_that_refuses_one_after_the_other_is_asked_over_a_new_connection(smtp: Smtp):
    """It may have had enough of this one, and say so in the words of a greylist."""
    async with scripted(RCPT="450 4.7.1 later") as (relay, port):
        delivery = smtp(port)
        for number in range(4):
            with pytest.raises(DeliveryError):
                await delivery.deliver(parcel(number), nothing)
        assert (relay.connections, relay.commands.count("RSET")) == (2, 2)


async def test_an_idle_connection_is_given_up_politely(smtp: Smtp):
    async with scripted() as (relay, port):
        delivery = smtp(port, patience=Patience(idle_s=0.05))
        await delivery.deliver(PARCEL, nothing)
        await asyncio.sleep(0.3)
        assert relay.commands[-1] == "QUIT"
        await delivery.deliver(PARCEL, nothing)
    assert relay.connections == 2


@pytest.mark.parametrize("farewell", ["421 4.7.0 enough for one connection", "(drop)"])
async def test_a_kept_connection_that_the_relay_ends_is_replaced_unnoticed(smtp: Smtp, farewell: str):
    async with scripted() as (relay, port):
        delivery = smtp(port)
        await delivery.deliver(parcel(1), nothing)
        relay.once["MAIL"] = farewell
        assert (await delivery.deliver(parcel(2), nothing)).startswith("250")
    assert (relay.connections, len(relay.messages)) == (2, 2)


async def test_deliveries_side_by_side_use_a_bounded_number_of_connections(smtp: Smtp):
    inbox = Inbox()
    async with server(inbox) as port:
        delivery = smtp(port)
        await asyncio.gather(*(delivery.deliver(parcel(number), nothing) for number in range(40)))
    assert len(inbox.envelopes) == 40
    assert len(inbox.peers) <= 4


@pytest.mark.parametrize("most", [1, 2, 3])
async def test_a_relay_that_takes_fewer_connections_gets_every_message_over_those(smtp: Smtp, most: int):
    async with scripted() as (relay, port):
        relay.most = most
        delivery = smtp(port)
        await delivery.deliver(parcel(0), nothing)
        await asyncio.gather(*(delivery.deliver(parcel(number), nothing) for number in range(1, 30)))
        assert len(relay.messages) == 30
        assert relay.connections == 4, "each place was asked for once"
        relay.once["MAIL"] = "421 4.7.0 enough for one connection"
        await asyncio.gather(*(delivery.deliver(parcel(number), nothing) for number in range(30, 60)))
        assert (relay.connections, len(relay.messages)) == (5, 60)


async def test_places_that_are_asked_for_at_the_same_time_make_no_fault_of_the_limit(smtp: Smtp):
    """None of them is let in yet when the others are turned away; so it is when all connections were lost at once."""
    async with scripted() as (relay, port):
        delivery = smtp(port)
        relay.most = 2
        await asyncio.gather(*(delivery.deliver(parcel(number), nothing) for number in range(30)))
        assert len(relay.messages) == 30


async def test_a_relay_that_lets_nobody_in_any_more_is_at_fault_and_later_asked_for_all_places_again(smtp: Smtp):
    async with scripted() as (relay, port):
        relay.most = 1
        delivery = smtp(port)
        await delivery.deliver(parcel(0), nothing)
        await asyncio.gather(*(delivery.deliver(parcel(number), nothing) for number in range(1, 9)))
        relay.most = 0
        relay.once["MAIL"] = "421 4.3.2 shutting down"
        with pytest.raises(DeliveryError) as refused:
            await delivery.deliver(parcel(9), nothing)
        assert refused.value.relay
        relay.most, before = 4, relay.connections
        await asyncio.gather(*(delivery.deliver(parcel(number), nothing) for number in range(9, 30)))
        assert (relay.connections - before, len(relay.messages)) == (4, 30)


async def test_a_quit_answered_badly_is_of_no_interest(smtp: Smtp):
    async with scripted(QUIT="421 going down") as (relay, port):
        delivery = smtp(port)
        assert (await delivery.deliver(PARCEL, nothing)).startswith("250")
        await delivery.close()
    assert relay.commands[-1] == "QUIT"


# --- encryption and signing in --------------------------------------------------------------------


async def test_starttls_and_signing_in(smtp: Smtp, trusted: Certificates):
    inbox = Inbox()
    options = {"tls_context": trusted.context(trusted.ours), "require_starttls": True, "auth_required": True}
    async with server(inbox, authenticator=only_desk, **options) as port:
        delivery = smtp(port, security="starttls", username="desk", secret="right")
        assert (await delivery.deliver(PARCEL, nothing)).startswith("250")
    assert inbox.envelopes[0].content == RAW


async def test_tls_from_the_start_and_signing_in(smtp: Smtp, trusted: Certificates):
    inbox = Inbox()
    async with server(
        inbox, tls=trusted.context(trusted.ours), authenticator=only_desk, auth_require_tls=False
    ) as port:
        delivery = smtp(port, security="tls", username="desk", secret="right")
        assert (await delivery.deliver(PARCEL, nothing)).startswith("250")
        await delivery.close()
    assert inbox.envelopes[0].content == RAW


async def test_a_trial_goes_as_far_as_signing_in_and_hands_nothing_over(smtp: Smtp, trusted: Certificates):
    inbox = Inbox()
    options = {"tls_context": trusted.context(trusted.ours), "require_starttls": True, "auth_required": True}
    async with server(inbox, authenticator=only_desk, **options) as port:
        told = await smtp(port, security="starttls", username="desk", secret="right").try_out()
        assert told == f"127.0.0.1:{port} takes mail: TLSv1.3, its certificate is trusted, signed in as desk"
        with pytest.raises(DeliveryError, match="signing in: refused with 535"):
            await smtp(port, security="starttls", username="desk", secret="wr0ng!").try_out()
    assert inbox.envelopes == []


async def test_a_wrong_password_is_the_relays_matter_and_is_never_quoted(smtp: Smtp, trusted: Certificates):
    inbox = Inbox()
    async with server(inbox, tls_context=trusted.context(trusted.ours), authenticator=only_desk) as port:
        with pytest.raises(DeliveryError, match=r"127.0.0.1:\d+, signing in: refused with 535") as caught:
            await smtp(port, security="starttls", username="desk", secret="wr0ng!").deliver(PARCEL, nothing)
    assert (caught.value.relay, caught.value.retryable, caught.value.unknown) == (True, True, False)
    assert "wr0ng!" not in str(caught.value)
    assert inbox.envelopes == []


async def test_a_relay_that_offers_no_signing_in_is_named(smtp: Smtp):
    async with scripted() as (_, port):
        with pytest.raises(DeliveryError, match="signing in: the relay offers no way to sign in") as caught:
            await smtp(port, username="desk", secret="right").deliver(PARCEL, nothing)
    assert caught.value.relay


async def test_a_relay_that_wants_signing_in_first_is_the_relays_matter(smtp: Smtp):
    async with scripted(MAIL="530 5.7.0 Authentication required") as (_, port):
        with pytest.raises(DeliveryError, match="Authentication required") as caught:
            await smtp(port).deliver(PARCEL, nothing)
    assert (caught.value.relay, caught.value.retryable) == (True, True)


async def test_signing_in_unencrypted_is_possible_on_this_machine_only(smtp: Smtp):
    inbox = Inbox()
    async with server(inbox, authenticator=only_desk, auth_require_tls=False) as port:
        reply = await smtp(port, username="desk", secret="right").deliver(PARCEL, nothing)
    assert reply.startswith("250")
    assert [may_sign_in_openly(host) for host in ("127.0.0.1", "::1", "10.0.0.1", "192.168.1.2", "fe80::1%eth0")] == [
        True,
        True,
        False,
        False,
        False,
    ]


@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_a_certificate_for_another_name_is_refused(smtp: Smtp, trusted: Certificates, security: str):
    inbox = Inbox()
    context = trusted.context(trusted.foreign)
    tls = {"tls": context} if security == "tls" else {"tls_context": context}
    async with server(inbox, **tls) as port:
        with pytest.raises(DeliveryError, match=r"the relay's certificate is not trusted: .*127\.0\.0\.1") as caught:
            await smtp(port, security=security).deliver(PARCEL, nothing)
    assert (caught.value.relay, caught.value.retryable) == (True, True)
    assert inbox.envelopes == []


@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_a_certificate_of_an_unknown_authority_is_refused(smtp: Smtp, certificates: Certificates, security: str):
    inbox = Inbox()
    context = certificates.context(certificates.ours)
    tls = {"tls": context} if security == "tls" else {"tls_context": context}
    async with server(inbox, **tls) as port:
        with pytest.raises(DeliveryError, match="certificate is not trusted") as caught:
            await smtp(port, security=security).deliver(PARCEL, nothing)
    assert caught.value.relay
    assert inbox.envelopes == []


async def test_missing_starttls_is_a_refusal_and_not_a_downgrade(smtp: Smtp):
    """Missing and stripped by someone on the way look the same to us."""
    inbox = Inbox()
    async with server(inbox, authenticator=only_desk, auth_require_tls=False) as port:
        with pytest.raises(DeliveryError, match="offers no STARTTLS, and nothing is sent unencrypted") as caught:
            await smtp(port, security="starttls", username="desk", secret="right").deliver(PARCEL, nothing)
    assert (caught.value.relay, caught.value.retryable) == (True, True)
    assert inbox.envelopes == []


@pytest.mark.parametrize("answer", ["454 4.7.0 TLS not available", "502 what?", "220 go (and then nonsense)"])
async def test_starttls_that_is_offered_and_fails_is_a_refusal(smtp: Smtp, answer: str):
    async with scripted(EHLO="250-relay.example\r\n250 STARTTLS", STARTTLS=answer) as (relay, port):
        with pytest.raises(DeliveryError, match="STARTTLS") as caught:
            await smtp(port, security="starttls").deliver(PARCEL, nothing)
    assert (caught.value.relay, caught.value.retryable) == (True, True)
    assert not any(command.startswith("MAIL") for command in relay.commands)


async def test_tls_spoken_to_a_plain_port_is_explained(smtp: Smtp):
    async with server(Inbox()) as port:
        with pytest.raises(DeliveryError, match="perhaps security: starttls is meant") as caught:
            await smtp(port, security="tls").deliver(PARCEL, nothing)
    assert caught.value.relay


# --- addresses ------------------------------------------------------------------------------------


async def test_non_ascii_addresses_go_through_smtputf8(smtp: Smtp):
    inbox = Inbox()
    async with server(inbox) as port:
        await smtp(port).deliver(parcel(1, recipient="기자@example.org"), nothing)
    assert inbox.envelopes[0].rcpt_tos == ["기자@example.org"]
    assert inbox.envelopes[0].smtp_utf8


async def test_a_non_ascii_domain_needs_no_smtputf8(smtp: Smtp):
    async with scripted() as (relay, port):
        await smtp(port).deliver(parcel(1, recipient="desk@bücher.example"), nothing)
    assert "RCPT TO:<desk@xn--bcher-kva.example>" in relay.commands


async def test_an_address_that_the_relay_cannot_carry_fails_for_good(smtp: Smtp):
    async with scripted() as (_, port):
        with pytest.raises(DeliveryError, match="SMTPUTF8") as caught:
            await smtp(port).deliver(parcel(1, recipient="기자@example.org"), nothing)
    assert (caught.value.retryable, caught.value.relay) == (False, False)


@pytest.mark.parametrize(
    "address", ["a@example.org>\r\nRCPT TO:<b@example.org", "a b@example.org", "a@example.org\x00"]
)
async def test_an_address_never_becomes_a_command(smtp: Smtp, address: str):
    async with scripted() as (relay, port):
        with pytest.raises(DeliveryError) as caught:
            await smtp(port).deliver(parcel(1, recipient=address), nothing)
    assert not caught.value.retryable
    assert not any(command.startswith("RCPT") for command in relay.commands)


# --- nobody there ---------------------------------------------------------------------------------


async def test_a_relay_that_is_not_there_is_named(smtp: Smtp):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        with pytest.raises(DeliveryError, match=f"^127.0.0.1:{port}, connecting: .*Connection refused") as caught:
            await smtp(port).deliver(PARCEL, nothing)
    assert (caught.value.retryable, caught.value.relay, caught.value.unknown) == (True, True, False)


async def test_closing_twice_or_unused_is_harmless(smtp: Smtp):
    delivery = smtp(9, patience=BRISK)
    await delivery.close()
    await delivery.close()
