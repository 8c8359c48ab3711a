"""Mend what was written while the clock was ahead: it would lie in the future, and nothing be due until then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy.engine import Connection

from digest.model import ParcelState
from digest.store.tables import digests, entries, feeds, parcels, subscriptions

TOLERANCE: Final = timedelta(minutes=5)  # clocks differ by seconds, and are set right by steps of less
LONGEST_RETRY: Final = timedelta(hours=25)  # of an article whose publisher asked for a pause
LONGEST_LEASE: Final = timedelta(days=60)  # that a hub grants; ten days, as a rule
OLDER_THAN_US: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""A clock that shows less than this has not been set yet, and knows nothing of what is the future."""


def set_right(connection: Connection, now: datetime) -> int:
    """Let what was put off by a clock that ran ahead be due now, and windows that end in the future end now.

    Nothing is mailed twice by it: what an edition has settled stays settled. Returns how many rows were mended.
    """
    if now < OLDER_THAN_US:
        return 0
    ahead = now + TOLERANCE
    mended = (
        feeds.update().where(feeds.c.last_poll_at > ahead, feeds.c.next_poll_at > now).values(next_poll_at=now),
        entries.update().where(entries.c.read_after > now + LONGEST_RETRY).values(read_after=now),
        parcels.update()
        .where(parcels.c.state == ParcelState.READY.value, parcels.c.changed_at > ahead)
        .values(next_attempt_at=now, changed_at=now),
        subscriptions.update().where(subscriptions.c.next_at > now + LONGEST_LEASE).values(next_at=now),
        digests.update().where(digests.c.window_end > ahead).values(window_end=now),
        digests.update().where(digests.c.since > ahead).values(since=now),
    )
    return sum(connection.execute(statement).rowcount for statement in mended)
