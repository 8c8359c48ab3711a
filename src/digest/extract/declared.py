"""Reads what a page declares of itself, once: meta elements, JSON-LD, links and the title element."""

from __future__ import annotations

import html
import itertools
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import lxml.html
from lxml import etree

_ARTICLE_TYPES = re.compile(
    r"(Article|BlogPosting|Report|Review|LiveBlogPosting|OpinionNewsArticle|AnalysisNewsArticle)$"
)
_SPACE = re.compile(r"\s+")
_MARKUP = re.compile(r"<[^<>]{1,300}>")
_MAX_NODES = 3000
_TITLE = 1_000  # characters of a title element that are read
_BROKEN_STRING = re.compile(r"[\x00-\x1f]+")


@dataclass(frozen=True, slots=True)
class Declared:
    """A page's own statements. `metas`: values by lower-case name or property, in document order."""

    metas: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    nodes: tuple[Mapping[str, Any], ...] = ()  # every JSON-LD object, outer ones first
    title: str = ""
    language: str = ""  # html lang
    runs_scripts: bool = False

    def meta(self, *names: str) -> str:
        """The first value that one of these names has, in the order of the names."""
        return next((value for name in names for value in self.metas.get(name, ()) if value), "")

    @property
    def article(self) -> Mapping[str, Any]:
        """The JSON-LD object that speaks of the article, the most telling one; empty when there is none."""
        found = [node for node in self.nodes if any(_ARTICLE_TYPES.search(kind) for kind in kinds(node))]
        return max(found, key=_tells, default={})

    def refer(self, value: Any) -> Any:
        """The object that a reference (`{"@id": ...}`) points at, where the page has it."""
        if isinstance(value, Mapping) and set(value) == {"@id"}:
            return next((node for node in self.nodes if node.get("@id") == value["@id"] and len(node) > 1), value)
        return value


def read(tree: lxml.html.HtmlElement) -> Declared:
    """Everything that a page declares. Broken JSON-LD is repaired where that is safe, else ignored."""
    metas: dict[str, list[str]] = {}
    for element in tree.iter("meta"):
        content = element.get("content")
        if content and content.strip():
            for attribute in ("property", "name", "itemprop"):
                if name := element.get(attribute):
                    metas.setdefault(name.strip().lower(), []).append(plain(content))
    nodes: list[Mapping[str, Any]] = []
    runs_scripts = False
    for script in tree.iter("script"):
        kind = (script.get("type") or "").lower()
        runs_scripts |= "json" not in kind
        if "ld+json" in kind and script.text:
            nodes.extend(_nodes(_loads(script.text)))
    titles = [element.text_content() for element in tree.iter("title") if element.getparent().tag != "svg"]
    return Declared(
        {name: tuple(values) for name, values in metas.items()},
        tuple(nodes[:_MAX_NODES]),
        plain(titles[0])[:_TITLE] if titles else "",
        (tree.get("lang") or tree.get("xml:lang") or "").strip(),
        runs_scripts,
    )


_AUTHOR_NAME = re.compile("author-name|author__name|authorName|author_name|AuthorName|byline-name|byline__name")
_AUTHOR = frozenset({"author", "authors", "byline", "Byline", "autor"})
_WRITER = re.compile(
    "uthor|yline|autor|auteur|writer|reporter|journalist|ontributor|submitted|posted-by|verfasser|user-?name|autore|"
    "redact|forfatter|skribent|columnist|colunista|penulis|muhabir|yazar"
)
_PROFILE = re.compile(
    "/author|/autor|/auteurs?/|/forfatter|/skribent|/profile/|/journalist|/periodista|/reporters?/|/columnists?/|"
    "/columnistas?/|/colunistas?/|/yazar|/muhabir|/penulis/|/people/|/staff/"
)
_SMALL = frozenset({"a", "span", "div", "p", "li", "address", "h3", "h4", "strong", "em"})
_NO_BYLINE = frozenset({"meta", "link", "script", "style", "body", "html", "article", "section", "main"})
_NOT_OURS = re.compile(
    r"(?i)comment|related|sidebar|(?<!post-)(?<!entry-)(?<!article-)footer|teaser|recommend|more-|widget|reply|menu|recent|popular|card-list|latest"
)
_MAX_BYLINE = 120
_NOTE = 40  # characters of a sentence about the author, which a name has not


