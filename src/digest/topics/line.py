"""One article as a line of chunks, and the places of terms in it.

Which terms an article has, and in which paragraphs, is found in one pass. Where exactly they stand is worked out when
somebody asks: most articles are on no topic.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

from digest.topics.language import KATAKANA

PARAGRAPH = "\n\n"
MARK = "\0"  # around paragraphs; no text has it
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
    `alone`: at which sides no katakana may touch it, before it and after it.
    """

    term: int
    before: tuple[int, ...]
    after: tuple[int, ...]
    alone: tuple[bool, bool] | None


Slice = tuple[int, int]
Passed = dict[int, Slice] | None


class Sought(NamedTuple):
    """A term to be looked for where a chunk has its anchor: the fields of Anchored, and where in the chunk that is.

    `word` is the number of the anchor among the chunk's words, `at` where it begins in halves of a word, and
    [start, end) its slice.
    """

    term: int
    before: tuple[int, ...]
    after: tuple[int, ...]
    alone: tuple[bool, bool] | None
    word: int
    at: int
    start: int
    end: int


class Chunk(list[Sought]):
    """What a stretch of text without white space holds for a vocabulary.

    As a list it has the terms to be looked for here, and at the end ODD if the chunk is not exactly one word: most
    chunks are empty. `words` has, for each of its words, the tests that it passes with the slice they hold for, or
    None; `at` where each word begins, in halves of a word, and `width` where the chunk ends.
    """

    __slots__ = ("at", "width", "words")

    def __init__(self, words: list[Passed], at: list[int], width: int, sought: Iterable[Sought] = ()) -> None:
        super().__init__(sought)
        if width != WORD:
            self.append(ODD)
        self.words = words
        self.at = at
        self.width = width


_NONE = -1
ODD = Sought(_NONE, (), (), None, 0, 0, 0, 0)

FOREIGN = Chunk([None], [0], WORD)  # a word that is part of no term
FOREIGN_LETTER = Chunk([None], [0], LETTER)
WORDLESS = Chunk([], [], 0)
BOUNDARY = Chunk([None], [0], WORD, [ODD])  # what MARK is looked up as; no term reaches across
UNSPACED = Chunk([None], [0], WORD, [ODD])  # several words without white space between them: must be divided


# A place as it is found: the number of the paragraph; the chunk of the term's first word, counted from the paragraph's
# first, and where in the chunk it starts; the same of its last word, and where that ends; where the first and the last
# word begin in the article, in halves of a word.
_Place = tuple[int, int, int, int, int, int, int]


