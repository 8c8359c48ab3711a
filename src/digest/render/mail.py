"""The bytes of a message: RFC 5322 and MIME, with exactly our headers and nothing of a stranger's in them."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime
from email import message_from_bytes, policy
from email.base64mime import body_encode as base64_encode
from email.errors import ObsoleteHeaderDefect
from email.header import Header
from email.quoprimime import body_encode as quoted_printable_encode
from email.utils import format_datetime
from hashlib import sha256

from digest.errors import RenderError
from digest.model import Message
from digest.render.clean import cleaned, shortened

LONGEST_SUBJECT = 150
_LINE = 76
_PLAIN = re.compile(r"[!-~]+")


def mime(
    message: Message,
    *,
    sender: str,
    recipient: str,
    message_id: str,
    date: datetime,
    list_id: str,
    unsubscribe: Sequence[str] = (),
) -> bytes:
    """The finished message with CRLF line ends, ready for DATA. The same arguments give the same bytes.

    multipart/alternative, text first; each part in the shorter of quoted-printable and base64.
    `sender` and `recipient` are mailboxes ("Korea desk <desk@example.org>"); `message_id` and
    `list_id` are in angle brackets. `unsubscribe` are URLs, the best way first (RFC 2369); where one is https, a
    client may POST to it (RFC 8058). Raises RenderError where an address or an id is none, and where
    the message, parsed again, would not have exactly the headers it was given.
    """
    headers = {
        "From": _mailbox("From", sender),
        "To": _mailbox("To", recipient),
        "Subject": _unstructured(header_text(message.subject)),
        "Date": format_datetime(date),
        "Message-ID": _identifier("Message-ID", message_id),
        "List-Id": _identifier("List-Id", list_id),
        "Auto-Submitted": "auto-generated",
        "MIME-Version": "1.0",
    }
    if unsubscribe:
        # Each on a line of its own and never encoded: clients don't decode them (python/cpython#85725).
        ways = (_identifier("List-Unsubscribe", f"<{way}>") for way in unsubscribe)
        headers["List-Unsubscribe"] = ",\r\n ".join(ways)
        if any(way.startswith("https:") for way in unsubscribe):
            headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    boundary = "=_" + sha256(message_id.encode()).hexdigest()[:32]
    parts = [_part(message.text, "plain"), _part(message.html, "html")]
    lines = [f"{name}: {value}" for name, value in headers.items()]
    lines.append(f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"')
    head = "\r\n".join(lines) + "\r\n\r\n"
    body = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts) + f"--{boundary}--\r\n"
    raw = (head + body).encode("ascii")
    _verify(raw, [*headers, "Content-Type"], header_text(message.subject))
    return raw


def header_text(text: str) -> str:
    """Text for a header: one clean line, no encoded word of a stranger's, at most `LONGEST_SUBJECT` characters."""
    return shortened(cleaned(text).replace("=?", "= ?"), LONGEST_SUBJECT)


def _mailbox(header: str, mailbox: str) -> str:
    wrong = RenderError(f"{header}: {cleaned(mailbox)!r} is not an address that can be mailed to")
    try:
        parsed = policy.default.header_factory("To", mailbox)
        # Obsolete is a dot without quotes, as in "N. Korea desk <desk@example.org>" (RFC 5322, 4.1). Ours is quoted.
        flaws = [flaw for flaw in parsed.defects if not isinstance(flaw, ObsoleteHeaderDefect)]
        if len(parsed.addresses) != 1 or flaws:
            raise wrong
        found = parsed.addresses[0]
        address = f"{found.addr_spec.rpartition('@')[0]}@{found.domain.encode('idna').decode('ascii')}"
    except Exception as error:  # the standard library trips in many ways: over `a@`, `.<a@b>`, `().<a@b>`
        raise wrong from error
    if not (found.username and found.domain and address.isascii() and _PLAIN.fullmatch(address)):
        raise wrong
    name = found.display_name
    name = header_text(name)
    if not name:
        return address
    if name.isascii():
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}" <{address}>' if len(name) < _LINE else f'"{quoted}"\r\n <{address}>'
    return f"{_encoded(name, header)}\r\n <{address}>"


def _unstructured(text: str) -> str:
    return _encoded(text, "Subject")


def _encoded(text: str, header: str) -> str:
    """ASCII as it is, folded; anything else as encoded words of at most 75 characters (RFC 2047)."""
    charset = "us-ascii" if text.isascii() else "utf-8"
    return Header(text, charset, maxlinelen=_LINE, header_name=header).encode(linesep="\r\n")


def _identifier(header: str, value: str) -> str:
    inside = value.removeprefix("<").removesuffix(">")
    plain = inside.isascii() and inside.isprintable() and not any(character in inside for character in " <>\r\n")
    if not (value == f"<{inside}>" and inside and plain and len(value) < 900):
        raise RenderError(f"{header}: {value!r} is not an identifier in angle brackets")
    return value


def _part(text: str, subtype: str) -> str:
    body = text.replace("\r\n", "\n").encode("utf-8", "replace")
    quoted = quoted_printable_encode(body.decode("latin-1"), maxlinelen=_LINE, eol="\r\n")
    if len(quoted) <= len(b64encode(body)) * (_LINE + 2) // _LINE:
        encoding, encoded = "quoted-printable", quoted
    else:
        encoding, encoded = "base64", base64_encode(body.replace(b"\n", b"\r\n"), maxlinelen=_LINE, eol="\r\n")
    return f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{encoded}"


def _verify(raw: bytes, names: list[str], subject: str) -> None:
    """Read the message as a stranger would; raise RenderError unless it is the one that was meant."""
    again = message_from_bytes(raw, policy=policy.default)
    if list(again.keys()) != names or again.defects:
        raise RenderError(f"the message would have the headers {list(again.keys())}")
    if " ".join(str(again["Subject"]).split()) != " ".join(subject.split()):
        raise RenderError(f"the subject would read {again['Subject']!r}")
    if [part.get_content_type() for part in again.walk()][1:] != ["text/plain", "text/html"]:
        raise RenderError("the message would not have exactly a text and an HTML part")
    if any(len(line) > 998 for line in raw.split(b"\r\n")):
        raise RenderError("the message would have a line of more than 998 bytes")
