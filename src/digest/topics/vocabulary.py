"""All terms of all topics, and their places in a text, found in one pass.

Every distinct stretch of text is looked at once, and what terms it can be part of is remembered (the memo): after that
a word costs one dictionary lookup, however many terms there are. A term of several words is looked for where its
rarest word stands.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import accumulate, compress
from typing import NamedTuple

from digest.topics.language import ARABIC, HANGUL, KATAKANA, LONGEST_WORD, Word, words
from digest.topics.particles import BACK, FRONT, bare_forms
from digest.topics.stems import languages_for, stems, usual_language

_AROUND = ".,;:!?()[]\"'“”‘’«»…-–—"  # what stands around words
PARAGRAPH = "\n\n"
_MARK = "\0"  # between paragraphs; no text has it
_BETWEEN = f" {_MARK} "
WORD, LETTER = 2, 1  # distances are counted in halves of a word: a letter of an unspaced script is one
_REMEMBERED = 65_536  # chunks
_LONGEST_REMEMBERED = 40  # letters of a chunk
_LONGEST_TERM = 30  # words
_SHORT_KATAKANA = 3  # letters: タイ is not in タイトル, but サイバー is in サイバーセキュリティ
_QUICK = 5  # letters by which most words are known to be part of no term
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


_END: list[tuple[int, list[_Anchored]]] = []  # the anchors of the mark between paragraphs


class _Memo(dict[str, _Chunk | None]):
    """What was found in a chunk before; None for a single word that is part of no term."""

    def __init__(self, look: Callable[[str], _Chunk | None]) -> None:
        self._look = look

    def __missing__(self, chunk: str) -> _Chunk | None:
        found = self._look(chunk)
        if len(chunk) <= _LONGEST_REMEMBERED:
            if len(self) >= _REMEMBERED:
                self.clear()
                self[_MARK] = _between()
            self[chunk] = found
        return found


def _between() -> _Chunk:
    mark = _Chunk([None], [0], WORD)
    mark.anchors = _END
    return mark


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
        self._letters: dict[str, tuple[int, ...]] = {}
        self._anchored: dict[int, list[_Anchored]] = {}
        self._heads: frozenset[str] = frozenset()
        self._quick = 0
        self._memo = _Memo(self._look)
        self._memo[_MARK] = _between()

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
        uses = Counter(test for _, tests, _ in self._terms for test in tests)
        lengths_of = [len(test.word) for test in self._tests]
        for term, tests, found in self._terms:
            before = 0
            for i in range(1, len(tests)):
                here, best = tests[i], tests[before]
                if (uses[here], -lengths_of[here]) < (uses[best], -lengths_of[best]):
                    before = i
            anchored = _Anchored(before, tests, term, found.alone_before, found.alone_after)
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

    def _look(self, chunk: str) -> _Chunk | None:
        bare = chunk.strip(_AROUND)
        if bare.isascii() and bare.isalpha() and self._is_foreign(bare):
            return None
        found: list[dict[int, tuple[int, int]] | None] = []
        at: list[int] = []
        anchors: list[tuple[int, list[_Anchored]]] = []
        width = 0
        for word in words(chunk):
            passed = self._passed_letter(word) if word.unspaced else self._passed(word) if word.folded else None
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

    def _is_foreign(self, word: str) -> bool:
        """A plain English word that is surely part of no term, found out quickly."""
        lower = word.lower()
        return lower not in self._exact and word not in self._cased and lower[: self._quick] not in self._heads

    def _passed_letter(self, word: Word) -> dict[int, tuple[int, int]] | None:
        """The same for a letter of an unspaced script: there are few of them, and many in a text."""
        if word.folded not in self._letters:
            self._letters[word.folded] = tuple(self._passed(word) or ())
        tests = self._letters[word.folded]
        return dict.fromkeys(tests, (word.start, word.end)) if tests else None

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
        """Every occurrence of every term: title first, then in the order of the words that terms are looked for at."""
        line = _Line(title, text, self._memo)
        found: list[Occurrence] = []
        paragraph = 0
        for i in line.hot:
            chunk = line.looked[i]
            if chunk is None:
                continue
            if chunk.anchors is _END:
                paragraph += 1
                continue
            for j, entries in chunk.anchors:
                for anchored in entries:
                    where = line.around(i, j, anchored)
                    if where is not None:
                        place = line.occurrence(*where, anchored, paragraph)
                        if place is not None:
                            found.append(place)
        return found


def _same_case(word: str, wanted: str) -> bool:
    """Two inflections of one word agree in the case of what they share."""
    for a, b in zip(word, wanted, strict=False):
        if a.lower() != b.lower():
            return True
        if a != b:
            return False
    return True


class _Line:
    """An article as one line of chunks: its title and its paragraphs with a mark between them that nothing crosses.

    Places are worked out from left to right, as far as they are asked for.
    """

    def __init__(self, title: str, text: str, memo: _Memo) -> None:
        title, text = title.replace(_MARK, " "), text.replace(_MARK, " ")
        before = f"{title} {_MARK} " if title.strip() else f"{_MARK} "
        self.before = len(before)  # where the text begins
        self.line = line = before + text.replace(PARAGRAPH, _BETWEEN)
        self.chunks = chunks = line.split()
        self.looked = looked = list(map(memo.__getitem__, chunks))
        self.hot = list(compress(range(len(looked)), looked))
        self.title = title
        self._tight: bool | None = None  # one space between two chunks, and none around them
        self._starts: list[int] = []
        self._reached = (0, 0)  # a chunk, and where it starts
        self._odd: list[int] | None = None  # chunks that are not one word
        self._more: list[int] = []  # halves of a word that the first so many odd chunks have beyond one word each

    def around(self, i: int, j: int, anchored: _Anchored) -> tuple[int, int, int, int] | None:
        """The first and the last word of the term at word `j` of chunk `i`, if its other words stand there."""
        tests, before = anchored.tests, anchored.before
        first = last = i
        head = tail = j
        for k in range(before + 1, len(tests)):
            last, tail = self._step(last, tail, 1, tests[k])
            if last < 0:
                return None
        for k in range(before - 1, -1, -1):
            first, head = self._step(first, head, -1, tests[k])
            if first < 0:
                return None
        return first, head, last, tail

    def occurrence(
        self, first: int, head: int, last: int, tail: int, anchored: _Anchored, paragraph: int
    ) -> Occurrence | None:
        """The place of a term between its first and its last word; None inside of a longer katakana word."""
        tests = anchored.tests
        front, back = self.looked[first], self.looked[last]
        assert front is not None and back is not None  # noqa: S101, PT018 # both hold words of the term
        start_of, end_of = front.words[head], back.words[tail]
        assert start_of is not None and end_of is not None  # noqa: S101, PT018 # likewise
        start, began = self._start(first), self._at(first)
        end, ended = (start, began) if last == first else (self._start(last), self._at(last))
        start += start_of[tests[0]][0]
        end += end_of[tests[-1]][1]
        if anchored.alone_before and start and KATAKANA.match(self.line[start - 1]):
            return None
        if anchored.alone_after and end < len(self.line) and KATAKANA.match(self.line[end]):
            return None
        if paragraph:
            # Each mark between paragraphs is one letter longer than what it stands for.
            offset = self.before + (paragraph - 1) * (len(_BETWEEN) - len(PARAGRAPH))
            start, end = start - offset, end - offset
        return Occurrence(paragraph, start, end, began + front.at[head], ended + back.at[tail], anchored.term)

    def _step(self, i: int, j: int, way: int, test: int) -> tuple[int, int]:
        """The neighbouring word if it passes the test, else (-1, -1)."""
        looked = self.looked
        j += way
        while True:
            chunk = looked[i]
            if chunk is not None and 0 <= j < len(chunk.words):
                passed = chunk.words[j]
                return (i, j) if passed is not None and test in passed else (-1, -1)
            if chunk is None and j == 0:
                return (-1, -1)
            i += way
            if not 0 <= i < len(looked):
                return (-1, -1)
            following = looked[i]
            j = 0 if way > 0 else (1 if following is None else len(following.words)) - 1

    def _start(self, i: int) -> int:
        """Where a chunk starts in the line."""
        if self._tight is None:
            self._tight = sum(map(len, self.chunks)) + len(self.chunks) - 1 == len(self.line)
            if not self._tight:
                self._starts = list(self._looked_up())
        if not self._tight:
            return self._starts[i]
        known, start = self._reached
        if i >= known:
            start += sum(map(len, self.chunks[known:i])) + i - known
            self._reached = i, start
            return start
        return start - sum(map(len, self.chunks[i:known])) - (known - i)

    def _looked_up(self) -> Iterator[int]:
        position = 0
        for chunk in self.chunks:
            position = self.line.index(chunk, position)
            yield position
            position += len(chunk)

    def _at(self, i: int) -> int:
        """How many halves of a word stand before a chunk. A chunk that is not hot is one word."""
        if self._odd is None:
            held = [(i, chunk.width - WORD) for i in self.hot if (chunk := self.looked[i]) is not None]
            self._odd = [i for i, more in held if more]
            self._more = list(accumulate((more for _, more in held if more), initial=0))
        return i * WORD + self._more[bisect_left(self._odd, i)]
