"""All terms of all topics, and their places in a text, found in one pass.

Every distinct stretch of text is looked at once, and what terms it can be part of is remembered (the memo): after that
a word costs one dictionary lookup, however many terms there are. A term of several words is looked for where its
rarest word stands.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from digest.topics.language import ARABIC, HANGUL, KATAKANA, LONGEST_WORD, Word, words
from digest.topics.particles import BACK, FRONT, bare_forms
from digest.topics.stems import languages_for, stems, usual_language

PARAGRAPH = "\n\n"
WORD, LETTER = 2, 1  # distances are counted in halves of a word: a letter of an unspaced script is one
_REMEMBERED = 65_536  # chunks
_LONGEST_REMEMBERED = 40  # letters of a chunk
_LONGEST_TERM = 30  # words
_SHORT_KATAKANA = 3  # letters: タイ is not in タイトル, but サイバー is in サイバーセキュリティ
_HEAD = 2  # letters by which a word must resemble a stem to be stemmed at all


class TermError(ValueError):
    """A term that can't be looked for: what is wrong, and the mend."""

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(what)
        self.what = what
        self.mend = mend


class Occurrence(NamedTuple):
    """One place of a term: the slice [start, end) of the title (paragraph 0) or of the text (paragraph 1 and on).

    `first` and `last` are where its first and its last word begin within the paragraph, in halves of a word.
    """

    paragraph: int
    start: int
    end: int
    first: int
    last: int
    term: int


@dataclass(frozen=True, slots=True)
class WordTest:
    """What one word of a term asks of a word of the text."""

    word: str  # folded, or with its case where that counts
    cased: bool = False
    prefix: bool = False
    onto: int = 0  # FRONT, BACK: where particles may be written onto it
    stems: frozenset[tuple[str, str]] = frozenset()  # (language, stem): any of its inflections


@dataclass(frozen=True, slots=True)
class Pattern:
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
    tests[0] = replace(tests[0], onto=tests[0].onto | (FRONT & _takes_particles(tests[0].word)))
    tests[-1] = replace(tests[-1], onto=tests[-1].onto | (BACK & _takes_particles(tests[-1].word)))
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


class _Chunk:
    """What a stretch of text without white space holds for a vocabulary.

    `words` has, for each of its words, the tests that it passes with the slice they hold for, or None; `at` where each
    word begins, in halves of a word, and `width` where the chunk ends. `anchors` are the words that terms are looked
    for at.
    """

    __slots__ = ("anchors", "at", "width", "words")

    def __init__(self, found: list[dict[int, tuple[int, int]] | None], at: list[int], width: int) -> None:
        self.words = found
        self.at = at
        self.width = width
        self.anchors: list[tuple[int, list[_Anchored]]] = []


class _Anchored(NamedTuple):
    """A term seen from its rarest word, which is number `before` of its words."""

    before: int
    tests: tuple[int, ...]
    term: int
    alone_before: bool
    alone_after: bool


class _Memo(dict[str, _Chunk | None]):
    """What was found in a chunk before; None for a single word that is part of no term."""

    def __init__(self, look: Callable[[str], _Chunk | None]) -> None:
        self._look = look

    def __missing__(self, chunk: str) -> _Chunk | None:
        found = self._look(chunk)
        if len(chunk) <= _LONGEST_REMEMBERED:
            if len(self) >= _REMEMBERED:
                self.clear()
            self[chunk] = found
        return found


