"""Cleans a stored article again with what its site has taught since: text only, as its page is not kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from digest.extract.blocks import key
from digest.extract.draft import Line
from digest.extract.furniture import recurring
from digest.model import Article, Field, Hit, SiteKnowledge

_BETWEEN = "\n\n"  # paragraphs of an article's text


@dataclass(frozen=True, slots=True)
class Recleaned:
    """A stored article without what has turned out to be furniture. `dropped`: the paragraphs that went."""

    article: Article
    dropped: tuple[str, ...] = ()
    kept: tuple[tuple[int, int, int], ...] = ()  # (start, end) in the earlier text, and the start in this one

    def moved(self, hits: Iterable[Hit]) -> tuple[Hit, ...]:
        """Hits in the earlier text as hits in this one; those in paragraphs that went are gone."""
        return tuple(moved for hit in hits if (moved := self._moved(hit)) is not None)

    def _moved(self, hit: Hit) -> Hit | None:
        if hit.field is Field.TITLE:
            return hit
        for start, end, now in self.kept:
            if start <= hit.start and hit.end <= end:
                return hit._replace(start=hit.start - start + now, end=hit.end - start + now)
        return None


def reclean(article: Article, site: SiteKnowledge) -> Recleaned:
    """The article without what recurs on its site. Pure; an article that has nothing of it comes back as it is.

    `site` counts the article itself, so one is taken off every count.
    """
    others = replace(
        site, pages=max(0, site.pages - 1), blocks={block: count - 1 for block, count in site.blocks.items()}
    )
    lines = [Line(text, (), key(text)) for text in article.text.split(_BETWEEN)]
    gone = set(recurring(lines, others))
    if not gone or len(gone) == len(lines):
        return Recleaned(article)
    kept: list[tuple[int, int, int]] = []
    at = now = 0
    for line in lines:
        end = at + len(line.text)
        if line not in gone:
            kept.append((at, end, now))
            now += len(line.text) + len(_BETWEEN)
        at = end + len(_BETWEEN)
    dropped = tuple(line.text for line in lines if line in gone)
    text = _BETWEEN.join(line.text for line in lines if line not in gone)
    lead = "" if article.lead in dropped else article.lead
    return Recleaned(replace(article, text=text, lead=lead), dropped, tuple(kept))
