"""All terms of all topics, and what a stretch of text has to do with them.

Every distinct stretch of text is looked at once, and what terms it can be part of is remembered (the memo): after that
a word costs one dictionary lookup, however many terms there are. A term of several words is looked for where its
rarest word stands.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, compress

from digest.topics.language import ARABIC, Word, divided, is_unspaced, words
from digest.topics.line import (
    BOUNDARY,
    FOREIGN,
    FOREIGN_LETTER,
    LETTER,
    MARK,
    NOTHING,
    PARAGRAPH,
    UNSPACED,
    WORD,
    WORDLESS,
    Anchored,
    Chunk,
    Line,
    Passed,
    sought,
)
from digest.topics.particles import BACK, bare_forms
from digest.topics.stems import stems_in_text
from digest.topics.terms import Pattern, WordTest, pattern

_AROUND = ".,;:!?()[]\"'“”‘’«»…-–—"  # what stands around words
_BETWEEN = f" {MARK} "
_NUMBERS = tuple(range(4_096))  # made once: most articles have fewer chunks
_REMEMBERED = 65_536  # chunks
_LONGEST_REMEMBERED = 40  # letters of a chunk
_QUICK = 5  # letters by which most words are known to be part of no term
_HEAD = 2  # letters by which a word must resemble a stem to be stemmed at all


class _Memo(dict[str, Chunk]):
    """What was found in a chunk before. Any thread may empty it at any time, another finds the same anew."""

    def __init__(self, look: Callable[[str], Chunk]) -> None:
        self._look = look

    def __missing__(self, chunk: str) -> Chunk:
        found = BOUNDARY if chunk == MARK else self._look(chunk)
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
        self._anchored: dict[int, list[Anchored]] = {}
        self._lists: list[frozenset[int]] = []
        self.lists_with: list[tuple[int, ...]] = []  # by term: the numbers of the lists that it is in
        self._heads: frozenset[str] = frozenset()
        self._quick = 0
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

    def add_list(self, terms: frozenset[int]) -> int:
        """The number of a list of terms."""
        self._lists.append(terms)
        return len(self._lists) - 1

    def seal(self) -> None:
        """Build the dictionaries."""
        self.lists_with = turned(self._lists, len(self.texts))
        self._lists.clear()
        for test, number in self._tests.items():
            self._index(test, number)
        lengths = {len(each) for each in (*self._prefixes, *self._cased_prefixes)}
        self._prefix_lengths = sorted(lengths)
        for language in {language for language, _ in self._stems}:
            heads = frozenset(stem[:_HEAD] for known, stem in self._stems if known == language)
            self._stem_languages[language] = heads
        uses = Counter(test for _, tests, _ in self._terms for test in tests)
        lengths_of = [len(test.word) for test in self._tests]
        for term, tests, found in self._terms:
            before = 0
            for i in range(1, len(tests)):
                here, best = tests[i], tests[before]
                if (uses[here], -lengths_of[here]) < (uses[best], -lengths_of[best]):
                    before = i
            ahead, after = tests[:before][::-1], tests[before + 1 :]
            alone = (found.alone_before, found.alone_after)
            anchored = Anchored(term, ahead, after, alone if any(alone) else None)
            self._anchored.setdefault(tests[before], []).append(anchored)
        self._quick_heads()
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

    def _quick_heads(self) -> None:
        """Learn how words begin that a prefix or a stem may take."""
        begun = [*self._prefixes, *self._cased_prefixes, *(stem for _, stem in self._stems)]
        self._quick = min((_QUICK, *map(len, begun)))
        self._heads = frozenset(each[: self._quick].lower() for each in begun)

    # --- one word ---------------------------------------------------------------------------------

    def _look(self, chunk: str) -> Chunk:
        bare = chunk.strip(_AROUND)
        if bare.isascii() and bare.isalpha() and self._is_foreign(bare):
            return FOREIGN
        if is_unspaced(chunk):
            return UNSPACED
        found: list[Passed] = []
        at: list[int] = []
        width = 0
        for word in words(chunk):
            found.append(self._passed(word) if word.folded else NOTHING)
            at.append(width)
            width += LETTER if word.unspaced else WORD
        if not found:
            return WORDLESS
        if found == [NOTHING]:
            return FOREIGN if width == WORD else FOREIGN_LETTER
        terms = (
            sought(anchored, j, where, found, at, width)
            for j, passed in enumerate(found)
            for test, where in passed.items()
            for anchored in self._anchored.get(test, ())
        )
        return Chunk(found, at, width, filter(None, terms))

    def _is_foreign(self, word: str) -> bool:
        """A plain English word that is surely part of no term, found out quickly."""
        lower = word.lower()
        return lower not in self._exact and word not in self._cased and lower[: self._quick] not in self._heads

    def _passed(self, word: Word) -> Passed:
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
        return passed or NOTHING

    def _inflected(self, word: Word) -> Iterator[int]:
        arabic = ARABIC.match(word.folded)
        for language, heads in self._stem_languages.items():
            # Stemmers change the ends of words, except for the Arabic one.
            if not arabic and word.folded[:_HEAD] not in heads and word.folded[: _HEAD - 1] not in heads:
                continue
            for stem in stems_in_text(word.lower, language):
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

    def read(self, title: str, text: str) -> Line:
        """An article with every place of every term."""
        paragraphs = [title, *text.split(PARAGRAPH)]
        if MARK in title or MARK in text:
            paragraphs = [each.replace(MARK, " ") for each in paragraphs]
        chunks = _BETWEEN.join(("", *paragraphs, "")).split()
        looked = list(map(self._memo.__getitem__, chunks))
        line = Line(paragraphs, chunks, looked, _hot(looked))
        if not line.unspaced:
            return line
        chunks = _divided(chunks, looked)
        looked = list(map(self._memo.__getitem__, chunks))
        return Line(paragraphs, chunks, looked, _hot(looked))


def _hot(looked: Sequence[Chunk]) -> Iterator[int]:
    """The numbers of the chunks that hold anything."""
    return compress(_NUMBERS if len(looked) <= len(_NUMBERS) else range(len(looked)), looked)


def _divided(chunks: Iterable[str], looked: Iterable[Chunk]) -> list[str]:
    """The chunks, each that has several unspaced words in pieces."""
    both = zip(chunks, looked, strict=True)
    return list(chain.from_iterable(divided(chunk) if found is UNSPACED else (chunk,) for chunk, found in both))


def turned(lists: Sequence[frozenset[int]], count: int) -> list[tuple[int, ...]]:
    """For each of `count` terms the lists that have it. Terms of the same lists share a tuple: there are few."""
    held: list[tuple[int, ...]] = [()] * count
    longer: dict[tuple[tuple[int, ...], int], tuple[int, ...]] = {}
    for number, terms in enumerate(lists):
        for term in terms:
            key = held[term], number
            if key not in longer:
                longer[key] = (*held[term], number)
            held[term] = longer[key]
    return held


def _same_case(word: str, wanted: str) -> bool:
    """Two inflections of one word agree in the case of what they share."""
    for a, b in zip(word, wanted, strict=False):
        if a.lower() != b.lower():
            return True
        if a != b:
            return False
    return True
