"""Learns, per site, which blocks recur from article to article: those are furniture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from hashlib import blake2b

from digest.extract.blocks import key
from digest.extract.draft import Draft, Line
from digest.model import SiteKnowledge

FROM_PAGE = 3  # what recurs is dropped from this page of a site on
COPY = 0.6  # a page of which so much was seen on one before is a copy of an article, and teaches nothing
_FEW_WORDS = 5


def hashes(draft: Draft) -> tuple[str, ...]:
    """What a page teaches of its site: one hash for each line that stands on it once.

    A line that is repeated within its own page ("Pros", "Cons") belongs to the article's form, so it stays out.
    """
    count = Counter(line.key for line in draft.lines)
    return tuple(_hash(line.key) for line in draft.lines if count[line.key] == 1)


def learn(site: SiteKnowledge, page: Sequence[str]) -> SiteKnowledge:
    """What is known of a site after one more article, whose `hashes` are given. A near-copy teaches nothing."""
    seen = sum(block in site.blocks for block in page)
    if not page or (len(page) > 4 and seen > COPY * len(page)):
        return site
    blocks = dict(site.blocks)
    for block in set(page):
        blocks[block] = blocks.get(block, 0) + 1
    return replace(site, pages=site.pages + 1, blocks=blocks)


def drop_known(draft: Draft, site: SiteKnowledge) -> None:
    """Lines that earlier articles of the site had too; short ones only at either end of the article."""
    if site.pages + 1 < FROM_PAGE:
        return
    once = set(hashes(draft))
    enough = max(2, min(10, round(0.05 * site.pages)))
    known = [line for line in draft.lines if _hash(line.key) in once and site.blocks.get(_hash(line.key), 0) >= enough]
    edges = _at_either_end(draft.lines, set(known))
    gone = [line for line in known if line in edges or len(line.text.split()) >= _FEW_WORDS]
    if sum(len(line.text) for line in gone) <= 0.5 * draft.chars:
        draft.drop("seen on other pages", gone)


def _at_either_end(lines: Sequence[Line], known: set[Line]) -> set[Line]:
    """The known lines that are reached from either end of the article over known lines only."""
    reached: set[Line] = set()
    for direction in (lines, lines[::-1]):
        for line in direction:
            if line not in known:
                break
            reached.add(line)
    return reached


def _hash(line_key: str) -> str:
    return blake2b(key(line_key).encode(), digest_size=8).hexdigest()
