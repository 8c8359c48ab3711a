"""One article as a line of chunks, and the places of terms in it.

Which terms an article has, and in which paragraphs, is found in one pass. Where exactly they stand is worked out when
somebody asks: most articles are on no topic.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
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

    `first` and `last` are where its first and its last word begin within the paragraph, in halves of a word.
    """

    paragraph: int
    start: int
    end: int
    first: int
    last: int
    term: int


class Anchored(NamedTuple):
    """A term seen from its rarest word, the anchor.

    `before` are the tests of the words before it, the nearest first, `after` those of the words after it; `first` and
    `last` the tests of its first and last word. `alone_before` and `alone_after`: no katakana may touch it there.
    """

    term: int
    before: tuple[int, ...]
    after: tuple[int, ...]
    first: int
    last: int
    alone_before: bool
    alone_after: bool


Passed = dict[int, tuple[int, int]] | None


class Chunk(list[tuple[int, Anchored]]):
    """What a stretch of text without white space holds for a vocabulary.

    As a list it has the terms to be looked for here, each with the number of the word that is its anchor, and at the
    end ODD if the chunk is not exactly one word: most chunks are empty. `words` has, for each of its words, the tests
    that it passes with the slice they hold for, or None; `at` where each word begins, in halves of a word, and `width`
    where the chunk ends.
    """

    __slots__ = ("at", "width", "words")

    def __init__(
        self, words: list[Passed], at: list[int], width: int, terms: Iterable[tuple[int, Anchored]] = ()
    ) -> None:
        super().__init__(terms)
        if width != WORD:
            self.append((0, ODD))
        self.words = words
        self.at = at
        self.width = width


ODD = Anchored(-1, (), (), 0, 0, alone_before=False, alone_after=False)

FOREIGN = Chunk([None], [0], WORD)  # a word that is part of no term
FOREIGN_LETTER = Chunk([None], [0], LETTER)
WORDLESS = Chunk([], [], 0)
BOUNDARY = Chunk([None], [0], WORD, [(0, ODD)])  # what MARK is looked up as; no term reaches across
UNSPACED = Chunk([None], [0], WORD, [(0, ODD)])  # several words without white space between them: must be divided

# The number of a paragraph; the chunk of a term's first word, and the number of the word in it; the same of its last.
_Place = tuple[int, int, int, int, int, Anchored]


