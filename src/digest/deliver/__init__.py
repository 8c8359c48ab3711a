"""Hands frozen messages over, to a mail relay, a Maildir or a directory, and reports what became of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

from digest.deliver.directory import DirectoryDelivery
from digest.deliver.maildir import MaildirDelivery
from digest.deliver.smtp import Patience, SmtpDelivery, SmtpSettings
from digest.errors import ConfigError
from digest.model import Parcel

__all__ = ["Delivery", "DirectoryDelivery", "MaildirDelivery", "Patience", "SmtpDelivery", "open_delivery"]


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


def open_delivery(mail: MailSettings) -> Delivery:
    """The delivery that the configuration names. Opens no connection and touches no file."""
    if mail.smtp is not None:
        return SmtpDelivery(mail.smtp)
    if mail.maildir is not None:
        return MaildirDelivery(mail.maildir)
    if mail.directory is not None:
        return DirectoryDelivery(mail.directory, numbered=True)
    raise ConfigError("digest.yaml: mail names no smtp, maildir or directory; add one of them")