def bylines(tree: lxml.html.HtmlElement) -> Iterator[str]:
    """The texts of elements marked as the author's name, of each kind those that stand together with the first."""
    for marked in _marked_as_author(tree):
        place = None
        for element in marked[:40]:
            if element.tag in _NO_BYLINE:
                continue
            parent = element.getparent()
            around = [parent, parent.getparent() if parent is not None else None]
            if place is not None and not any(box is not None and box in place for box in around):
                continue
            text = _name_in(element)
            if 1 < len(text) < _MAX_BYLINE and not _within_other(element):
                place = place or [box for box in around if box is not None]
                yield text


def _name_in(element: lxml.html.HtmlElement) -> str:
    """The text of an element that names an author; of a box with a note on the author only its first piece."""
    text = plain(" ".join(element.itertext()))
    if "。" not in text and (len(text) < _NOTE or text[-1] not in ".!?"):
        return text
    first = next((piece for piece in map(plain, element.itertext()) if piece), "")
    return first if len(first) < _NOTE else ""


def _marked_as_author(tree: lxml.html.HtmlElement) -> tuple[list[lxml.html.HtmlElement], ...]:
    """The elements that name the author by their attributes, by kind, the surest first.

    One walk: XPath asks every condition of every element, which takes four times as long.
    """
    named: list[lxml.html.HtmlElement] = []
    called: list[lxml.html.HtmlElement] = []
    alike: list[lxml.html.HtmlElement] = []
    linked: list[lxml.html.HtmlElement] = []
    for element in tree.iter(etree.Element):
        get = element.get
        tag, classes, identity = element.tag, get("class", ""), get("id", "")
        if tag == "a" and _PROFILE.search(get("href", "")):
            linked.append(element)
        if (
            get("rel") == "author"
            or "author" in get("itemprop", "")
            or get("data-testid") == "author-name"
            or ("ame" in classes and _AUTHOR_NAME.search(classes))
        ):
            named.append(element)
        if classes in _AUTHOR or identity == "author":
            called.append(element)
        if tag in _SMALL and (_WRITER.search(classes) or "author" in identity or "byline" in identity):
            alike.append(element)
    return named, called, alike, linked


def _within_other(element: lxml.html.HtmlElement) -> bool:
    """Is this the author of a comment, or of another article?"""
    for around in itertools.islice(itertools.chain([element], element.iterancestors()), 8):
        called = f"{around.get('class', '')} {around.get('id', '')}"
        if called == "footer " and "Article" in (around.getparent().get("itemtype") or ""):
            continue  # the line below the headline, as TYPO3 calls it
        if around.tag in ("aside", "footer", "nav") or _NOT_OURS.search(called):
            return around.tag not in ("body", "html")
    return False


def kinds(node: Mapping[str, Any]) -> list[str]:
    """The types of a JSON-LD object."""
    value = node.get("@type")
    return [str(kind) for kind in (value if isinstance(value, list) else [value]) if kind]


def plain(text: str) -> str:
    """Text from a declared value, in which publishers leave entities and tags, on one line."""
    if "&" in text:
        text = html.unescape(html.unescape(text))
    if "<" in text:
        text = _MARKUP.sub(" ", text)
    return _SPACE.sub(" ", text).strip()


def texts(value: Any) -> list[str]:
    """The strings of a JSON-LD value, be it one, several, or objects with a name."""
    if isinstance(value, str):
        return [plain(value)] if value.strip() else []
    if isinstance(value, Mapping):
        return texts(value.get("name") or value.get("@value") or "")
    return [text for item in value for text in texts(item)] if isinstance(value, list) else []


def _tells(node: Mapping[str, Any]) -> int:
    return sum(bool(node.get(name)) for name in ("headline", "datePublished", "author", "articleBody", "description"))


def _loads(text: str) -> Any:
    text = text.strip().removeprefix("<!--").removesuffix("-->").strip().rstrip(";")
    text = text.removeprefix("//<![CDATA[").removeprefix("<![CDATA[").removesuffix("//]]>").removesuffix("]]>")
    try:
        return json.loads(text, strict=False)
    except ValueError:
        pass
    except RecursionError:
        return None
    try:  # a raw line break or a comma too many are what publishers get wrong
        return json.loads(re.sub(r",\s*([}\]])", r"\1", _BROKEN_STRING.sub(" ", text)), strict=False)
    except (ValueError, RecursionError):
        return None


def _nodes(value: Any) -> Iterator[Mapping[str, Any]]:
    """Every object in a JSON-LD value, outer ones first, without recursion."""
    queue = [value]
    seen = 0
    while queue and seen < _MAX_NODES:
        item = queue.pop(0)
        seen += 1
        if isinstance(item, list):
            queue.extend(item)
        elif isinstance(item, Mapping):
            yield item
            queue.extend(inner for inner in item.values() if isinstance(inner, (dict, list)))
