"""The bytes of a message: addresses, ids, encodings and line lengths, as any mail server will see them."""

from __future__ import annotations

import email
from datetime import UTC, datetime, timedelta, timezone
from email import policy
from email.message import EmailMessage

import editions
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from digest.config import MailSettings
from digest.errors import RenderError
from digest.model import Message
from digest.render import Renderer, mime

DATE = datetime(2026, 11, 22, 22, 0, tzinfo=UTC)


def raw(message: Message | None = None, **changes: object) -> bytes:
    given = {
        "sender": "Korea desk <desk@example.org>",
        "recipient": "reader@example.org",
        "message_id": "<daily.2026-11-22.1@example.org>",
        "date": DATE,
        "list_id": "<daily.example.org>",
    }
    return mime(message or Message("Subject", "Text\n", "<p>Text</p>\n"), **{**given, **changes})


def content(part: EmailMessage) -> str:
    """The text of a part; lines end in CRLF on the wire, also inside of base64 (RFC 2049, 4.2)."""
    text = part.get_content()
    assert "\n" not in text.replace("\r\n", "")
    return str(text.replace("\r\n", "\n"))


def read(message: bytes) -> EmailMessage:
    again = email.message_from_bytes(message, policy=policy.default)
    assert isinstance(again, EmailMessage)
    return again


def test_headers_are_ours_in_this_order():
    again = read(raw())
    assert dict(again.items()) == {
        "From": "Korea desk <desk@example.org>",
        "To": "reader@example.org",
        "Subject": "Subject",
        "Date": "Sun, 22 Nov 2026 22:00:00 +0000",
        "Message-ID": "<daily.2026-11-22.1@example.org>",
        "List-Id": "<daily.example.org>",
        "Auto-Submitted": "auto-generated",
        "MIME-Version": "1.0",
        "Content-Type": again["Content-Type"],
    }


def test_text_comes_first_and_both_parts_read_back_as_they_were():
    message = Renderer().message(editions.full())
    again = read(raw(message))
    assert again.get_content_type() == "multipart/alternative"
    text, html = again.iter_parts()
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert content(text) == message.text
    assert content(html) == message.html
    assert str(again["Subject"]) == message.subject


def test_every_line_ends_in_crlf_is_ascii_and_short():
    made = raw(Renderer().message(editions.full()))
    assert made.isascii()
    assert b"\n" not in made.replace(b"\r\n", b"")
    assert b"\r" not in made.replace(b"\r\n", b"")
    assert max(map(len, made.split(b"\r\n"))) <= 78


@pytest.mark.parametrize(
    ("text", "encoding"), [("Plain words.\n" * 50, "quoted-printable"), ("북한 특사\n" * 50, "base64")]
)
def test_each_part_has_the_shorter_encoding(text, encoding):
    part = next(iter(read(raw(Message("S", text, "<p>x</p>"))).iter_parts()))
    assert part["Content-Transfer-Encoding"] == encoding
    assert content(part) == text


@pytest.mark.parametrize(
    "text", ["", "no line end", "\n\n\n", ". dot\n..\n.\n", "From here\nFrom there\n", "trailing \t \n", "x" * 5000]
)
def test_texts_that_transport_could_spoil_arrive_unspoilt(text):
    part = next(iter(read(raw(Message("S", text, "<p>x</p>"))).iter_parts()))
    assert content(part).rstrip("\n") == text.rstrip("\n")


def test_the_same_arguments_give_the_same_bytes_and_another_id_another_boundary():
    assert raw() == raw()
    assert raw().split(b"boundary=")[1][:40] != raw(message_id="<2@example.org>").split(b"boundary=")[1][:40]


