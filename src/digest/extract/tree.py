"""Turns the bytes of a page into a tree, in bounded time, whatever they claim to be."""

from __future__ import annotations

import codecs
import html
import re
from itertools import islice

import lxml.html
from charset_normalizer import from_bytes
from lxml import etree

from digest.errors import ExtractError

MAX_BYTES = 12_000_000
# libxml2 gives up below this depth without huge_tree, and trafilatura recurses: both want it shallow.
MAX_DEPTH = 250
# libxml2 compares every attribute of a tag with every other one: 100,000 of them took 110 s to parse.
MAX_ATTRIBUTES = 1_000

Tree = lxml.html.HtmlElement

# lxml.html asks a function of Python for the class of every element that is touched, a twelfth of the time that a
# page takes; extractors need no forms and no fields, so all elements may be of one class.
_PLAIN = etree.ElementDefaultClassLookup(element=lxml.html.HtmlElement)

_OVERLONG_TAG = re.compile(r"<([a-zA-Z][\w:-]*)\s[^<>]{8000,}>")
_ATTRIBUTE = r"""\s[\w:.@-]{1,100}\s?=\s?(?:"[^"<]{0,500}"|'[^'<]{0,500}'|[^\s"'<>=]{1,200})"""
_MANY_ATTRIBUTES = re.compile(rf"(<[a-zA-Z][\w:-]{{0,30}})(?:{_ATTRIBUTE}){{1000,}}")
_META_CHARSET = re.compile(rb"""<meta[^>]{1,200}?charset\s*=\s*["']?\s*([\w.:-]{2,40})""", re.IGNORECASE)
_XML_CHARSET = re.compile(rb"""^\s*<\?xml[^>]{1,100}?encoding\s*=\s*["']([\w.:-]{2,40})""", re.IGNORECASE)
_HEADER_CHARSET = re.compile(r"""charset\s*=\s*["']?\s*([\w.:-]{2,40})""", re.IGNORECASE)
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_UNSEEN = re.compile(r"(?i)(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)")
_PHRASE = 200  # characters of a phrase; more is a text that a click unfolds
_PHRASES = 1_000  # each joins its tail to the text before it, which takes longer the more there are
LONG_CELL = 600  # characters that no cell of a table of data holds
_PARTED = 5  # paragraphs, or breaks between them, that no such cell has
_OF_HEAD = ("title", "meta", "link", "script", "style", "base", "noscript", "template", "object")
_WAS_TABLE = "was-table"
MAX_BLOCKS = 20_000  # runs of text; the longest articles measured have 3,000
# What is declared is read as the larger set that browsers read it as (WHATWG Encoding Standard, 4.2).
_LARGER = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "latin-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
}
_SPELLINGS = {"x-sjis": "shift_jis", "windows-31j": "shift_jis", "ks_c_5601-1987": "euc_kr", "x-gbk": "gbk"}
_EMPTY_LINE = re.compile(r"(?<=\S)\s*\n[ \t\r]*\n\s*(?=\S)")
_RUN = re.compile(rb"[\x80-\xff]{4,}")
_ASCII = bytes(range(128))
_WESTERN = ("cp1252", "iso8859-15", "iso8859-2", "cp1250")
# Encodings that fill a page with high bytes: letters that every text in the language has, and how many times over
# they must count for such a text to come out at about 1.
_HANZI = re.compile("[的一是不了人我在有他這为為之大来以个中上们到說说國国和地也子時时道出而要于於就下得可你年]")
_WRITTEN_IN = {
    "cp949": (re.compile("[가-힣]"), 1),
    "cp932": (re.compile("[ぁ-ヿ]"), 2),
    "euc_jp": (re.compile("[ぁ-ヿ]"), 2),
    "gb18030": (_HANZI, 4),
    "big5hkscs": (_HANZI, 4),
    "cp1251": (re.compile("[а-я]"), 1),
    "koi8-r": (re.compile("[а-я]"), 1),
}
_CONTROLS = bytes([*range(9), 11, *range(14, 32)])
_NO_CHARACTERS = ("\ufffe".encode(), "\uffff".encode())
_LONG_TAG = 4_000  # characters, of which a tag of 1,000 attributes has more


