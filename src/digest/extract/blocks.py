"""Reads a tree into blocks: the runs of text between two breaks, in order, with what the markup says of each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import lxml.html
from lxml import etree

from digest.extract.tree import is_hidden

_SILENT_TAGS = """
    script style noscript template svg head select option textarea iframe object canvas audio video math
    datalist
"""
_SILENT = frozenset(_SILENT_TAGS.split())
_INLINE_TAGS = """
    a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark nobr output q rp rt ruby
    s samp small span strike strong sub sup time tt u var wbr amp-fit-text img picture source
"""
_INLINE = frozenset(_INLINE_TAGS.split())
_EXTRAS = frozenset({"img", "picture", "amp-img", "iframe", "button", "input", "form"})
_MAY_STAND_APART = frozenset({"em", "span", "small", "i"})
_CAPTIONS = re.compile(r"caption|credit|(?:img|photo|image)[_-]?desc", re.IGNORECASE)
_DATES = re.compile(r"(?:^|[\s_-])date(?:$|[\s_-])", re.IGNORECASE)
_DENSE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
_SENTENCE = 40
_LEVELS = ("2", "3", "4", "5", "6")  # the headline has an <h1> of its own
_DIGITS = re.compile(r"\d+")
_KEY = re.compile(r"[\W_]+")


@dataclass(slots=True, eq=False)
class Box:
    """An element that holds blocks: its tag, its own marks (class, id, role ...) and the boxes around it."""

    tag: str
    marks: str
    parent: Box | None
    depth: int
    chars: int = 0  # of text within, boxes inside included
    link_chars: int = 0
    number: int = 0
    extras: int = 0  # pictures, frames, buttons and inputs within
    hidden: bool = False  # it says itself that a browser doesn't show it, at first
    _signature: str = ""

    def around(self) -> Iterator[Box]:
        """This box and every one around it, inside out."""
        box: Box | None = self
        while box is not None:
            yield box
            box = box.parent

    def within(self, other: Box) -> bool:
        return any(box is other for box in self.around())

    @property
    def signature(self) -> str:
        """What siblings made by the same template have in common."""
        if not self._signature:
            self._signature = f"{self.tag}.{_DIGITS.sub('0', self.marks)}"
        return self._signature


@dataclass(slots=True, eq=False)
class Block:
    """A run of text between two breaks."""

    number: int  # place in the document
    text: str
    tag: str  # of the nearest box: p, li, h2 ...
    box: Box
    link_chars: int
    key: str = field(default="")
    bare: bool = False  # some of it stands in the box itself, not in a phrase such as <em> or <a>

    @property
    def heading(self) -> int:
        """1 to 6 in a heading, else 0."""
        return int(self.tag[1]) if len(self.tag) == 2 and self.tag[0] == "h" and self.tag[1].isdigit() else 0

    @property
    def link_share(self) -> float:
        return self.link_chars / max(1, len(self.text))


def size(text: str) -> int:
    """The length of a text in Latin letters: a character of Chinese, Japanese or Korean says as much as three."""
    return len(text) if text.isascii() else len(text) + 2 * len(_DENSE.findall(text))


def key(text: str) -> str:
    """What stays the same of a text however it is spaced and punctuated."""
    return _KEY.sub("", text).casefold()


def read(tree: lxml.html.HtmlElement) -> list[Block]:
    """Every block of the tree's body, in document order. Takes time in proportion to the tree; never recurses."""
    return _Reader().read(tree)


