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
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from digest.writing import UNSPACED
from digest.writing import unspaced as is_unspaced

SAMPLES = 256  # hashes kept of one text; the error of a containment of .5 is then about .03
LONGEST = 20_000  # words looked at; a text that agrees for that long agrees

_RUN = 5  # words
_RUN_UNSPACED = 9  # characters: about five words of Chinese or Japanese
_EVERY = 1 << 64  # hashes are below it: a sketch with this limit holds every shingle
_ENOUGH = 8  # shingles of the smaller text; with fewer, chance decides

# Marks that belong to the letter before them; Python's \w ends a word at them.
_MARKS = "\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u0670\u0900-\u0dff\u0f00-\u0fff"
_WORD = re.compile(f"[{UNSPACED}]|(?:[^\\W_{UNSPACED}]|[{_MARKS}])+")
_INVISIBLE = dict.fromkeys([0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF])


@dataclass(frozen=True, slots=True)
class Sketch:
    """A sample of a text's shingles: all those whose hash is below `limit`, in rising order."""

    hashes: tuple[int, ...]
    limit: int = _EVERY

    def below(self, limit: int) -> int:
        """How many hashes lie below `limit`."""
        return bisect_left(self.hashes, limit)


def words(text: str) -> list[str]:
    """The text's words in comparable form: no case, width, punctuation or invisible characters.

    In scripts without spaces every character is a word of its own.
    """
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold().translate(_INVISIBLE))


def sketch(tokens: Sequence[str]) -> Sketch:
    """Sample the shingles of a text's words. The same words give the same sketch in every process."""
    tokens = tokens[:LONGEST]
    unspaced = sum(map(is_unspaced, tokens))
    run = _RUN_UNSPACED if unspaced * 2 > len(tokens) else _RUN
    found = {_hash(tokens[at : at + run]) for at in range(len(tokens) - run + 1)}
    hashes = tuple(sorted(found))
    if len(hashes) <= SAMPLES:
        return Sketch(hashes)
    return Sketch(hashes[:SAMPLES], hashes[SAMPLES])


def containment(one: Sketch, other: Sketch) -> float:
    """The share of the smaller text that stands in the other, 0 to 1; 0 where too little is known."""
    limit = min(one.limit, other.limit)
    mine, theirs = one.below(limit), other.below(limit)
    smaller = min(mine, theirs)
    if smaller < _ENOUGH:
        return 0.0
    return len(set(one.hashes[:mine]).intersection(other.hashes[:theirs])) / smaller


def _hash(shingle: Sequence[str]) -> int:
    return int.from_bytes(blake2b("\n".join(shingle).encode("utf-8", "replace"), digest_size=8).digest())
