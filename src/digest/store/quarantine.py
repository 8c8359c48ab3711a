"""Remembers what killed a worker process, by the hash of its bytes: after the second time it is left alone.

Other bytes from the same address are another input, and so are the same ones to another version of digest.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from digest import __version__
from digest.model import KillUpdate, Quarantined
from digest.store.tables import kills

ENOUGH: Final = 2  # once may have been the machine's fault
_LEFT_ALONE: Final = (kills.c.version == sa.bindparam("version"), kills.c.number >= ENOUGH)
# Made once: it is asked for every feed that has changed, and to build it takes longer than to run it.
_AMONG: Final = sa.select(kills.c.input).where(kills.c.input.in_(sa.bindparam("inputs", expanding=True)), *_LEFT_ALONE)


def note(connection: Connection, update: KillUpdate) -> None:
    """Count one more process that this input has killed."""
    same = (kills.c.input == update.input, kills.c.version == __version__)
    counted = connection.execute(
        kills.update()
        .where(*same)
        .values(number=kills.c.number + 1, url=update.url, reason=update.reason, last_at=update.now)
    )
    if not counted.rowcount:
        connection.execute(
            kills.insert(),
            {
                "input": update.input,
                "version": __version__,
                "kind": update.kind,
                "url": update.url,
                "reason": update.reason,
                "number": 1,
                "last_at": update.now,
            },
        )


def among(connection: Connection, inputs: Collection[str]) -> set[str]:
    """Those of the inputs that are left alone."""
    return set(connection.scalars(_AMONG, {"inputs": list(inputs), "version": __version__}))


def listed(connection: Connection) -> tuple[Quarantined, ...]:
    """Everything that is left alone, the latest first."""
    query = sa.select(kills).where(*_LEFT_ALONE).order_by(kills.c.last_at.desc(), kills.c.input)
    return tuple(
        Quarantined(row.kind, row.url, row.reason, row.last_at)
        for row in connection.execute(query, {"version": __version__})
    )
