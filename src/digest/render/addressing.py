"""From one message to a parcel for each of its readers."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from email.utils import parseaddr
from hashlib import blake2b

from digest import compose
from digest.config import DigestConfig
from digest.model import CHANNEL, Digest, Message, Parcel
from digest.render.mail import mime


def readers(mailing: DigestConfig) -> tuple[str, ...]:
    """Who gets a mailing, as the ledger names them: addresses, and channels."""
    return (*(parseaddr(reader)[1] for reader in mailing.to), *(f"{CHANNEL}{channel}" for channel in mailing.notify))


def addressed(
    digest: Digest, message: Message, chat: str, mailing: DigestConfig, sender: str, now: datetime
) -> tuple[Parcel, ...]:
    """One parcel a reader or channel, with the bytes that every attempt will send; `sender` is the From header.

    The same edition gives each reader the same Message-ID, whenever it is made. Raises RenderError.
    """
    address = parseaddr(sender)[1]
    domain = address.partition("@")[2]
    unaddressed = Parcel(
        id=0,
        digest=digest.id,
        edition=0,
        sender=address,
        recipient="",
        message_id="",
        raw=b"",
        subject=message.subject,
        html=message.html,
        text=message.text,
        data=compose.to_json(digest, message.subject),
    )
    parcels = []
    for recipient in mailing.to:
        message_id = _message_id(digest, recipient, domain)
        raw = mime(
            message,
            sender=sender,
            recipient=recipient,
            message_id=message_id,
            date=now,
            list_id=f"<{digest.id}.{domain}>",
            unsubscribe=mailing.ways_to_leave(recipient),
        )
        parcels.append(replace(unaddressed, recipient=parseaddr(recipient)[1], message_id=message_id, raw=raw))
    for channel in mailing.notify:
        message_id = _message_id(digest, f"{CHANNEL}{channel}", domain)
        parcels.append(replace(unaddressed, recipient=f"{CHANNEL}{channel}", message_id=message_id, raw=chat.encode()))
    return tuple(parcels)


def _message_id(digest: Digest, recipient: str, domain: str) -> str:
    name = f"{digest.id}\n{digest.window.start.isoformat()}\n{recipient}"
    return f"<{blake2b(name.encode(), digest_size=15).hexdigest()}@{domain}>"
