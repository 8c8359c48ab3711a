"""What readers have had: which articles were in which editions, who got them, and what they are copies of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from digest.model import StoredArticle, Told
from digest.store import rows
from digest.store.tables import (
    FEED_NAME,
    articles,
    edition_matches,
    editions,
    entries,
    feeds,
    matches,
    parcels,
    shingles,
)
from digest.store.updates import chunks

CARRIERS = 20
"""Of one key, the first so many articles are looked at: what more of them share is a site's furniture, or a story so
widely printed that the first of them tell enough."""


def told(connection: Connection, entry_ids: Collection[int], since: datetime) -> dict[int, tuple[Told, ...]]:
    """The editions made since then that settled these entries, by entry, the first one first."""
    found: dict[int, list[tuple[int, str, datetime]]] = defaultdict(list)
    query = (
        sa.select(matches.c.entry_id, editions.c.id, editions.c.digest, editions.c.made_at)
        .select_from(
            matches.join(edition_matches, edition_matches.c.match_id == matches.c.id).join(
                editions, editions.c.id == edition_matches.c.edition_id
            )
        )
        .where(editions.c.made_at >= since)
        .distinct()
        .order_by(editions.c.id)
    )
    for chunk in chunks(entry_ids):
        for row in connection.execute(query.where(matches.c.entry_id.in_(chunk))):
            found[row.entry_id].append((row.id, row.digest, row.made_at))
    readers = _readers(connection, {edition_id for those in found.values() for edition_id, *_ in those})
    return {
        entry_id: tuple(Told(digest, at, frozenset(readers[edition_id])) for edition_id, digest, at in those)
        for entry_id, those in found.items()
    }


def _readers(connection: Connection, edition_ids: Collection[int]) -> dict[int, set[str]]:
    readers: dict[int, set[str]] = defaultdict(set)
    query = sa.select(parcels.c.edition_id, parcels.c.recipient)
    for chunk in chunks(edition_ids):
        for row in connection.execute(query.where(parcels.c.edition_id.in_(chunk))):
            readers[row.edition_id].add(row.recipient)
    return readers


def mailed(connection: Connection, digest_id: str, since: datetime) -> tuple[datetime, ...]:
    """The ends of the windows, from then on, whose editions were mailed to anybody; in order."""
    query = (
        sa.select(editions.c.window_end)
        .where(editions.c.digest == digest_id, editions.c.window_end >= since)
        .where(sa.exists().where(parcels.c.edition_id == editions.c.id))
        .order_by(editions.c.id)
    )
    return tuple(connection.scalars(query))


def alike(connection: Connection, entry_ids: Sequence[int], since: datetime) -> list[StoredArticle]:
    """Other articles, first seen since then, that may be copies of these: of a common address or with common keys."""
    near: set[int] = set()
    own = shingles.alias("own")
    ranked = (
        sa.select(
            shingles.c.entry_id,
            sa.func.row_number().over(partition_by=shingles.c.key, order_by=shingles.c.entry_id).label("place"),
        )
        .join(entries, entries.c.id == shingles.c.entry_id)
        .where(entries.c.first_seen >= since)
    )
    twin = articles.alias("twin")
    addresses = sa.select(twin.c.entry_id).join(articles, articles.c.canonical_url == twin.c.canonical_url)
    for chunk in chunks(entry_ids):
        keys = sa.select(own.c.key).where(own.c.entry_id.in_(chunk))
        carriers = ranked.where(shingles.c.key.in_(keys)).subquery()
        near.update(connection.scalars(sa.select(carriers.c.entry_id).where(carriers.c.place <= CARRIERS).distinct()))
        near.update(connection.scalars(addresses.where(articles.c.entry_id.in_(chunk))))
    query = (
        sa.select(articles, entries.c.first_seen, feeds.c.url.label("feed"), FEED_NAME.label("feed_name"))
        .select_from(articles.join(entries).join(feeds))
        .where(entries.c.first_seen >= since)
        .order_by(articles.c.entry_id)
    )
    others = sorted(near.difference(entry_ids))
    return [
        rows.stored_article(row)
        for chunk in chunks(others)
        for row in connection.execute(query.where(articles.c.entry_id.in_(chunk)))
    ]
