"""Turns the bytes of a document into text: by its mark, its nature, then its declarations, in this order."""

from __future__ import annotations

import codecs
import re
from typing import Final

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# How "<?" and "<r" look without a mark (XML 1.0, appendix F).
_SHAPES: Final = (
    (re.compile(rb"<\x00\x00\x00"), "utf-32-le"),
    (re.compile(rb"\x00\x00\x00<"), "utf-32-be"),
    (re.compile(rb"[<{]\x00[^\x00]\x00"), "utf-16-le"),
    (re.compile(rb"\x00[<{]\x00[^\x00]"), "utf-16-be"),
)
# What publishers mean by a label (WHATWG Encoding, section 4): the superset that Windows made of it.
_MEANT: Final = {
    "ascii": "cp1252",
    "us-ascii": "cp1252",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "windows-1252": "cp1252",
    "mac": "mac_roman",
    "csmacintosh": "mac_roman",
    "ms-cyrl": "cp1251",
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "euc-kr": "cp949",
    "euckr": "cp949",
    "euc_kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "ksc5601": "cp949",
    "windows-949": "cp949",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "x-euc-jp": "euc_jp",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "big5": "big5hkscs",
}
_DECLARED: Final = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})["']""", re.IGNORECASE)
_META: Final = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?([\w.:-]{1,40})""", re.IGNORECASE)
_PARAMETER: Final = re.compile(r"""charset\s*=\s*["']?([\w.:-]{1,40})""", re.IGNORECASE)
_HANGUL: Final = re.compile(r"[가-힣]")
_KANA: Final = re.compile(r"[぀-ヿ]")
_LETTER: Final = re.compile(r"[^\W\d_]")
_SAMPLE: Final = 200_000  # bytes are enough to tell a script
_FEW: Final = 0.02  # of the characters beyond ASCII: damage, not another charset
# Whole words beyond ASCII, which no language of the Latin script has. Second bytes of Big5 may look like letters.
_RUN: Final = re.compile(rb"(?:[\x80-\xff][\x40-\xff]){2,}")
_ASCII: Final = bytes(range(128))
_CYRILLIC: Final = re.compile(r"[Ѐ-ӿ]")


def decode(body: bytes, content_type: str = "") -> tuple[str, str | None]:
    """The text of `body` without a byte order mark, and what had to be forgiven (or None).

    Bytes that are valid UTF-8 are UTF-8 whatever a server says: no other charset looks like it by chance, and the
    declarations are the part of a feed that nobody reads. Only then the HTTP header, the XML declaration and the
    document's meta element count, in this order (RFC 7303, section 3). Never raises.
    """
    for mark, charset in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(charset, "replace"), None
    for shape, charset in _SHAPES:
        if shape.match(body):
            return body.decode(charset, "replace"), None
    declared = _declarations(body, content_type)
    if b"\x1b" in body and (escaped := [name for name in declared if name.startswith("iso2022")]):
        return body.decode(escaped[0], "replace"), None
    try:
        return body.decode("utf-8"), None
    except UnicodeDecodeError:
        return _not_utf8(body, declared)


def _declarations(body: bytes, content_type: str) -> list[str]:
    """Python's names of the charsets that header, XML declaration and meta element name, known ones only."""
    labels = [match[1] for match in [_PARAMETER.search(content_type)] if match]
    labels += [match[1].decode("ascii") for pattern in (_DECLARED, _META) if (match := pattern.search(body[:2048]))]
    names = []
    for label in labels:
        try:
            info = codecs.lookup(_MEANT.get(label.lower(), label))
        except LookupError:
            continue
        names.append(_MEANT.get(info.name, info.name).replace("-", "_") if info.name != "utf-8" else "utf-8")
    return list(dict.fromkeys(names))


