"""The outbox: parcels with the bytes that every attempt sends."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from digest.errors import StoreError
from digest.model import Parcel, ParcelState
from digest.store import rows
from digest.store.tables import editions, parcels

_WHOLE = sa.select(parcels, editions.c.digest, editions.c.html, editions.c.text, editions.c.data).join_from(
    parcels, editions
)
_ENVELOPES = sa.select(
    *(column for column in parcels.c if column is not parcels.c.raw),
    editions.c.digest,
    sa.literal(b"").label("raw"),
    *(sa.literal("").label(name) for name in ("html", "text", "data")),
).join_from(parcels, editions)


def listed(
    connection: Connection, states: Collection[ParcelState], due_by: datetime | None, *, contents: bool
) -> list[Parcel]:
    """The parcels in these states, the oldest first; with `due_by`, those whose next attempt is due by then.

    Without `contents` their `raw`, `html`, `text` and `data` are left empty: a thousand of them are 200 MB.
    """
    wanted = parcels.c.state.in_([state.value for state in states])
    query = (_WHOLE if contents else _ENVELOPES).where(wanted).order_by(parcels.c.id)
    if due_by is not None:
        query = query.where(parcels.c.next_attempt_at <= due_by)
    return [rows.parcel(row) for row in connection.execute(query)]


def each(connection: Connection, parcel_ids: Sequence[int]) -> list[Parcel | StoreError]:
    """The parcels of these ids; an error for each that there is not."""
    query = _WHOLE.where(parcels.c.id.in_(parcel_ids))
    found = {row.id: rows.parcel(row) for row in connection.execute(query)}
    return [
        found.get(parcel_id) or StoreError(f"the outbox holds no parcel {parcel_id}; see `digest outbox list`")
        for parcel_id in parcel_ids
    ]
