"""Atom 1.0 (RFC 4287): feeds that every reader takes, whatever publishers put into titles and links."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree

from digest.render.clean import cleaned

NAMESPACE = "http://www.w3.org/2005/Atom"
GENERATOR = "digest"


@dataclass(frozen=True, slots=True)
class AtomEntry:
    """One entry. `name` makes its id, the same for ever; `url` and `content`, which is HTML, are safe already."""

    name: str
    title: str
    updated: datetime
    url: str | None
    content: str
    published: datetime | None = None
    authors: tuple[str, ...] = ()
    category: str = ""
    language: str | None = None


@dataclass(frozen=True, slots=True)
class AtomFeed:
    """A feed. `author` stands for entries that name none (RFC 4287, 4.1.1); `updated` where there is no entry."""

    name: str
    title: str
    author: str
    updated: datetime
    entries: Sequence[AtomEntry]
    url: str | None = None  # the page it belongs to
    own_url: str | None = None
    language: str = "en"


def atom(feed: AtomFeed) -> bytes:
    """The feed as a document; the same feed gives the same bytes. Titles and names are cleaned."""
    ElementTree.register_namespace("", NAMESPACE)
    root = _made("feed")
    root.set("xml:lang", feed.language)
    _add(root, "title", cleaned(feed.title))
    _add(root, "id", permanent_id(feed.name))
    _add(root, "updated", _instant(max((entry.updated for entry in feed.entries), default=feed.updated)))
    _add(_add(root, "author"), "name", cleaned(feed.author))
    _add(root, "generator", GENERATOR)
    if feed.own_url:
        _add(root, "link", rel="self", type="application/atom+xml", href=feed.own_url)
    if feed.url:
        _add(root, "link", rel="alternate", type="text/html", href=feed.url)
    for entry in feed.entries:
        root.append(_entry(entry))
    ElementTree.indent(root)
    text: str = ElementTree.tostring(root, encoding="unicode")
    return f"<?xml version='1.0' encoding='utf-8'?>\n{text}\n".encode()


def permanent_id(name: str) -> str:
    """An id that is the same for the same name, wherever the feed moves (RFC 4122, 4.3)."""
    return f"urn:uuid:{uuid5(NAMESPACE_URL, name)}"


def _entry(entry: AtomEntry) -> ElementTree.Element:
    made = _made("entry")
    _add(made, "title", cleaned(entry.title))
    _add(made, "id", permanent_id(entry.name))
    _add(made, "updated", _instant(entry.updated))
    if entry.published:
        _add(made, "published", _instant(entry.published))
    for author in entry.authors:
        if name := cleaned(author):
            _add(_add(made, "author"), "name", name)
    if entry.url:
        _add(made, "link", rel="alternate", type="text/html", href=entry.url)
    if entry.category:
        _add(made, "category", term=cleaned(entry.category))
    content = _add(made, "content", entry.content, type="html")
    if entry.language:
        content.set("xml:lang", entry.language)
    return made


def _made(name: str) -> ElementTree.Element:
    return ElementTree.Element(f"{{{NAMESPACE}}}{name}")


def _add(parent: ElementTree.Element, name: str, text: str = "", **attributes: str) -> ElementTree.Element:
    child = ElementTree.SubElement(parent, f"{{{NAMESPACE}}}{name}", attributes)
    child.text = str(text) or None  # a plain str: ElementTree escapes by `replace`, and Markup's own escapes once more
    return child


def _instant(moment: datetime) -> str:
    """RFC 3339, to the second."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
