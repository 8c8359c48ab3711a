"""Takes text to pieces: words of every script, folded so that spelling variants are equal."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

LONGEST_WORD = 80  # letters; what is longer is no word of any language, and normalising it may take quadratic time

_JOINERS = "\u00ad\u034f\u061c\u180e\u200b-\u200f\u2060-\u2064\u202a-\u202e\u2066-\u2069\ufe00-\ufe0f\ufeff"
_APOSTROPHES = "'’‘ʼʻ‛′´`＇"
_QUOTE = str.maketrans(dict.fromkeys("ʼʻ＇", "'"))
_HANGUL = "\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\uac00-\ud7ff"
_KANA = "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f"
_HAN = "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3038-\u303b\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_HAN += "\U00020000-\U000323af"
_SOUTHEAST = "\u0e00-\u0e7f\u0e80-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
_UNSPACED = _HAN + _KANA + _SOUTHEAST

_UNSPACED_LETTER = re.compile(f"[{_UNSPACED}]")
KATAKANA = re.compile("[\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f]")
HANGUL = re.compile(f"[{_HANGUL}]")
ARABIC = re.compile("[\u0600-\u06ff\u0750-\u077f]")


def _spans(category: str, *blocks: range) -> str:
    """The characters of a category as a regular expression's class has them: by spans it is compiled far quicker."""
    found = [code for codes in blocks for code in codes if unicodedata.category(chr(code))[0] == category]
    firsts = [code for before, code in pairwise((-1, *found)) if code != before + 1]
    lasts = [code for code, after in pairwise((*found, -1)) if after != code + 1]
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in zip(firsts, lasts, strict=True))


# Without the blocks that hold nothing else, Han (3400-9FFF) and Hangul (AC00-D7FF): three quarters of all.
_MARKS = _spans("M", range(0x300, 0x3400), range(0xA000, 0xAC00), range(0xF900, 0x10000))

# The letters that no reader takes apart: a consonant with its vowels and tones, a kana with its sound marks, small kana
# and length mark, a Khmer or Burmese stack. A term ends where such a cluster ends.
_CLUSTER = (
    "[\u0e40-\u0e44]?[\u0e01-\u0e2e][\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]*[\u0e30\u0e32\u0e33\u0e45]?"
    f"|[\u1000-\u109f\u1780-\u17ff](?:[\u17d2\u1039].|[{_MARKS}])*"
    f"|[{_KANA}][\u3099\u309a\uff9e\uff9fァィゥェォャュョヮぁぃぅぇぉゃゅょゎー\uff67-\uff6e\uff70]*"
    f"|[{_UNSPACED}][{_MARKS}\ufe00-\ufe0f\U000e0100-\U000e01ef]*"
)
_PIECE = re.compile(f"(?:{_CLUSTER})|[^{_UNSPACED}]+")
_LONG = 400  # letters: a stretch that nobody wrote as one word
_JOINT = re.compile(r"[-‐-―/,](?=\w)")
_JOINED = re.compile(rf".*?{_JOINT.pattern}|.+", re.DOTALL)
_ALNUM = rf"[^\W_{_HANGUL}]"
_WORDS = re.compile(
    rf"(?<![^\W_])(?P<dotted>[^\W\d_](?:\.[^\W\d_])+\.?)(?![^\W_])"
    rf"|(?P<word>[{_HANGUL}][{_HANGUL}{_MARKS}]*|(?:{_ALNUM}|[{_MARKS}])+)(?:[{_APOSTROPHES}][sS](?![^\W_]))?"
)
_HAS_MARKS = re.compile(f"[{_MARKS}]")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_ODD = re.compile(f"[{_JOINERS}]")


class Word(NamedTuple):
    """A word of a text. `folded`: case, diacritics and width are gone; `cased`: as `folded`, with its case.

    `lower` is the word in lower case with its diacritics, as stemmers want it. [start, end) is its slice of the text.
    `spans` are the slices of the single letters of `cased`, where a letter is not one character of the text.
    """

    folded: str
    cased: str
    lower: str
    start: int
    end: int
    unspaced: bool = False
    spans: tuple[tuple[int, int], ...] | None = None

    def part(self, length: int, skipped: int = 0) -> tuple[int, int]:
        """The slice of `length` of the word's letters, `skipped` letters from its beginning."""
        if len(self.cased) != len(self.folded):
            return self.start, self.end
        if self.spans is not None:
            letters = self.spans[skipped : skipped + length]
            return letters[0][0], letters[-1][1]
        if self.end - self.start != len(self.cased):
            return self.start, self.end
        return self.start + skipped, self.start + skipped + length


