"""The outbox: parcels with the bytes that every attempt sends."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from digest.errors import StoreError
from digest.model import Parcel, ParcelState
from digest.store import rows
from digest.store.tables import contents, editions, parcels

# Made once: to put one together takes as long as to run it.
_ENVELOPES = sa.select(parcels, editions.c.digest, sa.literal(b"").label("raw")).join_from(parcels, editions)
_THESE = (
    sa.select(parcels, editions.c.digest, contents.c.raw)
    .join_from(parcels, editions)
    .outerjoin(contents)
    .where(parcels.c.id.in_(sa.bindparam("ids", expanding=True)))
)
_SHOWN: sa.Select[Any] = sa.select(editions.c.id, editions.c.html, editions.c.text, editions.c.data).where(
    editions.c.id.in_(sa.bindparam("ids", expanding=True))
)


def listed(connection: Connection, states: Collection[ParcelState], due_by: datetime | None) -> list[Parcel]:
    """The parcels in these states, the oldest first; with `due_by`, those whose next attempt is due by then.

    Their `raw`, `html`, `text` and `data` are left empty: a thousand of them are 200 MB.
    """
    query = _ENVELOPES.where(parcels.c.state.in_([state.value for state in states]))
    if due_by is not None:
        query = query.where(parcels.c.next_attempt_at <= due_by)
    return [rows.parcel(row) for row in connection.execute(query.order_by(parcels.c.id))]


def each(connection: Connection, parcel_ids: Sequence[int]) -> list[Parcel | StoreError]:
    """The parcels of these ids with all they hold; an error for each that there is not."""
    found = connection.execute(_THESE, {"ids": list(parcel_ids)}).all()
    # What an edition shows is read once, however many parcels it has.
    editions_of = sorted({row.edition_id for row in found})
    shown = {row.id: row for row in connection.execute(_SHOWN, {"ids": editions_of})}
    whole = {row.id: rows.parcel(row, shown[row.edition_id]) for row in found}
    return [
        whole.get(parcel_id) or StoreError(f"the outbox holds no parcel {parcel_id}; see `digest outbox list`")
        for parcel_id in parcel_ids
    ]
