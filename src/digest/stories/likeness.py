"""How much of one text stands in another, from a bounded sample of its word runs.

A shingle is a run of consecutive words. Both texts keep the shingles with the smallest hashes, so
that what one of them dropped the other dropped too (FracMinHash; Hera et al., Genome Research 2023),
and a long text keeps no more of them than a short one. Containment divides by the smaller text:
an excerpt lies wholly in its original, however long that is.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

from digest.writing import UNSPACED, hangul, unspaced

SAMPLES = 256  # hashes kept of one text; the error of a containment of .5 is then about .03
LONGEST = 20_000  # words looked at; a text that agrees for that long agrees

_RUN = 5  # words
_RUN_UNSPACED = 9  # characters: about five words of Chinese or Japanese
_EVERY = 1 << 64  # hashes are below it: a sketch with this limit holds every shingle
_MASK = _EVERY - 1
_BASE = 0x9E3779B97F4A7C15  # any odd number with bits everywhere
_ENOUGH = 8  # sampled shingles of the smaller text; with fewer, chance decides
_PHRASE = 15  # shingles in common; fewer may be a stock phrase or the name of an institution

# Marks that belong to the letter before them; Python's \w ends a word at them.
_MARKS = "\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u0670\u0900-\u0dff\u0f00-\u0fff"
_WORD = re.compile(f"[{UNSPACED}]|(?:[^\\W_{UNSPACED}]|[{_MARKS}])+")
_PLAIN_WORD = re.compile(r"[^\W_]+")  # the same where none of those occurs, and three times as fast
_SPECIAL = re.compile(f"[{UNSPACED}{_MARKS}]")
_ASCII_MARKS = {at: " " for at in range(128) if not chr(at).isalnum()}
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


@dataclass(frozen=True, slots=True)
class Sketch:
    """A sample of a text's shingles: all those whose hash is below `limit`, in rising order."""

    hashes: tuple[int, ...]
    limit: int = _EVERY

    def below(self, limit: int) -> int:
        """How many hashes lie below `limit`."""
        return bisect_left(self.hashes, limit)

    @property
    def keys(self) -> tuple[int, ...]:
        """The hashes to look a text up by among very many: one shingle in 32, some fifteen of an article.

        Texts of which one holds the better part of the other share at least one, unless they are short.
        """
        return self.hashes[: self.below(_EVERY // 32)]


def words(text: str) -> list[str]:
    """The text's words in comparable form: no case, width, punctuation or invisible characters.

    In scripts without spaces every character is a word of its own.
    """
    if text.isascii():  # three times as fast; what splits is the same
        return text.lower().translate(_ASCII_MARKS).split()
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text).casefold())
    return (_WORD if _SPECIAL.search(text) else _PLAIN_WORD).findall(text)


def mostly_unspaced(tokens: Sequence[str]) -> bool:
    """Whether most of these words are characters of a script without spaces."""
    return not "".join(tokens).isascii() and sum(map(unspaced, tokens)) * 2 > len(tokens)


def title_words(title: str) -> frozenset[str]:
    """The words of a title that say something: long ones by their beginning, in unspaced scripts pairs."""
    return telling(words(title))


def telling(tokens: Iterable[str]) -> frozenset[str]:
    """The same of any words."""
    found = set()
    before = ""
    for word in tokens:
        if unspaced(word) and before:
            found.add(before + word)
        elif hangul(word):  # Korean: two syllables outlive the particle
            found.add(word[:2])
        elif len(word) >= 4 or word.isdigit():
            found.add(word[:5])
        before = word if unspaced(word) else ""
    return frozenset(found)


def keys(text: str) -> tuple[int, ...]:
    """What copies of a text are found by among very many: see `Sketch.keys`."""
    return sketch(words(text)).keys


def sketch(tokens: Sequence[str]) -> Sketch:
    """Sample the shingles of a text's words. The same words give the same sketch in every process."""
    tokens = tokens[:LONGEST]
    found = _shingles(tokens, _RUN_UNSPACED if mostly_unspaced(tokens) else _RUN)
    # Hashes are spread evenly: those below this bound hold the smallest ones, and few more need to be sorted.
    bound = _EVERY * (SAMPLES + SAMPLES // 4) // max(len(found), 1)
    hashes = sorted({value for value in found if value < bound})
    if len(hashes) <= SAMPLES:
        hashes = sorted(set(found))
    if len(hashes) <= SAMPLES:
        return Sketch(tuple(hashes))
    return Sketch(tuple(hashes[:SAMPLES]), hashes[SAMPLES])


def containment(one: Sketch, other: Sketch) -> float:
    """The share of the smaller text that stands in the other, 0 to 1; 0 where too little is known."""
    return share(one, other, len(set(one.hashes).intersection(other.hashes)))


def share(one: Sketch, other: Sketch, common: int) -> float:
    """The containment of two sketches of which it is known how many hashes they have in common."""
    limit = min(one.limit, other.limit)  # what is common lies below both limits
    if common * _EVERY < _PHRASE * limit:
        return 0.0
    smaller = min(one.below(limit), other.below(limit))
    return common / smaller if smaller >= _ENOUGH else 0.0


def _shingles(tokens: Sequence[str], run: int) -> list[int]:
    """The hashes of all runs of words: a polynomial rolls over the words' own hashes (Karp and Rabin, 1987)."""
    values = list(map(_hash, tokens))
    leaving = pow(_BASE, run, _EVERY)
    value = 0
    for own in values[: run - 1]:
        value = (value * _BASE + own) & _MASK
    return [
        value := (value * _BASE + new - old * leaving) & _MASK
        for old, new in zip([0, *values], values[run - 1 :], strict=False)
    ]


@lru_cache(maxsize=1 << 16)
def _hash(token: str) -> int:
    return int.from_bytes(blake2b(token.encode("utf-8", "replace"), digest_size=8).digest())