def _not_utf8(body: bytes, declared: list[str]) -> tuple[str, str | None]:
    others = [name for name in declared if name != "utf-8" and not name.startswith(("utf_16", "utf_32"))]
    beyond, bad = _beyond_ascii(body)
    if bad <= max(2, beyond * _FEW) and beyond > bad:
        return body.decode("utf-8", "replace"), f"{bad} bytes are not valid in its charset, UTF-8"
    for name in others:
        if name != "cp1252" and (text := _strictly(body, name)) is not None:
            return text, None
    sample = body[:_SAMPLE]
    if (guess := _east_asian(sample) or _cyrillic_or_chinese(sample)) is not None:
        charset, name = guess
        said = ", ".join(declared) or "nothing"
        return body.decode(charset, "replace"), f"its charset is {name}, though it declares {said}"
    if others and others[0] != "cp1252":
        return body.decode(others[0], "replace"), f"some bytes are not valid in its charset, {others[0]}"
    complaint = None if "cp1252" in others else "its charset is not declared right; read as Windows-1252"
    return body.decode("cp1252", "replace"), complaint


def _beyond_ascii(body: bytes) -> tuple[int, int]:
    """How many characters beyond ASCII there are in what should be UTF-8, and how many of them are damage."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    beyond = bad = 0
    for start in range(0, len(body) + 1, _SAMPLE):  # not at once: it may be long, and other charsets are tried next
        text = decoder.decode(body[start : start + _SAMPLE], final=start + _SAMPLE > len(body))
        beyond += len(text) - len(text.encode("ascii", "ignore"))
        bad += text.count("\ufffd")
    return beyond, bad


def _strictly(body: bytes, charset: str) -> str | None:
    try:
        return body.decode(charset)
    except UnicodeDecodeError:
        return None


def _east_asian(body: bytes) -> tuple[str, str] | None:
    """EUC-KR, Shift_JIS, EUC-JP or GBK, told by the script that comes out of it.

    Korean prose is nearly all Hangul and Japanese at least a fifth kana, while the wrong table gives a mixture.
    """
    for charset, script, share, name in (
        ("cp949", _HANGUL, 0.75, "EUC-KR"),
        ("cp932", _KANA, 0.2, "Shift_JIS"),
        ("euc_jp", _KANA, 0.2, "EUC-JP"),
    ):
        text = body.decode(charset, "replace")
        foreign = [letter for letter in _LETTER.findall(text) if letter > "\x7f"]
        if len(foreign) < 4 or text.count("\ufffd") > len(foreign) * _FEW:
            continue
        # Half-width katakana are what Latin-1 text looks like in Shift_JIS.
        if sum(1 for letter in foreign if script.match(letter)) >= share * len(foreign):
            return charset, name
    return None


def _cyrillic_or_chinese(body: bytes) -> tuple[str, str] | None:
    """Windows-1251, KOI8-R, GB18030 or Big5; None for Latin scripts, whose letters beyond ASCII stand alone.

    The two Cyrillic ones hold each other's capitals where their own small letters are. Both Chinese ones have their
    common characters (nearly all of any text) in rows of their own, and read as the other they are spread over all.
    """
    beyond = len(body.translate(None, _ASCII))
    if 2 * len(b"".join(_RUN.findall(body)).translate(None, _ASCII)) < beyond:
        return None
    for charset, name in (("cp1251", "Windows-1251"), ("koi8_r", "KOI8-R")):
        letters = _CYRILLIC.findall(body.decode(charset, "replace"))
        if len(letters) >= 0.85 * beyond and 2 * sum(map(str.islower, letters)) > len(letters):
            return charset, name
    for charset, name, first, last in (("gb18030", "GB18030", 0xB0, 0xD7), ("big5hkscs", "Big5", 0xA4, 0xC6)):
        text = body.decode(charset, "replace")
        foreign = [letter for letter in _LETTER.findall(text) if letter > "\x7f"]
        common = sum(first <= letter.encode(charset, "replace")[0] <= last for letter in foreign)
        if len(foreign) >= 4 and common >= 0.9 * len(foreign) and text.count("\ufffd") <= len(foreign) * _FEW:
            return charset, name
    return None
