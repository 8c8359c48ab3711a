"""Tells, per site, which blocks recur from article to article: those are furniture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from hashlib import blake2b

from digest.extract.blocks import size
from digest.extract.draft import Draft, Line
from digest.model import Lesson, SiteKnowledge

FROM_PAGE = 3  # what recurs is dropped from this page of a site on
AT_AN_END = 0.1  # of a site's articles: so many must have a block that stands at either end of an article
INSIDE = 0.25  # and so many one inside it, where agencies repeat a paragraph of background from story to story
_FEW_WORDS = 5
_PARAGRAPH = 120  # letters, as `size` counts them


def lesson(lines: Sequence[Line], site: str) -> Lesson:
    """What an article teaches of its site: one hash for each line that stands in it once.

    A line that is repeated within its own page ("Pros", "Cons") belongs to the article's form, so it stays out.
    """
    blocks = {_hash(line.key): line for line in _said_once(lines)}
    paragraphs = frozenset(block for block, line in blocks.items() if size(line.text) >= _PARAGRAPH)
    return Lesson(site, tuple(blocks), paragraphs)


def recurring(lines: Sequence[Line], site: SiteKnowledge) -> list[Line]:
    """The lines that earlier articles of the site had too; short ones only at either end of the article.

    None where they would be most of the text: then they are no furniture, or there is nothing else.
    """
    if site.pages + 1 < FROM_PAGE:
        return []
    seen = {line: site.blocks.get(_hash(line.key), 0) for line in _said_once(lines)}
    at_an_end = _reached_from_the_ends(lines, {line for line in seen if seen[line] >= _enough(AT_AN_END, site)})
    gone = [
        line
        for line in seen
        if line in at_an_end or (len(line.text.split()) >= _FEW_WORDS and seen[line] >= _enough(INSIDE, site))
    ]
    return gone if sum(len(line.text) for line in gone) <= 0.5 * sum(len(line.text) for line in lines) else []


def drop_known(draft: Draft, site: SiteKnowledge) -> None:
    """Drop what recurs on the site's pages."""
    draft.drop("seen on other pages", recurring(draft.lines, site))


def _said_once(lines: Sequence[Line]) -> list[Line]:
    count = Counter(line.key for line in lines)
    return [line for line in lines if count[line.key] == 1]


def _enough(share: float, site: SiteKnowledge) -> int:
    """Of how many earlier articles a block must have been a part."""
    return max(2, round(share * site.pages))


def _reached_from_the_ends(lines: Sequence[Line], known: set[Line]) -> set[Line]:
    """The known lines that are reached from either end of the article over known lines only."""
    reached: set[Line] = set()
    for direction in (lines, lines[::-1]):
        for line in direction:
            if line not in known:
                break
            reached.add(line)
    return reached


def _hash(line_key: str) -> str:
    return blake2b(line_key.encode(), digest_size=8).hexdigest()
