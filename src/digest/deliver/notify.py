"""Tells chats and webhooks of an edition, through Apprise, which knows about a hundred services."""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from digest.errors import ConfigError, DeliveryError, Problem
from digest.model import CHANNEL, Parcel

if TYPE_CHECKING:
    from apprise import Apprise
    from apprise.logger import NotifyLogEntry

GIVE_UP_S = 60.0
_REFUSED = re.compile(r"\berror=[1-5][0-9][0-9]\b")  # how Apprise reports the service's own answer


class NotifyDelivery:
    """Hands over parcels whose recipient is `notify:NAME`, to the channel of that name.

    `channels` are Apprise URLs by name. They hold secrets, so no URL, nor any part of one, is ever told.
    """

    def __init__(self, channels: Mapping[str, str]) -> None:
        self._channels = dict(channels)

    async def deliver(self, parcel: Parcel, before_commit: Callable[[], Awaitable[None]]) -> str:
        """Tell the channel the frozen words: the first line is the title. Raises DeliveryError.

        A service that answers with an error has not taken it. Where no answer came, nobody knows.
        """
        name = parcel.recipient.removeprefix(CHANNEL)
        url = self._channels.get(name)
        if url is None:
            raise DeliveryError(f"digest.yaml has no channel {name!r} under `notify:` any more", retryable=True)
        channel = understood(url)
        if channel is None:
            raise DeliveryError(f"channel {name}: Apprise does not understand its URL", retryable=True)
        await before_commit()
        title, _, body = parcel.raw.decode("utf-8").partition("\n\n")
        try:
            async with asyncio.timeout(GIVE_UP_S):
                failure = await asyncio.to_thread(_tell, channel, title, body)
        except TimeoutError:
            failure = f"no answer within {GIVE_UP_S:.0f} s"
        if failure is None:
            return f"told {name}"
        said = without_secrets(failure, url)
        raise DeliveryError(f"channel {name}: {said}", retryable=True, unknown=not _REFUSED.search(failure))

    async def close(self) -> None:
        """Nothing is held open."""


def understood(url: str) -> Apprise | None:
    """The channel behind an Apprise URL; None when Apprise does not know such a service or misses a part of it."""
    from apprise import Apprise

    logging.getLogger("apprise").propagate = False  # it tells URLs; what matters is listened to, and cleaned, below
    channel = Apprise()
    return channel if channel.add(url) else None


def _tell(channel: Apprise, title: str, body: str) -> str | None:
    """None when it was taken, else what Apprise says of it."""
    said: list[str] = []

    def listen(entry: NotifyLogEntry, _service: object) -> None:
        said.append(entry.message)

    taken = channel.notify(title=title, body=body, body_format="text", log_callback=listen, log_level=logging.WARNING)
    return None if taken else " ".join(said) or "it was not taken"


def without_secrets(text: str, url: str) -> str:
    """The text without any longer part of a URL: each of them may be a password or a token."""
    for part in sorted(re.split(r"[/:@?&=#]+", url), key=len, reverse=True):
        if len(part) > 5:
            text = text.replace(part, "…")
    return text


def check(channels: Mapping[str, str]) -> None:
    """Raise ConfigError when a channel can't be used; it names them without their URLs."""
    if channels and importlib.util.find_spec("apprise") is None:
        what = "`notify` needs Apprise, which is not installed"
        raise ConfigError([Problem("digest.yaml", 0, 0, what, "pip install '.[notify]', in the checkout of digest")])
    unknown = [name for name, url in channels.items() if understood(url) is None]
    if unknown:
        mend = "see its list of services, and check that no part is missing"
        what = "is no URL that Apprise understands"
        raise ConfigError([Problem("digest.yaml", 0, 0, f"`notify: {name}` {what}", mend) for name in unknown])
