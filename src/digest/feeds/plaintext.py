"""Makes plain text of the HTML that feeds carry: titles in one line, bodies in paragraphs."""

from __future__ import annotations

import html
import re
from typing import Final

from lxml import etree
from lxml import html as lxml_html

MAX_CHARS: Final = 2_000_000  # of one entry's HTML that anybody reads; far beyond any article

_BLOCK_NAMES: Final = """
    address article aside blockquote body caption center dd details dialog div dl dt fieldset figcaption figure footer
    form h1 h2 h3 h4 h5 h6 header hr html legend li main menu nav ol p pre section summary table tbody td tfoot th thead
    tr ul
"""
_BLOCKS: Final = frozenset(_BLOCK_NAMES.split())
_UNREAD_NAMES: Final = """
    audio button canvas datalist embed head iframe input map math noembed noframes noscript object script select style
    svg template textarea title video
"""
_UNREAD: Final = frozenset(_UNREAD_NAMES.split())
_TAG: Final = re.compile(r"<(?:[a-zA-Z/!?][^<>]*)>")
_MANY_ATTRIBUTES: Final = re.compile(r"<([a-zA-Z][a-zA-Z0-9]{0,20})\s[^<>]{4000,}")
_MARKUP: Final = re.compile(r"<[a-zA-Z/!]|&[#a-zA-Z]")
# Controls (but tab and newline), zero-width space, soft hyphen, byte order mark and bidi overrides: none is text.
_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]"
)
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_BREAK: Final = "\x1e"  # between paragraphs, while they are gathered; no text holds it
_LINE: Final = "\x1f"  # a <br>


def one_line(text: str) -> str:
    """Plain text without controls, every run of white space one space."""
    return " ".join(_SURROGATE.sub("\ufffd", _UNSEEN.sub(" ", text)).split())


def title(text: str, *, markup: bool) -> str:
    """A title in one line; `markup`: it is HTML, so tags go and references are resolved, both exactly once."""
    return one_line(html.unescape(_TAG.sub("", text)) if markup else text)


def tree(markup: str) -> etree._Element | None:
    """The HTML tree of a page or fragment; None when there is none to be had. Loads nothing, depth is capped.

    Tags with more than 4,000 characters of attributes lose them: libxml2 takes 0.6 s for 16,000 attributes, and the
    square of it for more.
    """
    calm = _SURROGATE.sub("\ufffd", _MANY_ATTRIBUTES.sub(r"<\1", markup))
    try:
        parser = lxml_html.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)
        return lxml_html.document_fromstring(calm.encode("utf-8"), parser=parser)
    except (etree.LxmlError, ValueError):
        return None


def paragraphs(markup: str) -> str:
    """The text of an HTML fragment, paragraphs separated by one empty line. Never raises, never recurses.

    Scripts, styles, forms and embedded media are left out. A single line break separates paragraphs only where the
    fragment has no other paragraphs (many feeds know no <p>); else it is a space.
    """
    markup = markup[:MAX_CHARS]
    if not _MARKUP.search(markup):
        return _joined(re.sub(r"\n[ \t\r]*\n\s*", _BREAK, markup))
    root = tree(markup)
    return _joined(html.unescape(_TAG.sub(" ", markup)) if root is None else _text(root))


def _text(root: etree._Element) -> str:
    pieces: list[str] = []
    unread = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        tag = element.tag if isinstance(element.tag, str) else ""
        if event == "start":
            unread += tag in _UNREAD
            if tag in _BLOCKS:
                pieces.append(_BREAK)
            elif tag == "br":
                pieces.append(_LINE)
            if element.text and not unread:
                pieces.append(element.text)
        else:
            unread -= tag in _UNREAD
            if tag in _BLOCKS:
                pieces.append(_BREAK)
            if element.tail and not unread:
                pieces.append(element.tail)
    return "".join(pieces)


def _joined(text: str) -> str:
    text = re.sub(f"{_LINE}\\s*{_LINE}[\\s{_LINE}]*", _BREAK, text)
    found = [piece for piece in text.split(_BREAK) if piece.strip(f" \t\r\n\xa0{_LINE}")]
    if len(found) == 1:
        found = found[0].split(_LINE)
    return "\n\n".join(line for line in (one_line(piece.replace(_LINE, " ")) for piece in found) if line)
