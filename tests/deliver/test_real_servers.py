"""Through a Postfix into a Dovecot, and read back over IMAP: what arrives is what was frozen."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from mail_servers import DOMAIN, Servers, missing, servers
from outbox_life import NOW, pipeline

sys.path.insert(0, str(Path(__file__).parents[1] / "digests"))

import editions

from digest.config import DigestConfig
from digest.engine import deliver_ready
from digest.model import EditionUpdate, ParcelState
from digest.render import Renderer, addressed
from digest.store import Store

READERS = (f"desk@{DOMAIN}", f"gone@{DOMAIN}", f'"Ünï, the Chief" <chief@{DOMAIN}>')
ADDED_ON_THE_WAY = {"return-path", "x-original-to", "delivered-to", "received"}


@pytest.fixture(scope="module")
def mail() -> Iterator[Servers]:
    if lacking := missing():
        assert os.environ.get("CI") != "true" or "not installed" not in lacking, lacking
        pytest.skip(lacking)
    with servers() as running:
        yield running


@pytest.mark.parametrize("name", ["full", "hostile"])
async def test_what_arrives_over_imap_is_what_was_frozen(mail: Servers, tmp_path: Path, name: str) -> None:
    """The Message-ID, our headers and no others, both parts: byte for byte, for each reader. One is refused, alone."""
    digest = replace(getattr(editions, name)(), id=name)
    mailing = DigestConfig(id=name, schedule="0 7 * * *", to=READERS)
    with Store.open(f"sqlite:///{tmp_path / 'digest.db'}", lock=True) as store:
        message = Renderer().message(digest)
        parcels = addressed(digest, message, "", mailing, f"Desk <digest@{DOMAIN}>", NOW)
        store.apply(EditionUpdate(digest, parcels, NOW))
        sending = pipeline(store, mail.smtp, "resend")
        assert await deliver_ready(sending) == (2, 1)
        await sending.delivery.close()
        sent = [store.parcel(parcel.id) for parcel in store.outbox((ParcelState.SENT,))]
        (refused,) = store.outbox((ParcelState.FAILED,))
    assert "refused with 550 5.1.1 <gone@example.org>: Recipient address rejected" in (refused.reply or "")
    assert all((parcel.reply or "").startswith("250 2.0.0 Ok: queued as") for parcel in sent)
    for parcel in sent:
        (raw,) = mail.messages(parcel.recipient.partition("@")[0], parcel.message_id)
        frozen, received = _read(parcel.raw), _read(raw)
        ours = [(header, value) for header, value in received.items() if header.lower() not in ADDED_ON_THE_WAY]
        assert ours == frozen.items()
        assert raw.partition(b"\r\n\r\n")[2] == parcel.raw.partition(b"\r\n\r\n")[2]
        assert received.get_body(("plain",)).get_content().splitlines() == message.text.splitlines()
        assert received.get_body(("html",)).get_content().splitlines() == message.html.splitlines()


def _read(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=policy.default)
