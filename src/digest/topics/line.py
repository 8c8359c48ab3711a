"""One article as a line of chunks, and the places of terms in it.

Which terms an article has, and in which paragraphs, is found in one pass. Where exactly they stand is worked out when
somebody asks: most articles are on no topic.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate, count
from operator import add
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

    As a list it has the terms to be looked for here, each with the number of the word that is its anchor: most chunks
    are empty. `words` has, for each of its words, the tests that it passes with the slice they hold for, or None; `at`
    where each word begins, in halves of a word, and `width` where the chunk ends.
    """

    __slots__ = ("at", "width", "words")

    def __init__(self, words: list[Passed], at: list[int], width: int) -> None:
        self.words = words
        self.at = at
        self.width = width


_NO_TERM = (0, Anchored(-1, (), (), 0, 0, alone_before=False, alone_after=False))

FOREIGN = Chunk([None], [0], WORD)  # a word that is part of no term
FOREIGN_LETTER = Chunk([None], [0], LETTER)
WORDLESS = Chunk([], [], 0)
BOUNDARY = Chunk([None], [0], WORD)  # what MARK is looked up as; no term reaches across
BOUNDARY.append(_NO_TERM)
UNSPACED = Chunk([None], [0], WORD)  # stands for a chunk that has to be divided: words without spaces between them
UNSPACED.append(_NO_TERM)


class Place(NamedTuple):
    """Where a term stands, by chunks: its first word is word `head` of chunk `first`, its last `tail` of `last`."""

    paragraph: int
    first: int
    head: int
    last: int
    tail: int
    anchored: Anchored


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
        self._places: dict[int, list[Place]] = {}
        self._boundaries = [i for i in hot if looked[i] is BOUNDARY]
        self._maps: dict[int, _Map] = {}
        self._offsets: list[tuple[int, int]] = []  # of the title and the paragraphs
        self.where: dict[int, int] = {}
        self._find(hot)

    def places(self, term: int) -> list[Occurrence]:
        """Every place of a term: title first, then in order."""
        return [self._occurrence(place) for place in self._places.get(term, ())]

    def _find(self, hot: Sequence[int]) -> None:
        looked, where, places = self._looked, self.where, self._places
        paragraph, bit = -1, 0
        for i in hot:
            chunk = looked[i]
            if chunk is BOUNDARY:
                paragraph += 1
                bit = TITLE_BIT << (paragraph if paragraph <= _PARAGRAPH_BITS else 1 + paragraph % _PARAGRAPH_BITS)
                continue
            for j, anchored in chunk:
                first = last = (i, j)
                if anchored.after:
                    last = self._follow(i, j, anchored.after)
                if anchored.before and last[0] >= 0:
                    first = self._precede(i, j, anchored.before)
                if first[0] < 0 or last[0] < 0:
                    continue
                place = Place(paragraph, *first, *last, anchored)
                if (anchored.alone_before or anchored.alone_after) and not self._stands_alone(place):
                    continue
                term = anchored.term
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

    def _stands_alone(self, place: Place) -> bool:
        """It is not inside of a longer katakana word."""
        anchored = place.anchored
        found = self._occurrence(place)
        text = self._text if place.paragraph else self._title
        if anchored.alone_before and found.start and KATAKANA.match(text[found.start - 1]):
            return False
        return not (anchored.alone_after and KATAKANA.match(text, found.end))

    def _occurrence(self, place: Place) -> Occurrence:
        paragraph, first, head, last, tail, anchored = place
        here = self._maps.get(paragraph) or self._map(paragraph)
        front, back = self._looked[first], self._looked[last]
        begins, ends = front.words[head], back.words[tail]
        assert begins is not None and ends is not None  # noqa: S101, PT018 # both hold words of the term
        first -= here.chunk
        last -= here.chunk
        return Occurrence(
            paragraph,
            here.starts[first] + begins[anchored.first][0],
            here.starts[last] + ends[anchored.last][1],
            here.at[first] + front.at[head],
            here.at[last] + back.at[tail],
            anchored.term,
        )

    def _map(self, paragraph: int) -> _Map:
        begin, end = self._boundaries[paragraph] + 1, self._boundaries[paragraph + 1]
        chunks = self._chunks[begin:end]
        if not self._offsets:
            self._offsets = list(_offsets(self._title, self._text))
        start, stop = self._offsets[paragraph]
        if start + sum(map(len, chunks)) + len(chunks) - 1 == stop:
            # One space between two chunks, and none around them.
            starts = list(map(add, accumulate(map(len, chunks), initial=start), count()))
        else:
            starts = list(_starts(chunks, self._text if paragraph else self._title, start))
        at = list(accumulate([each.width for each in self._looked[begin:end]], initial=0))
        self._maps[paragraph] = found = _Map(begin, starts, at)
        return found


class _Map(NamedTuple):
    """A paragraph: its first chunk, where its chunks start in the title or the text, and the words before each."""

    chunk: int
    starts: list[int]
    at: list[int]  # halves of a word


def _offsets(title: str, text: str) -> Iterator[tuple[int, int]]:
    yield 0, len(title)
    start = 0
    for paragraph in text.split(PARAGRAPH):
        yield start, start + len(paragraph)
        start += len(paragraph) + len(PARAGRAPH)


def _starts(chunks: Sequence[str], text: str, position: int) -> Iterator[int]:
    text = text.replace(MARK, " ")
    for chunk in chunks:
        position = text.index(chunk, position)
        yield position
        position += len(chunk)