def decode(body: bytes, content_type: str = "") -> str:
    """The text of a page: by byte order mark, by being UTF-8, by what header and page declare, else by guess.

    Never raises; what can't be read becomes U+FFFD. A declaration that contradicts the bytes is not believed.
    """
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "replace")
    declared = _declared(body, content_type)
    if "iso2022_jp" in declared and b"\x1b$" in body:
        return body.decode("iso2022_jp", "replace")
    if declared and declared[0].startswith("utf-16") and b"\x00" in body[:200]:
        return body.decode(declared[0], "replace")
    try:
        return body.decode("utf-8")  # almost nothing else is valid UTF-8 by accident
    except UnicodeDecodeError:
        return _decode_legacy(body, declared)


def parse(text: str) -> tuple[lxml.html.HtmlElement, bool]:
    """The tree of a page, and whether it is whole (false when it was nested too deep to be read to its end).

    Raises ExtractError when there is no markup at all.
    """
    # Controls would end the parse; as bytes they are found ten times as fast. Lone surrogates become question marks.
    markup = _with_few_attributes(_with_paragraphs(text)).encode("utf-8", "replace").translate(None, _CONTROLS)
    for never in _NO_CHARACTERS:
        markup = markup.replace(never, b"")
    # Comments stay out: they are no content, and their tails are joined to the text around them.
    options = {"collect_ids": False, "encoding": "utf-8", "remove_comments": True, "remove_pis": True}
    for huge in (False, True):
        parser = lxml.html.HTMLParser(huge_tree=huge, **options)
        parser.set_element_class_lookup(_PLAIN)
        try:
            tree = lxml.html.document_fromstring(markup, parser=parser)
        except (etree.ParserError, etree.XMLSyntaxError, AssertionError) as error:
            raise ExtractError("the page is empty or no HTML") from error
        whole = not any(
            entry.type == etree.ErrorTypes.ERR_USER_STOP or "depth" in entry.message
            for entry in parser.error_log.filter_from_fatals()
        )
        if whole:
            break
    open_body(tree)
    drop_unseen_phrases(tree)
    unwrap_layout(tree)
    return tree, whole


def open_body(tree: lxml.html.HtmlElement) -> None:
    """Put into the body what belongs there, where a page leaves out the body's tag, as HTML allows (13.1.2.4).

    libxml2 doesn't know the elements of HTML 5 and takes <article> and all that follows for a part of the head.
    """
    head = tree.find("head")
    if head is None:
        return
    children = list(head)
    first = next((at for at, child in enumerate(children) if child.tag not in _OF_HEAD), len(children))
    if first == len(children):
        return
    body = tree.find("body")
    if body is None:
        body = lxml.html.Element("body")
        tree.append(body)
    body[:0] = children[first:]


def is_hidden(element: lxml.html.HtmlElement) -> bool:
    """Does an element say itself that a browser doesn't show it? Style sheets are not asked."""
    style = element.get("style")
    if style and _UNSEEN.search(style):
        return True
    hidden = element.get("hidden")
    return hidden is not None and hidden != "until-found"


def drop_unseen_phrases(tree: lxml.html.HtmlElement) -> None:
    """Take out what is hidden amid a paragraph; not formulas, which are shown as pictures of themselves."""
    hidden = (each for each in tree.iter("span", "a", "b", "em", "i", "small", "strong") if is_hidden(each))
    for phrase in list(islice(hidden, _PHRASES)):
        formula = next(phrase.iter("math"), None) is not None
        if phrase.getparent().tag in ("p", "li", "blockquote") and not formula and len(_text(phrase)) < _PHRASE:
            phrase.drop_tree()


def unwrap_layout(tree: lxml.html.HtmlElement) -> None:
    """Make boxes of tables that only lay out the page: extractors take every table for one of data.

    A table is for layout when one of its cells holds most of its text, and that is long or in paragraphs.
    """
    for table in [each for each in tree.iter("table") if _lays_out(each)]:
        for part in list(table.iter("thead", "tbody", "tfoot", "tr", "td")):
            if next(part.iterancestors("table", _WAS_TABLE), None) is table:
                part.tag = "div"
        table.tag = _WAS_TABLE
    for table in tree.iter(_WAS_TABLE):
        table.tag = "div"


