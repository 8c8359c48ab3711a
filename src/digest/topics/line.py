"""One article as a line of chunks, and the places of terms in it.

Which terms an article has, and in which paragraphs, is found in one pass. Where exactly they stand is worked out when
somebody asks: most articles are on no topic.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

from digest.topics.language import KATAKANA

PARAGRAPH = "\n\n"
MARK = "\0"  # around paragraphs; no text has it
BETWEEN = f" {MARK} "
WORD, LETTER = 2, 1  # distances are counted in halves of a word: a letter of an unspaced script is one
TITLE_BIT = 1
_PARAGRAPH_BITS = 62  # further paragraphs share the bits of the first ones


class Occurrence(NamedTuple):
    """One place of a term: the slice [start, end) of the title (paragraph 0) or of the text (paragraph 1 and on).

    `first` and `last` are where its first and its last word begin in the article, in halves of a word.
    """

    paragraph: int
    start: int
    end: int
    first: int
    last: int
    term: int


class Anchored(NamedTuple):
    """A term seen from its rarest word, the anchor.

    `before` are the tests of the words before it, the nearest first, `after` those of the words after it.
    `alone_before` and `alone_after`: no katakana may touch it there.
    """

    term: int
    before: tuple[int, ...]
    after: tuple[int, ...]
    alone_before: bool
    alone_after: bool


Slice = tuple[int, int]
Passed = dict[int, Slice] | None


class Chunk(list[tuple[int, Anchored, Slice]]):
    """What a stretch of text without white space holds for a vocabulary.

    As a list it has the terms to be looked for here, each with the number of the word that is its anchor and the slice
    of that word, and at the end ODD if the chunk is not exactly one word: most chunks are empty. `words` has, for each
    of its words, the tests that it passes with the slice they hold for, or None; `at` where each word begins, in halves
    of a word, and `width` where the chunk ends.
    """

    __slots__ = ("at", "width", "words")

    def __init__(
        self, words: list[Passed], at: list[int], width: int, terms: Iterable[tuple[int, Anchored, Slice]] = ()
    ) -> None:
        super().__init__(terms)
        if width != WORD:
            self.append(_ODD)
        self.words = words
        self.at = at
        self.width = width


ODD = Anchored(-1, (), (), alone_before=False, alone_after=False)
_ODD = (0, ODD, (0, 0))

FOREIGN = Chunk([None], [0], WORD)  # a word that is part of no term
FOREIGN_LETTER = Chunk([None], [0], LETTER)
WORDLESS = Chunk([], [], 0)
BOUNDARY = Chunk([None], [0], WORD, [_ODD])  # what MARK is looked up as; no term reaches across
UNSPACED = Chunk([None], [0], WORD, [_ODD])  # several words without white space between them: must be divided

# The number of a paragraph; the chunk of a term's first word, the number of the word in it, and where in the chunk it
# starts; the same of its last word, and where that ends.
_Place = tuple[int, int, int, int, int, int, int]


_TITLE_AT = len(f"{MARK} ")  # where the title starts in the line
_LONGER = len(BETWEEN) - len(PARAGRAPH)  # letters that each mark between two paragraphs adds


class Line:
    """A title and a text, divided at white space, with BOUNDARY before, between and after their paragraphs.

    `line` is all of it: MARK, the title, MARK, the paragraphs with BETWEEN between them, MARK. `divided`: there are
    chunks without white space between them.

    `hot` are the chunks that are not empty. `where` has, for every term that is there, the paragraphs that have it, one
    bit each: TITLE_BIT is the title, and far down in a long text paragraphs share bits.
    """

    def __init__(
        self,
        title: str,
        line: str,
        chunks: Sequence[str],
        looked: Sequence[Chunk],
        hot: Sequence[int],
        *,
        divided: bool,
    ) -> None:
        self._text_at = _TITLE_AT + len(title) + len(BETWEEN) - _LONGER
        self._line = line
        self._chunks = chunks
        self._looked = looked
        self._hot = hot
        self._divided = divided
        self._places: dict[int, list[_Place]] = {}
        self.where: dict[int, int] = {}
        self._find()

    def places(self, term: int) -> list[Occurrence]:
        """Every place of a term: title first, then in order."""
        ends, chunks, looked, odd = self._ends, self._chunks, self._looked, self._odd
        found = []
        for paragraph, first, head, start, last, tail, end in self._places.get(term, ()):
            start += ends[first] - len(chunks[first]) + first
            end += ends[last] - len(chunks[last]) + last
            begin = first * WORD + looked[first].at[head]
            until = last * WORD + looked[last].at[tail]
            if odd:
                begin += self._more[bisect_left(odd, first)]
                until += self._more[bisect_left(odd, last)]
            offset = self._text_at + paragraph * _LONGER if paragraph else _TITLE_AT
            found.append(Occurrence(paragraph, start - offset, end - offset, begin, until, term))
        return found

    def _find(self) -> None:
        looked, where, places = self._looked, self.where, self._places
        paragraph, bit = -1, 0
        for i in self._hot:
            chunk = looked[i]
            if chunk is BOUNDARY:
                paragraph += 1
                bit = TITLE_BIT << (paragraph if paragraph <= _PARAGRAPH_BITS else 1 + paragraph % _PARAGRAPH_BITS)
                continue
            for j, anchored, (start, end) in chunk:
                if anchored is ODD:
                    break
                term, before, after, alone_before, alone_after = anchored
                first = last = i
                head = tail = j
                if after:
                    last, tail, end = self._follow(i, j, after)
                    if last < 0:
                        continue
                if before:
                    first, head, start = self._precede(i, j, before)
                    if first < 0:
                        continue
                place = (paragraph, first, head, start, last, tail, end)
                if (alone_before or alone_after) and not self._stands_alone(place, alone_before, alone_after):
                    continue
                if term in where:
                    where[term] |= bit
                    places[term].append(place)
                else:
                    where[term] = bit
                    places[term] = [place]

    def _follow(self, i: int, j: int, tests: tuple[int, ...]) -> tuple[int, int, int]:
        """The last of the words that pass the tests, after word `j` of chunk `i`, and its end; -1 if they don't."""
        words = self._looked[i].words
        end = 0
        for test in tests:
            j += 1
            while j >= len(words):
                i += 1
                words, j = self._looked[i].words, 0
            passed = words[j]
            if passed is None or test not in passed:
                return -1, -1, -1
            end = passed[test][1]
        return i, j, end

    def _precede(self, i: int, j: int, tests: tuple[int, ...]) -> tuple[int, int, int]:
        """The first of the words that pass the tests, before word `j` of chunk `i`, and its start; -1 if they don't."""
        words = self._looked[i].words
        start = 0
        for test in tests:
            j -= 1
            while j < 0:
                i -= 1
                words = self._looked[i].words
                j = len(words) - 1
            passed = words[j]
            if passed is None or test not in passed:
                return -1, -1, -1
            start = passed[test][0]
        return i, j, start

    def _stands_alone(self, place: _Place, before: bool, after: bool) -> bool:
        """It does not touch other katakana at the sides asked for."""
        _, first, _, start, last, _, end = place
        start += self._ends[first] - len(self._chunks[first]) + first
        end += self._ends[last] - len(self._chunks[last]) + last
        return not ((before and KATAKANA.match(self._line[start - 1])) or (after and KATAKANA.match(self._line, end)))

    @cached_property
    def _ends(self) -> list[int]:
        """Where each chunk ends, less one for each chunk before it: one space is what mostly stands between two."""
        chunks, line = self._chunks, self._line
        ends = list(accumulate(map(len, chunks)))
        if self._divided or ends[-1] + len(chunks) - 1 != len(line):
            position = 0
            for i, chunk in enumerate(chunks):
                position = line.index(chunk, position) + len(chunk)
                ends[i] = position - i
        return ends

    @cached_property
    def _odd(self) -> list[int]:
        """The chunks that are not one word."""
        return [i for i in self._hot if self._looked[i].width != WORD]

    @cached_property
    def _more(self) -> list[int]:
        """The halves of a word that the first so many odd chunks have beyond one word each."""
        return list(accumulate((self._looked[i].width - WORD for i in self._odd), initial=0))
