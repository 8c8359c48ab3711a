"""One life of the sending half of the program, in a process that may be killed at a chosen point."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from relays import RAW, Settings

from digest.deliver import Patience, SmtpDelivery
from digest.engine import deliver_ready
from digest.model import Coverage, Digest, EditionUpdate, Parcel, Window
from digest.pipeline import Pipeline
from digest.store import Store

NOW = datetime(2026, 3, 2, 7, tzinfo=UTC)
STARTED = NOW + timedelta(hours=1)
LATER = NOW + timedelta(hours=9)  # whatever was postponed at the start is due by then

PATIENT = Patience(step_s=5, after_dot_s=5)


class Doomed:
    """A store whose process is killed right before, or right after, its nth change is committed."""

    def __init__(self, store: Store, nth: int, when: str) -> None:
        self._store = store
        self._left = nth
        self._when = when

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def write(self, *changes: Any) -> None:
        await self._committed(self._store.write, *changes)

    async def write_along(self, *changes: Any) -> None:
        await self._committed(self._store.write_along, *changes)

    async def _committed(self, write: Callable[..., Awaitable[None]], *changes: Any) -> None:
        self._left -= 1
        if self._left == 0 and self._when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        await write(*changes)
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def pipeline(store: Any, port: int, on_unknown: str, patience: Patience = PATIENT, **relay: Any) -> Pipeline:
    """Only what sending needs."""
    nobody: Any = None
    digest: Any = SimpleNamespace(id="daily", on_unknown=on_unknown)
    return Pipeline(
        poll_settings=nobody,
        feeds={},
        digests={"daily": digest},
        sender="digest@example.org",
        store=store,
        fetcher=nobody,
        workers=nobody,
        topics=nobody,
        renderer=nobody,
        delivery=SmtpDelivery(Settings("127.0.0.1", port, **relay), patience=patience),
        clock=lambda: STARTED,
        jitter=lambda: 0.0,
    )


def fill(url: str, recipients: int) -> None:
    """An edition with one parcel for each recipient."""
    parcels = tuple(
        Parcel(
            id=0,
            digest="daily",
            edition=0,
            sender="digest@example.org",
            recipient=f"reader{number}@example.org",
            message_id=f"<{number}@example.org>",
            raw=RAW + f"number {number}\r\n".encode(),
        )
        for number in range(recipients)
    )
    digest = Digest("daily", "Desk", Window(NOW - timedelta(days=1), NOW), "UTC", (), coverage=Coverage())
    with Store.open(url, lock=False) as store:
        store.digest_state("daily", NOW - timedelta(days=2))
        store.apply(EditionUpdate(digest, parcels, NOW))


def live(url: str, port: int, nth: int = 0, when: str = "before", on_unknown: str = "resend") -> None:
    """Recover, then send all that is ready, as the service does when it starts."""

    async def run() -> None:
        with Store.open(url, lock=True) as store:
            sending = pipeline(Doomed(store, nth, when), port, on_unknown)
            await sending.recover()
            await deliver_ready(replace(sending, clock=lambda: LATER))
            await sending.delivery.close()

    asyncio.run(run())