def is_unspaced(text: str) -> bool:
    """A stretch of text has several words without white space between them, as Chinese, Japanese and Thai write.

    So has a very long one with hyphens, or what else surely parts words.
    """
    if len(text) > _LONG and _JOINT.search(text):
        return True
    return not text.isascii() and bool(_UNSPACED_LETTER.search(text)) and not _PIECE.fullmatch(text)


def divided(text: str) -> list[str]:
    """An unspaced stretch as single letters (each with the marks on it), and what stands between them.

    None of the pieces is unspaced.
    """
    pieces = _PIECE.findall(text) if _UNSPACED_LETTER.search(text) else [text]
    if len(text) <= _LONG:
        return pieces
    return [part for piece in pieces for part in (_JOINED.findall(piece) if len(piece) > _LONG else (piece,))]


def words(text: str) -> Iterator[Word]:
    """The words of a stretch of text without white space, in order.

    Chinese, Japanese, Thai, Lao, Khmer and Burmese give one word a letter (with the marks on it).
    """
    if text.isascii() and text.isalnum() and len(text) <= LONGEST_WORD:
        lower = text.lower()
        yield Word(lower, text, lower, 0, len(text))
    elif not text.isascii() and _UNSPACED_LETTER.search(text):
        for piece in _PIECE.finditer(text):
            if _UNSPACED_LETTER.match(piece[0]):
                yield _letter(piece[0], piece.start())
            else:
                yield from _spaced(piece[0], piece.start())
    else:
        yield from _spaced(text, 0)


def _letter(cluster: str, start: int) -> Word:
    folded = _folded_letter(cluster[:LONGEST_WORD])
    return Word(folded, folded, folded, start, start + len(cluster), unspaced=True)


@lru_cache(maxsize=65_536)
def _folded_letter(cluster: str) -> str:
    return fold(unicodedata.normalize("NFKC", cluster))


def _spaced(text: str, offset: int) -> Iterator[Word]:
    canonical, spans = _canonical(text)
    for found in _WORDS.finditer(canonical):
        group = "word" if found["word"] else "dotted"
        start, end = found.span(group)
        written = found[group]
        if end - start > LONGEST_WORD:
            yield Word("", "", "", *_slice(spans, start, end, offset))
            continue
        if group == "dotted":
            written = written.replace(".", "")
        cased = _without_marks(written)
        letters = _letters(written, spans, start, offset) if group == "word" else []
        matching = tuple(letters) if len(letters) == len(cased) else None
        yield Word(fold(written), cased, written.lower(), *_slice(spans, start, end, offset), spans=matching)


def _letters(written: str, spans: list[tuple[int, int]] | None, start: int, offset: int) -> list[tuple[int, int]]:
    """The slices of a word's letters, each with the marks on it; empty where the word is its own map."""
    if spans is None and (written.isascii() or not _HAS_MARKS.search(written)):
        return []
    letters: list[tuple[int, int]] = []
    for i, letter in enumerate(written, start):
        begin, end = spans[i] if spans is not None else (i, i + 1)
        if letters and unicodedata.category(letter)[0] == "M":
            letters[-1] = letters[-1][0], end + offset
        else:
            letters.append((begin + offset, end + offset))
    return letters


def _slice(spans: list[tuple[int, int]] | None, start: int, end: int, offset: int) -> tuple[int, int]:
    if spans is None:
        return start + offset, end + offset
    return spans[start][0] + offset, spans[end - 1][1] + offset


