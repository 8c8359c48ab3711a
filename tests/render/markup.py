"""What a rendered HTML part is made of, as a strict reader of it sees."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

ELEMENTS = frozenset(
    "html head meta title style body div main table tbody tr td p h1 h2 h3 ol ul li a span mark img".split(" ")  # noqa: SIM905
)
ATTRIBUTES = {
    "a": {"href"},
    "img": {"src", "alt", "width"},
    "meta": {"charset", "name", "content"},
    "ol": {"start"},
    "table": {"role"},
}
EVERYWHERE = {"lang", "dir", "class", "style"}
COMMENTS = frozenset(
    {
        "[if mso]><style>td, p, li { font-family: Arial, sans-serif }</style><![endif]",
        '[if mso]><table role="presentation" align="center" width="640"><tr><td><![endif]',
        "[if mso]></td></tr></table><![endif]",
    }
)


@dataclass
class Seen(HTMLParser):
    """Every element with its attributes, every comment, and the text of each heading."""

    html: str
    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.feed(self.html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in {"meta", "img"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_comment(self, data):
        self.comments.append(data)

    def handle_data(self, data):
        self.texts.append((self.open[-1] if self.open else "", data))

    def handle_decl(self, decl):
        assert decl.lower() == "doctype html"

    def handle_pi(self, data):
        raise AssertionError(f"a processing instruction: {data}")

    def unknown_decl(self, data):
        raise AssertionError(f"a declaration: {data}")

    @property
    def text(self) -> str:
        return " ".join(" ".join(data for tag, data in self.texts if tag not in {"style", "title"}).split())

    def links(self) -> list[str]:
        return [str(attributes["href"]) for tag, attributes in self.elements if tag == "a"]

    def pictures(self) -> list[str]:
        return [str(attributes["src"]) for tag, attributes in self.elements if tag == "img"]


def assert_harmless(html: str) -> Seen:
    """Nothing but what our own templates write: elements, attributes, comments, links and styles."""
    seen = Seen(html)
    assert not seen.open
    for tag, attributes in seen.elements:
        assert tag in ELEMENTS, tag
        assert set(attributes) <= EVERYWHERE | ATTRIBUTES.get(tag, set()), (tag, attributes)
        if style := attributes.get("style"):
            assert not re.search(r"url\(|expression|@import|javascript", style, re.IGNORECASE), style
        assert attributes.get("dir") in {None, "ltr", "rtl"}
        assert re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*", attributes.get("lang") or "en")
    assert set(seen.comments) <= COMMENTS
    for link in [*seen.links(), *seen.pictures()]:
        assert re.fullmatch(r"https?://[\x21\x23-\x25\x26-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a~]+", link), link
        assert "@" not in link.split("/")[2]
    return seen