class _Reader:
    """One walk over a tree; the state that it needs on the way."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.box = Box("html", "", None, 0)
        self.run: list[str] = []
        self.linked = 0  # characters of the run inside a link
        self.links = 0  # open <a> elements
        self.phrases = 0  # open inline elements
        self.apart: list[lxml.html.HtmlElement] = []  # open ones that are boxes all the same
        self.bare = False  # is some of the run in none of them?
        self.boxes = 0

    def read(self, tree: lxml.html.HtmlElement) -> list[Block]:
        body = tree.find("body")
        walk = etree.iterwalk(tree if body is None else body, events=("start", "end"))
        for event, element in walk:
            tag = element.tag
            if not isinstance(tag, str):
                continue
            if event == "start":
                if tag in _EXTRAS:
                    self.box.extras += 1
                if tag in _SILENT:
                    walk.skip_subtree()
                else:
                    self._open(tag, element)
            else:
                if tag not in _SILENT:
                    self._close(tag, element)
                if element.tail:
                    self._add(element.tail)
        self._flush()
        return self.blocks

    def _open(self, tag: str, element: lxml.html.HtmlElement) -> None:
        if tag == "a":
            self.links += 1
        made = ""
        if tag == "br":
            self._flush()
        elif tag in _INLINE and not (made := self._stands_apart(tag, element)):
            self.phrases += 1
        else:
            self._flush()
            self.boxes += 1
            self.box = Box(
                made or _rank(tag, element),
                _marks(element),
                self.box,
                self.box.depth + 1,
                number=self.boxes,
                hidden=is_hidden(element),
            )
        if element.text:
            self._add(element.text)

    def _stands_apart(self, tag: str, element: lxml.html.HtmlElement) -> str:
        """What a phrase is that its looks set apart: a picture's caption, or the date, before bare text; mostly ""."""
        if tag not in _MAY_STAND_APART or not (classes := element.get("class")):
            return ""
        if self.box.extras and _CAPTIONS.search(classes):
            made = "figcaption"
        elif not self.run and self.box.tag == "div" and _DATES.search(classes) and _glued(element.tail):
            made = "div"
        else:
            return ""
        self.apart.append(element)
        return made

    def _close(self, tag: str, element: lxml.html.HtmlElement) -> None:
        if tag == "a":
            self.links = max(0, self.links - 1)
        if self.apart and self.apart[-1] is element:
            self.apart.pop()
        elif tag in _INLINE:
            self.phrases = max(0, self.phrases - 1)
            return
        if tag != "br":
            self._flush()
            box, outer = self.box, self.box.parent
            if outer is not None:  # what a box holds is held by the one around it, too
                outer.chars += box.chars
                outer.link_chars += box.link_chars
                outer.extras += box.extras
                self.box = outer

    def _add(self, text: str) -> None:
        self.run.append(text)
        if self.links:
            self.linked += len(text.strip())
        if not self.phrases and not self.bare and not text.isspace():
            self.bare = True

    def _flush(self) -> None:
        if not self.run:
            return
        text = " ".join("".join(self.run).split())
        if text:
            linked = min(self.linked, len(text))
            self.blocks.append(Block(len(self.blocks), text, self.box.tag, self.box, linked, key(text), self.bare))
            self.box.chars += len(text)
            self.box.link_chars += linked
        self.run.clear()
        self.linked = 0
        self.bare = False


def _rank(tag: str, element: lxml.html.HtmlElement) -> str:
    """The tag, or that of the heading which its role and level make of it (WAI-ARIA 1.2: heading, aria-level)."""
    if tag in ("div", "p") and element.get("role") == "heading" and element.get("aria-level", "") in _LEVELS:
        return f"h{element.get('aria-level')}"
    return tag


def _glued(tail: str | None) -> bool:
    """Does a sentence follow an element without a space?"""
    return tail is not None and len(tail) > _SENTENCE and not tail[0].isspace()


def _marks(element: lxml.html.HtmlElement) -> str:
    """What the publisher calls this element, in lower case. A long id is a slug of the text, which tells nothing."""
    get = element.get
    words = get("class") or ""
    for name in ("role", "itemprop", "data-component", "data-testid"):
        if value := get(name):
            words = f"{words} {value}"
    identity = get("id")
    if identity and len(identity) < 25 and not (len(element.tag) == 2 and element.tag[0] == "h"):
        words = f"{words} {identity}"
    return words.strip().lower()