class Line:
    """A title and the paragraphs of a text, divided into chunks, with MARK before, between and after them.

    `paragraphs` are all of them, the title first; `marks` are the chunks that are MARK. `looked` is what the chunks
    hold, and `hot` are those that hold anything. `divided`: there are chunks without white space between them.

    `where` has, for every term that is there, the paragraphs that have it, one bit each: TITLE_BIT is the title, and
    far down in a long text paragraphs share bits.
    """

    def __init__(
        self,
        paragraphs: Sequence[str],
        chunks: Sequence[str],
        marks: Sequence[int],
        looked: Sequence[Chunk],
        hot: Iterable[int],
        *,
        divided: bool,
    ) -> None:
        self.paragraphs = paragraphs
        self.where: dict[int, int] = {}
        self._chunks = chunks
        self._marks = marks
        self._looked = looked
        self._divided = divided
        self._found: dict[int, list[_Place]] = {}
        self._starts: dict[int, list[int]] = {}  # by paragraph
        self._find(hot)

    def places(self, term: int) -> list[Occurrence]:
        """Every place of a term: title first, then in order."""
        places = []
        for paragraph, first, start, last, end, begins, ends in self._found.get(term, ()):
            starts = self._starts.get(paragraph) or self._starts_in(paragraph)
            start += starts[first] + first
            end += starts[last] + last
            places.append(Occurrence(paragraph, start, end, begins, ends, term))
        return places

    def _find(self, hot: Iterable[int]) -> None:
        looked, where, found = self._looked, self.where, self._found
        paragraph, head, bit = -1, 0, 0
        beyond = 0  # halves of a word that the chunks so far have beyond one word each
        for i in hot:
            chunk = looked[i]
            if chunk is BOUNDARY:
                paragraph, head = paragraph + 1, i + 1
                bit = TITLE_BIT << (paragraph if paragraph <= _PARAGRAPH_BITS else 1 + paragraph % _PARAGRAPH_BITS)
                continue
            for term, before, after, alone, j, at, start, end in chunk:
                if term == _NONE:
                    beyond += chunk.width - WORD
                    break
                first = last = i
                begins = ends = i * WORD + beyond + at
                if after:
                    last, end, ends = self._follow(i, j, ends, after)
                    if not last:
                        continue
                if before:
                    first, start, begins = self._precede(i, j, begins, before)
                    if not first:
                        continue
                place = (paragraph, first - head, start, last - head, end, begins, ends)
                if alone and not self._stands_alone(place, *alone):
                    continue
                if term in where:
                    where[term] |= bit
                    found[term].append(place)
                else:
                    where[term] = bit
                    found[term] = [place]

    def _follow(self, i: int, j: int, at: int, tests: tuple[int, ...]) -> tuple[int, int, int]:
        """The chunk of the last of the words that pass the tests, after word `j` of chunk `i`, and where it ends.

        Last, where the word begins, in halves of a word; `at` is where word `j` does. 0 if they don't pass.
        """
        chunk = self._looked[i]
        at -= chunk.at[j]
        end = 0
        for test in tests:
            j += 1
            while j >= len(chunk.words):
                at += chunk.width
                i += 1
                chunk, j = self._looked[i], 0
            passed = chunk.words[j]
            if passed is None or test not in passed:
                return 0, 0, 0
            end = passed[test][1]
        return i, end, at + chunk.at[j]

    def _precede(self, i: int, j: int, at: int, tests: tuple[int, ...]) -> tuple[int, int, int]:
        """The same of the first of the words that pass the tests, before word `j` of chunk `i`, and where it starts."""
        chunk = self._looked[i]
        at -= chunk.at[j]
        start = 0
        for test in tests:
            j -= 1
            while j < 0:
                i -= 1
                chunk = self._looked[i]
                at -= chunk.width
                j = len(chunk.words) - 1
            passed = chunk.words[j]
            if passed is None or test not in passed:
                return 0, 0, 0
            start = passed[test][0]
        return i, start, at + chunk.at[j]

    def _stands_alone(self, place: _Place, before: bool, after: bool) -> bool:
        """It does not touch other katakana at the sides asked for."""
        paragraph, first, start, last, end, _, _ = place
        starts, text, offset = self._starts_in(paragraph), self.paragraphs[paragraph], self._offsets[paragraph]
        start += starts[first] + first - offset
        end += starts[last] + last - offset
        return not (
            (before and start and KATAKANA.match(text, start - 1)) or (after and KATAKANA.match(text, end))
        )

    def _starts_in(self, paragraph: int) -> list[int]:
        """Where the chunks of a paragraph start in the title or the text, less one for each chunk before them.

        One space is what mostly stands between two.
        """
        chunks = self._chunks[self._marks[paragraph] + 1 : self._marks[paragraph + 1]]
        text, offset = self.paragraphs[paragraph], self._offsets[paragraph]
        starts = list(accumulate(map(len, chunks), initial=offset))
        if self._divided or starts[-1] + len(chunks) - 1 != offset + len(text):
            position = 0
            for i, chunk in enumerate(chunks):
                position = text.index(chunk, position)
                starts[i] = offset + position - i
                position += len(chunk)
        self._starts[paragraph] = starts
        return starts

    @cached_property
    def _offsets(self) -> list[int]:
        """Where the paragraphs start, the title in itself, the others in the text."""
        lengths = (len(each) + len(PARAGRAPH) for each in self.paragraphs[1:])
        return [0, *accumulate(lengths, initial=0)]
