"""The truth about the newsroom's articles: what must be read from each page, and what must be flagged and mailed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from digest.newsroom.archive import Piece, outlets, pieces
from digest.newsroom.press import Press, page_lines, visible

FRESH_H = 7 * 24  # a feed's first look brings what is younger (design, section 6)


@dataclass(frozen=True, slots=True)
class Truth:
    """What must become of one article of the newsroom.

    `paragraphs` is the whole body that its page shows: all of it and nothing else is its text, but for `lead`,
    which may stand before it. White space is folded in all texts. `furniture` is what the page shows beside it,
    in page order; short lines of it may occur in prose by accident. Articles that are copies of one another
    share `story`.
    """

    outlet: str
    path: str  # query included
    url: str  # absolute and canonical
    link: str  # as the feed states it, tracking parameters included
    title: str
    authors: tuple[str, ...]
    lead: str
    paragraphs: tuple[str, ...]
    language: str
    published: datetime
    flagged: str | None  # topic id
    lookalike: str  # why it resembles a topic without belonging to it
    story: str
    page: str  # what the link leads to: article | paywall | consent | missing | pdf
    fresh: bool  # young enough for a first look
    furniture: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """The whole article can be read from its page."""
        return self.page == "article"

    @property
    def mailed(self) -> bool:
        """It belongs into the first digest."""
        return self.flagged is not None and self.fresh


def truths(press: Press) -> tuple[Truth, ...]:
    """The truth about every article as `press` prints it, newest first."""
    return tuple(_truth(press, piece) for piece in pieces())


def _truth(press: Press, piece: Piece) -> Truth:
    outlet = outlets()[piece.outlet]
    paragraphs = tuple(_folded(text) for block in visible(piece) for text in block.texts)
    return Truth(
        outlet=outlet.id,
        path=press.path(piece),
        url=press.url(piece),
        link=press.url(piece) + outlet.tracking,
        title=_folded(piece.title),
        authors=piece.authors,
        lead=_folded(piece.lead),
        paragraphs=paragraphs,
        language=piece.language,
        published=press.published(piece).astimezone(UTC),
        flagged=piece.flagged,
        lookalike=piece.lookalike,
        story=piece.story,
        page=piece.page,
        fresh=piece.age_h < FRESH_H,
        furniture=_furniture(press, piece, paragraphs),
    )


def _furniture(press: Press, piece: Piece, paragraphs: tuple[str, ...]) -> tuple[str, ...]:
    if piece.page in {"missing", "pdf"}:
        return ()
    own = _folded(" ".join((piece.title, piece.lead, *paragraphs)))
    lines = page_lines(press.page(piece), outlets()[piece.outlet].encoding)
    return tuple(dict.fromkeys(line for line in lines if line not in own))


def _folded(text: str) -> str:
    return " ".join(text.split())
