"""What pages have taught of their sites: which blocks of text recur from article to article.

A site has one row with the number of its articles, and one row a block. Both numbers are halved when the first gets
large, so that they speak of the last few hundred articles and a block that is gone from the site is forgotten.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from digest.model import Lesson, SiteKnowledge
from digest.store.database import insert
from digest.store.tables import site_blocks, sites

REMEMBERED: Final = timedelta(days=90)  # a block that no article had for so long is furniture no more
COPY: Final = 0.6  # an article of whose paragraphs so many were seen before is a copy of one, and teaches nothing
BLOCKS_OF_A_PAGE: Final = 300
BLOCKS_OF_A_SITE: Final = 1_500  # kept when a site is tidied: about the last forty articles
TIDIED_EVERY: Final = 20  # articles of a site
HALVED_AT: Final = 200  # articles of a site


def known(connection: Connection, site: str, now: datetime) -> SiteKnowledge:
    """What recurs on a site: the blocks that two articles had, of late. One query."""
    query = (
        sa.select(sites.c.articles.label("pages"), site_blocks.c.block, site_blocks.c.articles)
        .select_from(
            sites.outerjoin(
                site_blocks,
                sa.and_(
                    site_blocks.c.site_id == sites.c.id,
                    site_blocks.c.articles > 1,
                    site_blocks.c.seen_at >= now - REMEMBERED,
                ),
            )
        )
        .where(sites.c.site == site)
    )
    rows = connection.execute(query).all()
    blocks = {bytes(row.block).hex(): row.articles for row in rows if row.block is not None}
    return SiteKnowledge(site, rows[0].pages if rows else 0, blocks)


def learn(connection: Connection, lesson: Lesson, now: datetime) -> None:
    """Count the blocks of one more article of a site, unless it is a copy of an earlier one."""
    blocks = [bytes.fromhex(block) for block in dict.fromkeys(lesson.blocks[:BLOCKS_OF_A_PAGE])]
    if not blocks:
        return
    site_id, articles = _site(connection, lesson.site, now)
    here = site_blocks.c.site_id == site_id
    paragraphs = [bytes.fromhex(block) for block in lesson.paragraphs if bytes.fromhex(block) in blocks]
    recent = site_blocks.c.seen_at >= now - REMEMBERED
    seen = connection.scalar(sa.select(sa.func.count()).where(here, site_blocks.c.block.in_(paragraphs), recent))
    if paragraphs and (seen or 0) > COPY * len(paragraphs):
        return
    connection.execute(
        _count_again(connection),
        [{"site_id": site_id, "block": block, "articles": 1, "seen_at": now} for block in blocks],
    )
    connection.execute(sites.update().where(sites.c.id == site_id).values(articles=articles + 1, taught_at=now))
    if (articles + 1) % TIDIED_EVERY == 0:
        _tidy(connection, site_id, articles + 1, now)


def _site(connection: Connection, site: str, now: datetime) -> tuple[int, int]:
    """The row of a site, made when there is none: its id and its number of articles."""
    query = sa.select(sites.c.id, sites.c.articles).where(sites.c.site == site)
    found = connection.execute(query).one_or_none()
    if found is None:
        values = {"site": site, "articles": 0, "taught_at": now}
        connection.execute(insert(connection, sites).on_conflict_do_nothing(), values)
        found = connection.execute(query).one()
    return found.id, found.articles


def _tidy(connection: Connection, site_id: int, articles: int, now: datetime) -> None:
    """Forget what is old and what is too much, of this site, and sites that have taught nothing for long."""
    here = site_blocks.c.site_id == site_id
    too_many = (
        sa.select(site_blocks.c.block)
        .where(here)
        .order_by(site_blocks.c.articles.desc(), site_blocks.c.seen_at.desc(), site_blocks.c.block)
        .offset(BLOCKS_OF_A_SITE)
    )
    connection.execute(
        site_blocks.delete().where(
            here, sa.or_(site_blocks.c.seen_at < now - REMEMBERED, site_blocks.c.block.in_(too_many))
        )
    )
    if articles >= HALVED_AT:
        connection.execute(site_blocks.delete().where(here, site_blocks.c.articles < 2))
        connection.execute(site_blocks.update().where(here).values(articles=site_blocks.c.articles // 2))
        connection.execute(sites.update().where(sites.c.id == site_id).values(articles=articles // 2))
    connection.execute(sites.delete().where(sites.c.taught_at < now - REMEMBERED))  # its blocks go with it


def _count_again(connection: Connection) -> sa.Insert:
    """Insert a block as seen once, or count one article more."""
    new = insert(connection, site_blocks)
    return new.on_conflict_do_update(
        index_elements=["site_id", "block"],
        set_={"articles": site_blocks.c.articles + 1, "seen_at": new.excluded.seen_at},
    )
