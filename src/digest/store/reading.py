"""Entries that wait for their article, the articles that were read, and what was flagged of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from digest.errors import StoreError
from digest.model import Article, Hit, JudgedMatch, Match, SiteArticle, StoredArticle, StoredEntry, WaitingEntry
from digest.store import rows
from digest.store.tables import FEED_NAME, articles, edition_matches, entries, feeds, matches


def waiting(connection: Connection, now: datetime, since: datetime | None, after: int) -> list[WaitingEntry]:
    """Entries of subscribed feeds whose article is to be had by now, the longest waiting first.

    With `since`: only those that came to wait since then, or have an id above `after`.
    """
    subscribed = feeds.c.subscribed.is_(True)
    query = (
        sa.select(entries.c.id, entries.c.feed_id)
        # No join: SQLite would go through all entries of each feed, 45 ms among 100,000 entries instead of 0.1.
        .where(entries.c.read_after <= now, sa.exists().where(feeds.c.id == entries.c.feed_id, subscribed))
        .order_by(entries.c.read_after, entries.c.id)
    )
    wanted = [query]
    if since is not None:  # two queries instead of an OR: each has its index
        wanted = [query.where(entries.c.read_after >= since), query.where(entries.c.id > after)]
    found = [(entry_id, feed_id) for each in wanted for entry_id, feed_id in connection.execute(each)]
    return [WaitingEntry(*each) for each in dict.fromkeys(found)]


def entry(connection: Connection, entry_id: int) -> StoredEntry:
    """One entry. Raises StoreError when there is none."""
    query = sa.select(entries, feeds.c.url).join(feeds).where(entries.c.id == entry_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise StoreError(f"the store knows no entry {entry_id}")
    return rows.stored_entry(row)


def article_at(connection: Connection, canonical_url: str) -> Article | None:
    """The article of this address if it was read before, through whichever feed; a complete one if there is one."""
    query = (
        sa.select(articles)
        .where(articles.c.canonical_url == canonical_url)
        .order_by(articles.c.complete.desc(), articles.c.entry_id.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return rows.article(row) if row else None


def articles_after(connection: Connection, entry_id: int, since: datetime, limit: int) -> list[StoredArticle]:
    """The next articles in order of insertion, of those whose entry was first seen since then."""
    query = (
        sa.select(articles, entries.c.first_seen, feeds.c.url.label("feed"), FEED_NAME.label("feed_name"))
        .select_from(articles.join(entries).join(feeds))
        .where(articles.c.entry_id > entry_id, entries.c.first_seen >= since)
        .order_by(articles.c.entry_id)
        .limit(limit)
    )
    return [rows.stored_article(row) for row in connection.execute(query)]


def whole_of(connection: Connection, site: str) -> Sequence[int]:
    """The entry ids of every whole article of a site, in order of insertion."""
    address = articles.c.canonical_url
    if connection.dialect.name == "sqlite":  # up to "example.org0": what follows the slash; found by the index
        within = sa.or_(address.between(f"{site}/", f"{site}0"), address.between(f"{site}?", f"{site}@"))
    else:  # where the order of texts is a matter of language
        within = sa.or_(*(address.startswith(f"{site}{mark}", autoescape=True) for mark in "/?"))
    wanted = sa.select(articles.c.entry_id).where(sa.or_(address == site, within), articles.c.complete.is_(True))
    return connection.scalars(wanted.order_by(articles.c.entry_id)).all()


def with_hits(connection: Connection, entry_ids: Sequence[int]) -> list[SiteArticle]:
    """These articles with the hits in them, in order of insertion. As many as one query may name."""
    found = sa.select(matches.c.entry_id, matches.c.id, matches.c.hits).where(matches.c.entry_id.in_(entry_ids))
    hits: dict[int, dict[int, tuple[Hit, ...]]] = {}
    for row in connection.execute(found):
        hits.setdefault(row.entry_id, {})[row.id] = row.hits
    query = sa.select(articles).where(articles.c.entry_id.in_(entry_ids)).order_by(articles.c.entry_id)
    return [
        SiteArticle(row.entry_id, rows.article(row), hits.get(row.entry_id, {})) for row in connection.execute(query)
    ]


def flagged_by(connection: Connection, topic: str, since: datetime) -> dict[str, Match]:
    """What was flagged by a topic, by the article's URL, of the entries first seen since then."""
    query = (
        sa.select(articles.c.url, matches.c.topic, matches.c.score, matches.c.why, matches.c.hits)
        .select_from(matches.join(articles).join(entries))
        .where(matches.c.topic == topic, entries.c.first_seen >= since)
    )
    return {row.url: Match(row.topic, row.score, row.why, row.hits) for row in connection.execute(query)}


def judged(connection: Connection, topic: str, since: datetime) -> dict[int, JudgedMatch]:
    """The matches of a topic by entry, of the entries first seen since then."""
    mailed = sa.exists().where(edition_matches.c.match_id == matches.c.id).label("mailed")
    query = (
        sa.select(matches, mailed)
        .select_from(matches.join(entries, entries.c.id == matches.c.entry_id))
        .where(matches.c.topic == topic, entries.c.first_seen >= since)
    )
    return {
        row.entry_id: JudgedMatch(row.id, Match(row.topic, row.score, row.why, row.hits), bool(row.mailed))
        for row in connection.execute(query)
    }