@pytest.mark.parametrize(
    ("mailbox", "name", "address"),
    [
        ("desk@example.org", "", "desk@example.org"),
        ("Korea desk <desk@example.org>", "Korea desk", "desk@example.org"),
        ("N. Korea desk <desk@example.org>", "N. Korea desk", "desk@example.org"),
        ("Büro für Korea <desk@example.org>", "Büro für Korea", "desk@example.org"),
        ("한반도 데스크 <desk@example.org>", "한반도 데스크", "desk@example.org"),
        ('"Desk, the \\"real\\" one" <desk@example.org>', 'Desk, the "real" one', "desk@example.org"),
        ("Desk <desk@bücher.example>", "Desk", "desk@xn--bcher-kva.example"),
        (
            "A very long name " * 12 + "<desk@example.org>",
            ("A very long name " * 12)[:142].rsplit(" ", 1)[0],
            "desk@example.org",
        ),
    ],
)
def test_mailboxes_arrive_as_they_were_meant(mailbox, name, address):
    again = read(raw(sender=mailbox))["From"].addresses
    assert len(again) == 1
    assert again[0].addr_spec == address
    assert " ".join(again[0].display_name.split()).startswith(name[:100])


@pytest.mark.parametrize(
    "mailbox",
    [
        "",
        "nobody",
        "a@",
        "@b",
        "a b@example.org",
        "a@example.org\r\nBcc: b@example.org",
        "a@example.org, b@example.org",
        "ä@example.org",
    ],
)
def test_what_is_no_address_is_refused(mailbox):
    for header in ("sender", "recipient"):
        with pytest.raises(RenderError, match="not an address"):
            raw(**{header: mailbox})


@given(st.text(alphabet="ab .@<>\"',;:()é\u00a0", max_size=24).map(lambda text: f"{text}<desk@example.org>"))
@example("J. Doe, Jr. <desk@example.org>")
@example('"a b"@example.org')
@example("Desk <desk@example.org>,")
@example("desk@example.org\u00a0")
def test_whatever_the_configuration_takes_can_be_mailed_to(mailbox):
    """Else every edition would be refused, long after `digest check` had found nothing."""
    try:
        sender = MailSettings(**{"from": mailbox, "directory": "out"}).sender
    except ValidationError:
        return
    again = read(raw(sender=sender, recipient=sender))
    assert len(again["From"].addresses) == len(again["To"].addresses) == 1


@pytest.mark.parametrize("value", ["", "x@example.org", "<>", "<a b@c>", "<a@b>\r\nX: y", "<a@b><c@d>", "<ä@b>"])
def test_what_is_no_identifier_is_refused(value):
    for header in ("message_id", "list_id"):
        with pytest.raises(RenderError, match="angle brackets"):
            raw(**{header: value})


def test_a_long_subject_is_cut_between_words_and_marked():
    subject = str(read(raw(Message("word " * 100, "t", "h")))["Subject"])
    assert len(subject) <= 150
    assert subject.endswith("word…")


@pytest.mark.parametrize("subject", ["제목 " * 60, "é" * 200, "👩🏽‍🚒" * 60, "=?utf-8?q?hi?= there", "a\tb\r\n c"])
def test_any_subject_reads_back_in_words_that_follow_rfc_2047(subject):
    made = raw(Message(subject, "t", "h"))
    head = made.split(b"\r\n\r\n")[0]
    assert all(len(line) <= 78 for line in head.split(b"\r\n"))
    again = str(read(made)["Subject"])
    assert len(again) <= 150
    assert not again.endswith(("\u200d", "\u200d…"))


def test_a_date_keeps_its_offset():
    assert "Mon, 23 Nov 2026 07:00:00 +0900" in str(
        read(raw(date=DATE.astimezone(timezone(timedelta(hours=9)))))["Date"]
    )


def test_unsubscribing_is_offered_where_configured_by_one_click_only_over_https():
    long = "https://example.org/unsubscribe?token=" + "a" * 300
    made = raw(unsubscribe=[long])
    assert f"\r\nList-Unsubscribe: <{long}>\r\n".encode() in made
    assert read(made)["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert read(raw(unsubscribe=["mailto:desk@example.org"]))["List-Unsubscribe-Post"] is None


def test_several_ways_to_leave_are_told_in_order_each_unencoded():
    page, address = (
        "https://example.org/leave?who=a%40example.org&" + "x" * 400,
        "mailto:leave@example.org?subject=x%20y",
    )
    made = raw(unsubscribe=[page, address])
    assert f"\r\nList-Unsubscribe: <{page}>,\r\n <{address}>\r\n".encode() in made
    assert read(made)["List-Unsubscribe"] == f"<{page}>, <{address}>"