class Vocabulary:
    """The terms of all topics. Add them all, then `seal`; from then on `find` answers."""

    def __init__(self) -> None:
        self.texts: list[str] = []  # by term, as the rules write them
        self._known: dict[tuple[str, tuple[str, ...]], int] = {}
        self._tests: dict[WordTest, int] = {}
        self._terms: list[tuple[int, tuple[int, ...], Pattern]] = []
        self._exact: dict[str, list[int]] = {}
        self._cased: dict[str, list[int]] = {}
        self._onto: dict[str, list[tuple[int, int]]] = {}
        self._prefixes: dict[str, list[int]] = {}
        self._cased_prefixes: dict[str, list[int]] = {}
        self._stems: dict[tuple[str, str], list[tuple[int, str | None]]] = {}
        self._prefix_lengths: list[int] = []
        self._stem_languages: dict[str, frozenset[str]] = {}  # and how their stems begin
        self._anchored: dict[int, list[_Anchored]] = {}
        self._memo = _Memo(self._look)

    def add(self, term: str, languages: tuple[str, ...]) -> int:
        """The number of a term; the same for the same term. Raises TermError."""
        key = (term, languages if "~" in term else ())
        if key not in self._known:
            found = pattern(term, languages)
            number = self.add_text(term)
            tests = tuple(self._tests.setdefault(test, len(self._tests)) for test in found.tests)
            self._terms.append((number, tests, found))
            self._known[key] = number
        return self._known[key]

    def add_text(self, text: str) -> int:
        """The number of something that is found by other means."""
        self.texts.append(text)
        return len(self.texts) - 1

    def seal(self) -> None:
        """Build the dictionaries."""
        for test, number in self._tests.items():
            self._index(test, number)
        lengths = {len(each) for each in (*self._prefixes, *self._cased_prefixes)}
        self._prefix_lengths = sorted(lengths)
        for language in {language for language, _ in self._stems}:
            heads = frozenset(stem[:_HEAD] for known, stem in self._stems if known == language)
            self._stem_languages[language] = heads
        uses = Counter(test for _, tests, _ in self._terms for test in set(tests))
        lengths_of = [len(test.word) for test in self._tests]
        for term, tests, found in self._terms:
            before = min(range(len(tests)), key=lambda i: (uses[tests[i]], -lengths_of[tests[i]]))
            anchored = _Anchored(before, tests, term, found.alone_before, found.alone_after)
            self._anchored.setdefault(tests[before], []).append(anchored)
        self._tests.clear()
        self._terms.clear()
        self._known.clear()

    def _index(self, test: WordTest, number: int) -> None:
        if test.stems:
            for each in test.stems:
                self._stems.setdefault(each, []).append((number, test.word if test.cased else None))
        elif test.prefix:
            (self._cased_prefixes if test.cased else self._prefixes).setdefault(test.word, []).append(number)
        else:
            (self._cased if test.cased else self._exact).setdefault(test.word, []).append(number)
        if test.onto and not test.stems:
            self._onto.setdefault(test.word, []).append((number, test.onto))

    # --- one word ---------------------------------------------------------------------------------

    def _look(self, chunk: str) -> _Chunk | None:
        found: list[dict[int, tuple[int, int]] | None] = []
        at: list[int] = []
        anchors: list[tuple[int, list[_Anchored]]] = []
        width = 0
        for word in words(chunk):
            passed = self._passed(word) if word.folded else None
            at.append(width)
            width += LETTER if word.unspaced else WORD
            found.append(passed)
            if passed:
                entries = [each for test in passed for each in self._anchored.get(test, ())]
                if entries:
                    anchors.append((len(found) - 1, entries))
        if len(found) == 1 and found[0] is None and width == WORD:
            return None
        made = _Chunk(found, at, width)
        made.anchors = anchors
        return made

    def _passed(self, word: Word) -> dict[int, tuple[int, int]] | None:
        """The tests that a word passes, each with the slice of the chunk that passes it."""
        passed: dict[int, tuple[int, int]] = {}
        whole = (word.start, word.end)
        folded = word.folded
        for test in self._exact.get(folded, ()):
            passed[test] = whole
        for test in self._cased.get(word.cased, ()):
            passed[test] = whole
        for length in self._prefix_lengths:
            if length > len(folded):
                break
            for test in self._prefixes.get(folded[:length], ()):
                passed[test] = whole
            for test in self._cased_prefixes.get(word.cased[:length], ()):
                passed[test] = whole
        if self._stem_languages:
            for test in self._inflected(word):
                passed[test] = whole
        if self._onto and not word.unspaced:
            self._with_particles(word, passed)
        return passed or None

    def _inflected(self, word: Word) -> Iterator[int]:
        arabic = ARABIC.match(word.folded)
        for language, heads in self._stem_languages.items():
            # Stemmers change the ends of words, except for the Arabic one.
            if not arabic and word.folded[:_HEAD] not in heads and word.folded[: _HEAD - 1] not in heads:
                continue
            for stem in stems(word.lower, language):
                for test, cased in self._stems.get((language, stem), ()):
                    if cased is None or _same_case(word.cased, cased):
                        yield test

    def _with_particles(self, word: Word, passed: dict[int, tuple[int, int]]) -> None:
        for bare, taken_off, skipped in bare_forms(word.folded):
            if skipped and not taken_off & BACK:
                for length in self._prefix_lengths:
                    for test in self._prefixes.get(bare[:length], ()) if length <= len(bare) else ():
                        passed.setdefault(test, (word.start, word.end))
            for test, onto in self._onto.get(bare, ()):
                if not taken_off & ~onto:
                    passed.setdefault(test, word.part(len(bare), skipped))

    # --- one article ------------------------------------------------------------------------------

    def find(self, title: str, text: str) -> list[Occurrence]:
        """Every occurrence of every term, title first, in the order of the text as far as terms of one word go."""
        found: list[Occurrence] = []
        self._find_in(title, 0, 0, found)
        offset = 0
        for number, paragraph in enumerate(text.split(PARAGRAPH), start=1):
            self._find_in(paragraph, offset, number, found)
            offset += len(paragraph) + len(PARAGRAPH)
        return found

    def _find_in(self, text: str, offset: int, number: int, found: list[Occurrence]) -> None:
        chunks = text.split()
        looked = list(map(self._memo.__getitem__, chunks))
        line: _Line | None = None
        for i, chunk in enumerate(looked):
            if chunk is None or not chunk.anchors:
                continue
            for j, entries in chunk.anchors:
                for anchored in entries:
                    ends = ((i, j), (i, j)) if len(anchored.tests) == 1 else _whole(looked, i, j, anchored)
                    if ends is None:
                        continue
                    line = line or _Line(text, chunks, looked)
                    where = line.occurrence(ends[0], ends[1], anchored, offset, number)
                    if where is not None:
                        found.append(where)


