"""Reads terms as topic files write them."""

from __future__ import annotations

from typing import NamedTuple

from digest.topics.language import ARABIC, HANGUL, KATAKANA, LONGEST_WORD, Word, words
from digest.topics.particles import BACK, FRONT
from digest.topics.stems import languages_for, stems, usual_language

_LONGEST_TERM = 30  # words
_SHORT_KATAKANA = 3  # letters: タイ is not in タイトル, but サイバー is in サイバーセキュリティ


class TermError(ValueError):
    """A term that can't be looked for: what is wrong, and the mend."""

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(what)
        self.what = what
        self.mend = mend


class WordTest(NamedTuple):
    """What one word of a term asks of a word of the text."""

    word: str  # folded, or with its case where that counts
    cased: bool = False
    prefix: bool = False
    onto: int = 0  # FRONT, BACK: where particles may be written onto it
    stems: frozenset[tuple[str, str]] = frozenset()  # (language, stem): any of its inflections


class Pattern(NamedTuple):
    """A term, ready to be looked for. `alone`: it must not begin or end inside a longer katakana word."""

    tests: tuple[WordTest, ...]
    alone_before: bool = False
    alone_after: bool = False


def pattern(term: str, languages: tuple[str, ...]) -> Pattern:
    """Read a term as topic files write it. Raises TermError where there is nothing to look for."""
    pieces = term.split()
    case_counts = pieces[0].startswith("=") or _in_capitals(term)
    pieces[0] = pieces[0].removeprefix("=")
    tests: list[WordTest] = []
    for piece in pieces:
        bare = piece.rstrip("*~")
        found = list(words(bare))
        for word in found:
            mark = piece[len(bare) :] if word is found[-1] else ""
            tests.append(_word_test(word, mark, languages, case_counts=case_counts))
    if not tests:
        raise TermError("has no letter or digit to look for", "write a word, or delete it")
    if len(tests) > _LONGEST_TERM:
        raise TermError(f"has more than {_LONGEST_TERM} words", "write the few that matter")
    if term.isascii():
        return Pattern(tuple(tests))
    tests[0] = tests[0]._replace(onto=FRONT & _takes_particles(tests[0].word))
    tests[-1] = tests[-1]._replace(onto=tests[-1].onto | BACK & _takes_particles(tests[-1].word))
    letters = "".join(test.word for test in tests)
    alone = len(letters) <= _SHORT_KATAKANA and all(map(KATAKANA.match, letters))
    return Pattern(tuple(tests), alone, alone and not term.endswith("*"))


def _in_capitals(term: str) -> bool:
    # A short name in capitals is a word of its own: US is not us.
    return term.isascii() and term.upper() == term != term.lower()


def _takes_particles(word: str) -> int:
    if HANGUL.match(word):
        return BACK
    return FRONT | BACK if ARABIC.match(word) else 0


def _word_test(word: Word, mark: str, languages: tuple[str, ...], *, case_counts: bool) -> WordTest:
    if not word.folded:
        raise TermError(f"has a word of more than {LONGEST_WORD} letters", "write a shorter one")
    cased = case_counts and word.cased.lower() != word.cased.upper()
    written = word.cased if cased else word.folded
    if mark != "~":
        return WordTest(written, cased, prefix=mark == "*")
    chosen = languages_for(word.lower, languages)
    if not chosen:
        usual = usual_language(word.lower)
        if usual is None:
            mend = "delete the `~`" + (": particles are found without it" if HANGUL.match(word.folded) else "")
            raise TermError("ends in `~`, and no inflections are known in this script", mend)
        raise TermError(
            f"ends in `~`, and none of `lang: [{', '.join(languages)}]` has inflections in this script",
            f"add `{usual}` to `lang`, or delete the `~`",
        )
    known = frozenset((each, stem) for each in chosen for stem in stems(word.lower, each))
    return WordTest(written, cased, stems=known)
