"""The archive reads what the newsroom's outlets are and what they have written from the files beside it.

An article is `articles/OUTLET/SLUG.md`: YAML front matter between two lines of `---`, then blocks parted by an
empty line. A block is a paragraph, or `## ` a crosshead, `> ` a quotation, `- ` the items of a list. Inside a
block `*words*` are emphasis and `[words](slug)` links to another article of the outlet.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import yaml
from markupsafe import Markup

HERE = Path(__file__).parent

_EMPHASIS = re.compile(r"\*([^*\s][^*]*)\*")
_LINK = re.compile(r"\[([^\]]+)\]\(([a-z0-9-]+)\)")


@dataclass(frozen=True, slots=True)
class Block:
    """One block of a body. `kind` is p, h2, quote or list; `texts` is plain text, one item but for lists."""

    kind: str
    texts: tuple[str, ...]
    marked: tuple[Markup, ...]  # the same with its emphasis, as HTML

    @property
    def text(self) -> str:
        """The plain text of a block that is no list."""
        return self.texts[0]

    @property
    def html(self) -> Markup:
        """The HTML of a block that is no list."""
        return self.marked[0]


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture that is spoken of and never shown."""

    caption: str
    credit: str


@dataclass(frozen=True, slots=True)
class Piece:
    """One article as it was filed. `age_h` is its age in hours when the newsroom opens.

    `page` says what its link leads to: the whole article, a paywall with the article's beginning, a consent
    wall, nothing (404), or a PDF. `flagged` is the topic that must be found in it.
    """

    outlet: str
    slug: str
    number: int  # within the newsroom, for URLs that count
    title: str
    age_h: float
    lead: str
    section: str
    language: str
    blocks: tuple[Block, ...]
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    photo: Photo | None = None
    flagged: str | None = None
    lookalike: str = ""  # why it resembles the topic without belonging to it
    story: str = ""  # shared by copies of one article
    page: str = "article"

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The body as plain text, a list's items each for itself."""
        return tuple(text for block in self.blocks for text in block.texts)

    @property
    def html(self) -> Markup:
        """The body as a feed carries it: bare markup, no furniture."""
        return Markup("\n").join(_bare(block) for block in self.blocks)


@dataclass(frozen=True, slots=True)
class Outlet:
    """One publication: how it looks (`page`), what its feed is (`feed`), and where its articles lie."""

    id: str
    name: str
    language: str
    tagline: str
    zone: str = "UTC"  # IANA name
    page: str = ""  # template in pages/
    encoding: str = "utf-8"  # of its pages
    feed: str = ""  # template in feeds/
    feed_path: str = "/feed"
    feed_type: str = "application/rss+xml"
    feed_encoding: str = "utf-8"
    article_path: str = "/{section}/{slug}"  # also {number}
    tracking: str = ""  # what its feed appends to links
    fault: str = ""  # error | silence | html: what its feed answers instead
    writers: Mapping[str, str] | None = None  # name -> biography


@cache
def outlets() -> Mapping[str, Outlet]:
    """Every outlet by its id, the faulty ones last."""
    listed: dict[str, dict[str, Any]] = yaml.safe_load((HERE / "outlets.yaml").read_text("utf-8"))
    return {name: Outlet(id=name, **fields) for name, fields in listed.items()}


@cache
def pieces() -> tuple[Piece, ...]:
    """Every article of every outlet, newest first."""
    filed = [
        (outlet, path) for outlet in outlets().values() for path in sorted((HERE / "articles" / outlet.id).glob("*.md"))
    ]
    found = [_read(path, outlet, number) for number, (outlet, path) in enumerate(filed, start=20417)]
    return tuple(sorted(found, key=lambda piece: piece.age_h))


def _read(path: Path, outlet: Outlet, number: int) -> Piece:
    _, front, body = path.read_text("utf-8").split("---\n", 2)
    fields: dict[str, Any] = yaml.safe_load(front)
    photo = fields.pop("photo", None)
    return Piece(
        outlet=outlet.id,
        slug=path.stem,
        number=number,
        language=fields.pop("language", outlet.language),
        authors=tuple(fields.pop("authors", ())),
        tags=tuple(fields.pop("tags", ())),
        photo=Photo(**photo) if photo else None,
        story=fields.pop("story", f"{outlet.id}/{path.stem}"),
        blocks=tuple(_block(raw) for raw in re.split(r"\n\s*\n", body.strip()) if raw.strip()),
        **fields,
    )


def _block(raw: str) -> Block:
    lines = [line.strip() for line in raw.strip().splitlines()]
    if lines[0].startswith("- "):
        kind, sources = "list", tuple(line.removeprefix("- ") for line in lines)
    else:
        joined = " ".join(lines)
        kind = {"## ": "h2", "> ": "quote"}.get(joined[: joined.find(" ") + 1], "p")
        sources = (joined if kind == "p" else joined.partition(" ")[2],)
    return Block(kind, tuple(map(_plain, sources)), tuple(map(_marked, sources)))


def _plain(source: str) -> str:
    return _LINK.sub(r"\1", _EMPHASIS.sub(r"\1", source))


def _marked(source: str) -> Markup:
    emphasised = _EMPHASIS.sub(r"<em>\1</em>", escape(source, quote=False))
    return Markup(_LINK.sub(r'<a href="slug:\2">\1</a>', emphasised))  # noqa: S704 - escaped just above


def _bare(block: Block) -> Markup:
    if block.kind == "list":
        return (
            Markup("<ul>")
            + Markup().join(Markup("<li>{}</li>").format(item) for item in block.marked)
            + Markup("</ul>")
        )
    wrap = {"h2": "<h2>{}</h2>", "quote": "<blockquote><p>{}</p></blockquote>"}.get(block.kind, "<p>{}</p>")
    return Markup(wrap).format(block.html)  # noqa: S704 - one of three constants
