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
_WITH_BYTES = sa.select(parcels, editions.c.digest, contents.c.raw).join_from(parcels, editions).outerjoin(contents)
_THESE = _WITH_BYTES.where(parcels.c.id.in_(sa.bindparam("ids", expanding=True)))
_SHOWN: sa.Select[Any] = sa.select(editions.c.id, editions.c.html, editions.c.text, editions.c.data).where(
    editions.c.id.in_(sa.bindparam("ids", expanding=True))
)


def listed(
    connection: Connection, states: Collection[ParcelState], due_by: datetime | None, *, contents: bool
) -> list[Parcel]:
    """The parcels in these states, the oldest first; with `due_by`, those whose next attempt is due by then.

    Without `contents` their `raw`, `html`, `text` and `data` are left empty: a thousand of them are 200 MB.
    """
    query = (_WITH_BYTES if contents else _ENVELOPES).where(parcels.c.state.in_([state.value for state in states]))
    if due_by is not None:
        query = query.where(parcels.c.next_attempt_at <= due_by)
    query = query.order_by(parcels.c.id)
    found = connection.execute(query).all()
    return _whole(connection, found) if contents else [rows.parcel(row) for row in found]


def each(connection: Connection, parcel_ids: Sequence[int]) -> list[Parcel | StoreError]:
    """The parcels of these ids; an error for each that there is not."""
    found = connection.execute(_THESE, {"ids": list(parcel_ids)}).all()
    whole = {parcel.id: parcel for parcel in _whole(connection, found)}
    return [
        whole.get(parcel_id) or StoreError(f"the outbox holds no parcel {parcel_id}; see `digest outbox list`")
        for parcel_id in parcel_ids
    ]


def _whole(connection: Connection, found: Sequence[sa.Row[Any]]) -> list[Parcel]:
    """Parcels with all they hold; what an edition shows is read once, however many parcels it has."""
    ids = sorted({row.edition_id for row in found})
    shown = {row.id: row for row in connection.execute(_SHOWN, {"ids": ids})}
    return [rows.parcel(row, shown[row.edition_id]) for row in found]
