"""Hands frozen messages over, to a mail relay, a Maildir or a directory, and reports what became of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Protocol

from digest.deliver.directory import DirectoryDelivery
from digest.deliver.maildir import MaildirDelivery
from digest.deliver.notify import NotifyDelivery
from digest.deliver.notify import check as check_channels
from digest.deliver.smtp import Patience, SmtpDelivery, SmtpSettings
from digest.errors import ConfigError
from digest.model import CHANNEL, Parcel

__all__ = [
    "ByRecipient",
    "Delivery",
    "DirectoryDelivery",
    "MaildirDelivery",
    "Patience",
    "SmtpDelivery",
    "check_channels",
    "open_delivery",
]


class Delivery(Protocol):
    """Something that takes messages."""

    async def deliver(self, parcel: Parcel, before_commit: Callable[[], Awaitable[None]]) -> str:
        """Hand one message over; returns the receiver's word on it.

        `before_commit` is awaited once at most, when nothing but the last act is left that makes the message arrive;
        what it raises passes through and nothing was delivered. Raises DeliveryError.
        """

    async def close(self) -> None:
        """Give up what is held open. Messages on their way are the caller's to wait for."""


class MailSettings(Protocol):
    """The slice of the configuration that names where messages go: one of the three is set."""

    @property
    def smtp(self) -> SmtpSettings | None: ...
    @property
    def maildir(self) -> Path | None: ...
    @property
    def directory(self) -> Path | None: ...


class ByRecipient:
    """Hands parcels for channels to `notify`, and all others to `mail`."""

    def __init__(self, mail: Delivery, notify: Delivery) -> None:
        self.mail = mail
        self._notify = notify

    async def deliver(self, parcel: Parcel, before_commit: Callable[[], Awaitable[None]]) -> str:
        """Hand one message over; returns the receiver's word on it. Raises DeliveryError."""
        way = self._notify if parcel.recipient.startswith(CHANNEL) else self.mail
        return await way.deliver(parcel, before_commit)

    async def close(self) -> None:
        """Give up what is held open."""
        await self.mail.close()
        await self._notify.close()


def open_delivery(mail: MailSettings, channels: Mapping[str, str]) -> Delivery:
    """The delivery that the configuration names. Opens no connection and touches no file.

    `channels` are Apprise URLs by name.
    """
    return ByRecipient(_mail(mail), NotifyDelivery(channels)) if channels else _mail(mail)


def _mail(mail: MailSettings) -> Delivery:
    if mail.smtp is not None:
        return SmtpDelivery(mail.smtp)
    if mail.maildir is not None:
        return MaildirDelivery(mail.maildir)
    if mail.directory is not None:
        return DirectoryDelivery(mail.directory, numbered=True)
    raise ConfigError("digest.yaml: mail names no smtp, maildir or directory; add one of them")