def _same_case(word: str, wanted: str) -> bool:
    """Two inflections of one word agree in the case of what they share."""
    for a, b in zip(word, wanted, strict=False):
        if a.lower() != b.lower():
            return True
        if a != b:
            return False
    return True


_Spot = tuple[int, int]  # the number of a chunk, the number of a word in it


def _whole(looked: list[_Chunk | None], i: int, j: int, anchored: _Anchored) -> tuple[_Spot, _Spot] | None:
    """The first and last word of the term, if its other words stand around its anchor."""
    first = last = (i, j)
    for test in anchored.tests[anchored.before + 1 :]:
        last_or_none = _step(looked, *last, 1, test)
        if last_or_none is None:
            return None
        last = last_or_none
    for test in reversed(anchored.tests[: anchored.before]):
        first_or_none = _step(looked, *first, -1, test)
        if first_or_none is None:
            return None
        first = first_or_none
    return first, last


def _step(looked: list[_Chunk | None], i: int, j: int, way: int, test: int) -> _Spot | None:
    """The neighbouring word, if it passes the test."""
    j += way
    while True:
        chunk = looked[i]
        if chunk is not None and 0 <= j < len(chunk.words):
            passed = chunk.words[j]
            return (i, j) if passed is not None and test in passed else None
        if chunk is None and j == 0:
            return None
        i += way
        if not 0 <= i < len(looked):
            return None
        following = looked[i]
        j = 0 if way > 0 else (1 if following is None else len(following.words)) - 1


class _Line:
    """Where the chunks of a paragraph stand, worked out as far as it is asked for."""

    def __init__(self, text: str, chunks: list[str], looked: list[_Chunk | None]) -> None:
        self.text = text
        self.chunks = chunks
        self.looked = looked
        self.starts: list[int] = []
        self.at: list[int] = []
        self.next_at = 0

    def occurrence(self, first: _Spot, last: _Spot, anchored: _Anchored, offset: int, number: int) -> Occurrence | None:
        starts, at = self._reach(last[0])
        front, back = self.looked[first[0]], self.looked[last[0]]
        assert front is not None and back is not None  # noqa: S101, PT018 # both hold words of the term
        head, tail = front.words[first[1]], back.words[last[1]]
        assert head is not None and tail is not None  # noqa: S101, PT018 # likewise
        start = starts[first[0]] + head[anchored.tests[0]][0]
        end = starts[last[0]] + tail[anchored.tests[-1]][1]
        if anchored.alone_before and start and KATAKANA.match(self.text[start - 1]):
            return None
        if anchored.alone_after and end < len(self.text) and KATAKANA.match(self.text[end]):
            return None
        return Occurrence(
            number, start + offset, end + offset, at[first[0]] + front.at[first[1]], at[last[0]] + back.at[last[1]],
            anchored.term,
        )  # fmt: skip

    def _reach(self, chunk: int) -> tuple[list[int], list[int]]:
        starts, at, chunks, looked = self.starts, self.at, self.chunks, self.looked
        position = starts[-1] + len(chunks[len(starts) - 1]) if starts else 0
        for i in range(len(starts), chunk + 1):
            position = self.text.index(chunks[i], position)
            starts.append(position)
            position += len(chunks[i])
            at.append(self.next_at)
            held = looked[i]
            self.next_at += WORD if held is None else held.width
        return starts, at