class Line:
    """A title and a text, divided at white space, with BOUNDARY before, between and after their paragraphs.

    `hot` are the chunks that are not empty. `where` has, for every term that is there, the paragraphs that have it, one
    bit each: TITLE_BIT is the title, and far down in a long text paragraphs share bits.
    """

    def __init__(
        self, title: str, text: str, chunks: Sequence[str], looked: Sequence[Chunk], hot: Sequence[int]
    ) -> None:
        self._title = title
        self._text = text
        self._chunks = chunks
        self._looked = looked
        self._places: dict[int, list[_Place]] = {}
        self._boundaries = [i for i in hot if looked[i] is BOUNDARY]
        self._hot = hot
        self._paragraphs: dict[int, _Paragraph] = {}
        self.where: dict[int, int] = {}
        self._find()

    def places(self, term: int) -> list[Occurrence]:
        """Every place of a term: title first, then in order."""
        return [self._occurrence(place) for place in self._places.get(term, ())]

    def _find(self) -> None:
        looked, where, places = self._looked, self.where, self._places
        paragraph, bit = -1, 0
        for i in self._hot:
            chunk = looked[i]
            if chunk is BOUNDARY:
                paragraph += 1
                bit = TITLE_BIT << (paragraph if paragraph <= _PARAGRAPH_BITS else 1 + paragraph % _PARAGRAPH_BITS)
                continue
            for j, anchored in chunk:
                if anchored is ODD:
                    break
                term, before, after, _, _, alone_before, alone_after = anchored
                first = last = i
                head = tail = j
                if after:
                    last, tail = self._follow(i, j, after)
                    if last < 0:
                        continue
                if before:
                    first, head = self._precede(i, j, before)
                    if first < 0:
                        continue
                place = (paragraph, first, head, last, tail, anchored)
                if (alone_before or alone_after) and not self._stands_alone(place):
                    continue
                if term in where:
                    where[term] |= bit
                    places[term].append(place)
                else:
                    where[term] = bit
                    places[term] = [place]

    def _follow(self, i: int, j: int, tests: tuple[int, ...]) -> tuple[int, int]:
        """The last of the words that pass the tests, after word `j` of chunk `i`; (-1, -1) if they don't."""
        words = self._looked[i].words
        for test in tests:
            j += 1
            while j >= len(words):
                i += 1
                words, j = self._looked[i].words, 0
            passed = words[j]
            if passed is None or test not in passed:
                return -1, -1
        return i, j

    def _precede(self, i: int, j: int, tests: tuple[int, ...]) -> tuple[int, int]:
        """The same before it."""
        words = self._looked[i].words
        for test in tests:
            j -= 1
            while j < 0:
                i -= 1
                words = self._looked[i].words
                j = len(words) - 1
            passed = words[j]
            if passed is None or test not in passed:
                return -1, -1
        return i, j

    def _stands_alone(self, place: _Place) -> bool:
        """It is not inside of a longer katakana word."""
        anchored = place[-1]
        found = self._occurrence(place)
        text = self._text if found.paragraph else self._title
        if anchored.alone_before and found.start and KATAKANA.match(text[found.start - 1]):
            return False
        return not (anchored.alone_after and KATAKANA.match(text, found.end))

    def _occurrence(self, place: _Place) -> Occurrence:
        number, first, head, last, tail, anchored = place
        here = self._paragraphs.get(number) or self._paragraph(number)
        front, back = self._looked[first], self._looked[last]
        begins, ends = front.words[head], back.words[tail]
        assert begins is not None and ends is not None  # noqa: S101, PT018 # both hold words of the term
        start, at = here.start(first), self._at(first) - here.at
        end, until = (start, at) if last == first else (here.start(last), self._at(last) - here.at)
        return Occurrence(
            number,
            start + begins[anchored.first][0],
            end + ends[anchored.last][1],
            at + front.at[head],
            until + back.at[tail],
            anchored.term,
        )

    def _at(self, i: int) -> int:
        """How many halves of a word stand before a chunk."""
        return i * WORD + self._more[bisect_left(self._odd, i)]

    @cached_property
    def _odd(self) -> list[int]:
        """The chunks that are not one word."""
        return [i for i in self._hot if self._looked[i].width != WORD]

    @cached_property
    def _more(self) -> list[int]:
        """The halves of a word that the first so many odd chunks have beyond one word each."""
        return list(accumulate((self._looked[i].width - WORD for i in self._odd), initial=0))

    @cached_property
    def _offsets(self) -> list[tuple[int, int]]:
        """Where the title and the paragraphs start and end."""
        return [(0, len(self._title)), *_offsets(self._text)]

    def _paragraph(self, number: int) -> _Paragraph:
        first, end = self._boundaries[number] + 1, self._boundaries[number + 1]
        start, stop = self._offsets[number]
        text = self._text if number else self._title
        found = _Paragraph(self._chunks[first:end], first, self._at(first), start, text[start:stop])
        self._paragraphs[number] = found
        return found


_SHORT = 150  # chunks


class _Paragraph:
    """Where the chunks of a paragraph start. `at`: the halves of a word that stand before its first chunk."""

    def __init__(self, chunks: Sequence[str], first: int, at: int, start: int, text: str) -> None:
        self.at = at
        self._chunks = chunks
        self._first = first
        self._start = start
        # Mostly there is one space between two chunks, and none around them.
        self._tight = len(chunks) <= _SHORT and len(" ".join(chunks)) == len(text)
        self._starts = [] if self._tight else list(_starts(chunks, text.replace(MARK, " ")))

    def start(self, chunk: int) -> int:
        """Where a chunk starts in the title or the text."""
        before = chunk - self._first
        if self._tight:
            return self._start + len(" ".join(self._chunks[:before])) + bool(before)
        return self._start + self._starts[before]


def _offsets(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for paragraph in text.split(PARAGRAPH):
        yield start, start + len(paragraph)
        start += len(paragraph) + len(PARAGRAPH)


def _starts(chunks: Sequence[str], text: str) -> Iterator[int]:
    position = 0
    for chunk in chunks:
        position = text.index(chunk, position)
        yield position
        position += len(chunk)