def _lays_out(table: lxml.html.HtmlElement) -> bool:
    if next(table.iter("th"), None) is not None:
        return False
    half = len(_text(table)) / 2
    for cell in table.iter("td"):
        chars = len(_text(cell))
        if chars > half and (
            chars > LONG_CELL
            or len(list(islice(cell.iter("p"), 3))) > 2
            or len(list(islice(cell.iter("br"), _PARTED + 1))) > _PARTED
        ):
            return True
    return False


def _text(element: lxml.html.HtmlElement) -> str:
    return " ".join("".join(element.itertext()).split())


def _declared(body: bytes, content_type: str) -> list[str]:
    """The encodings that header and page name, in that order, as Python knows them."""
    head = body[:4096]
    names = [match[1] for match in [_HEADER_CHARSET.search(content_type)] if match]
    names += [match[1].decode("ascii") for match in [_XML_CHARSET.search(head), _META_CHARSET.search(head)] if match]
    known = []
    for name in names:
        try:
            codec = codecs.lookup(_SPELLINGS.get(name.lower(), name)).name
        except LookupError:
            continue
        known.append(_LARGER.get(codec, codec))
    return known


def _decode_legacy(body: bytes, declared: list[str]) -> str:
    """Text in one of the older encodings, or UTF-8 with a few broken bytes."""
    as_utf8 = body.decode("utf-8", "replace")
    broken = as_utf8.count("\ufffd")
    whole = sum(character > "\x7f" for character in as_utf8) - broken
    if broken < 0.1 * whole:
        return as_utf8
    for encoding in declared:
        # A western declaration fits any bytes. Half of an East Asian page lies above 127, no western one does.
        if encoding in _WESTERN and _looks_east_asian(body):
            continue
        try:
            return body.decode(encoding)
        except UnicodeDecodeError:
            continue
    if _looks_east_asian(body):
        texts = {encoding: body.decode(encoding, "replace") for encoding in _WRITTEN_IN}
        return texts[max(texts, key=lambda encoding: _sense(texts[encoding], *_WRITTEN_IN[encoding]))]
    guess = from_bytes(body[:60_000]).best()
    candidates = [*declared, *([guess.encoding] if guess else []), "cp1252"]
    return min((body.decode(encoding, "replace") for encoding in candidates), key=lambda text: text.count("\ufffd"))


def _sense(text: str, letters: re.Pattern[str], times: int) -> float:
    """How much a text looks like one that somebody wrote in an encoding, by the letters most used in its language."""
    sample = text[:60_000]
    beyond_ascii = sum(character > "\x7f" for character in sample)
    return (times * len(letters.findall(sample)) - 5 * sample.count("\ufffd")) / max(1, beyond_ascii)


def _looks_east_asian(body: bytes) -> bool:
    """Do bytes beyond ASCII stand in runs, as in no western language? (Cyrillic looks so, too.)"""
    sample = body[:1_000_000]
    runs = sum(map(len, _RUN.findall(sample)))
    return runs > 40 and runs > 0.5 * len(sample.translate(None, _ASCII))


def _with_paragraphs(text: str) -> str:
    """Plain text with its paragraphs marked, which HTML would make one of; what has markup stays as it is."""
    if "<" in text or not _EMPTY_LINE.search(text := text.strip()):  # stripped: what ends in spaces would be slow
        return text
    return "".join(f"<p>{html.escape(paragraph)}</p>" for paragraph in _EMPTY_LINE.split(text))


def _with_few_attributes(text: str) -> str:
    """The markup with the attributes taken off every tag that has more than a thousand."""
    parts = text.split("<")
    if max(map(len, parts)) < _LONG_TAG:
        return text
    for at, part in enumerate(parts):
        if at and len(part) >= _LONG_TAG and part[0].isalpha():
            tag = _OVERLONG_TAG.sub(_without_attributes, f"<{part}")
            parts[at] = _MANY_ATTRIBUTES.sub(r"\1", tag).removeprefix("<")
    return "<".join(parts)


def _without_attributes(tag: re.Match[str]) -> str:
    return f"<{tag[1]}>" if len(tag[0].split(None, MAX_ATTRIBUTES)) > MAX_ATTRIBUTES else tag[0]
