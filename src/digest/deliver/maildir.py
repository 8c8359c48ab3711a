"""Puts messages into a Maildir, once each however often it is asked."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path

from digest.deliver.files import publish, write_synced
from digest.errors import DeliveryError
from digest.model import Parcel


class MaildirDelivery:
    """Delivers into one Maildir, which is made where it does not exist.

    A parcel's file name follows from its Message-ID and recipient, so a repeat finds the message already there, read
    or unread, and changes nothing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    async def deliver(self, parcel: Parcel, before_commit: Callable[[], Awaitable[None]]) -> str:
        """Write, sync, and move the message into `new`; returns where it is. Raises DeliveryError, always retryable."""
        name = _name(parcel)
        try:
            found = await asyncio.to_thread(self._present, name)
            if found is None:
                await asyncio.to_thread(write_synced, self._path / "tmp" / name, _with_local_line_ends(parcel.raw))
        except OSError as error:
            raise self._failed(error) from error
        await before_commit()
        if found is not None:
            return f"already in {found}"
        final = self._path / "new" / name
        try:
            await asyncio.to_thread(publish, self._path / "tmp" / name, final)
        except OSError as error:
            raise self._failed(error) from error
        return f"stored as {final}"

    async def close(self) -> None:
        """Nothing is held open."""

    def _present(self, name: str) -> Path | None:
        for folder in ("tmp", "new", "cur"):
            (self._path / folder).mkdir(parents=True, exist_ok=True, mode=0o700)
        unread = self._path / "new" / name
        # A mail reader moves what it has seen to cur and appends its flags after a colon.
        return unread if unread.exists() else next((self._path / "cur").glob(f"{name}*"), None)

    def _failed(self, error: OSError) -> DeliveryError:
        return DeliveryError(f"Maildir {self._path}: {error.strerror or error}", retryable=True, relay=True)


def _with_local_line_ends(raw: bytes) -> bytes:
    return raw.replace(b"\r\n", b"\n")


def _name(parcel: Parcel) -> str:
    identity = f"{parcel.message_id}\n{parcel.recipient}".encode()
    return f"{hashlib.blake2b(identity, digest_size=16).hexdigest()}.digest"