def _canonical(text: str) -> tuple[str, list[tuple[int, int]] | None]:
    """The text in NFKC, without entities and invisible letters, and the slice of `text` behind each of its letters."""
    if text.isascii() and "&" not in text:
        return text, None
    if "&" not in text and unicodedata.is_normalized("NFKC", text) and not _ODD.search(text):
        return text.translate(_QUOTE), None
    letters: list[str] = []
    spans: list[tuple[int, int]] = []
    for cluster, start, end in _clusters(text):
        # A sign such as ™ stays the separator that it is.
        plain = cluster[0].isalnum() and len(cluster) <= LONGEST_WORD
        for letter in unicodedata.normalize("NFKC", cluster) if plain else cluster[0]:
            letters.append(letter)
            spans.append((start, end))
    return "".join(letters).translate(_QUOTE), spans


def _clusters(text: str) -> Iterator[tuple[str, int, int]]:
    """The letters of the text with the marks on them: what may be normalised without looking at its neighbours."""
    held: list[str] = []
    began = ended = 0
    for letter, start, end in _decoded(text):
        if _ODD.match(letter):
            continue
        mark = unicodedata.category(letter)[0] == "M" or "\u1160" <= letter <= "\u11ff" or letter in "\uff9e\uff9f"
        if held and not mark:
            yield "".join(held), began, ended
            held = []
        if not held:
            began = start
        held.append(letter)
        ended = end
    if held:
        yield "".join(held), began, ended


def _decoded(text: str) -> Iterator[tuple[str, int, int]]:
    position = 0
    for entity in _ENTITY.finditer(text):
        yield from (
            (letter, position + i, position + i + 1) for i, letter in enumerate(text[position : entity.start()])
        )
        decoded = html.unescape(entity[0])
        if decoded == entity[0]:
            decoded = " "
        yield from ((letter, entity.start(), entity.end()) for letter in decoded)
        position = entity.end()
    yield from ((letter, position + i, position + i + 1) for i, letter in enumerate(text[position:]))


# --- folding --------------------------------------------------------------------------------------

_ALIKE = {
    "ß": "ss", "ẞ": "SS", "ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "ħ": "h",
    "Ħ": "H", "þ": "th", "Þ": "Th", "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "ŋ": "n", "Ŋ": "N", "ı": "i",
    "ə": "e", "Ə": "E", "ſ": "s",
    # Alef, ya and kaf are written in several ways in Arabic and Persian; tatweel only stretches the line.
    "ٱ": "ا", "ى": "ي", "ی": "ي", "ک": "ك", "ہ": "ه", "ھ": "ه", "ـ": "",
}  # fmt: skip
_SPELLING = str.maketrans(_ALIKE)
_KEEPS_MARKS = re.compile("[\u0900-\u0dff\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff]")


def fold(word: str) -> str:
    """What all spellings of a word share. Expects NFKC.

    Case (Unicode's full case folding) goes, and so do diacritics in the Latin, Greek, Hebrew and Arabic scripts; in the
    Cyrillic script the stress mark and the dots of ё only: й is a letter of its own.
    """
    if word.isascii():
        return word.lower()
    return _without_marks(word.casefold())


class _Plain(dict[int, str]):
    """Letters without their diacritics, worked out once each."""

    def __missing__(self, code: int) -> str:
        self[code] = plain = _stripped(chr(code))
        return plain


_PLAIN = _Plain()


def _without_marks(word: str) -> str:
    if word.isascii():
        return word
    return _stripped(word) if _HAS_MARKS.search(word) else word.translate(_PLAIN)


def _stripped(word: str) -> str:
    letters: list[str] = []
    base = ""
    for letter in unicodedata.normalize("NFD", word):
        if unicodedata.category(letter)[0] == "M":
            if not _drops(base, letter):
                letters.append(letter)
            continue
        base = letter
        letters.append(str(unicodedata.decimal(letter)) if letter.isdecimal() else letter)
    return unicodedata.normalize("NFC", "".join(letters)).translate(_SPELLING)


def _drops(base: str, mark: str) -> bool:
    if "\u0400" <= base <= "\u052f":
        return mark in "\u0300\u0301" or (mark == "\u0308" and base in "еЕ")
    if _KEEPS_MARKS.match(base):
        return unicodedata.combining(mark) == 7 or "\ufe00" <= mark <= "\ufe0f"  # 7: nukta
    return True
