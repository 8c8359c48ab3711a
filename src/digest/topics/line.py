"""One article as a line of chunks, and the places of terms in it.

Which terms an article has, and in which paragraphs, is found in one pass. Where exactly they stand is worked out when
somebody asks: most articles are on no topic.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from functools import cached_property, partial
from itertools import accumulate, chain, groupby, islice
from typing import NamedTuple

from digest.topics.language import KATAKANA

PARAGRAPH = "\n\n"
MARK = "\0"  # around paragraphs; no text has it
WORD, LETTER = 2, 1  # distances are counted in halves of a word: a letter of an unspaced script is one
TITLE_BIT = 1
_PARAGRAPH_BITS = 62  # further paragraphs share the bits of the first ones
_MOST_PLACES = 2_000  # of one term in one paragraph: no text that is read has so many
_SEARCHED = 4_000  # letters of a paragraph that is searched for each chunk
_LONGEST_WRITTEN = 200  # characters of a place that are kept as text; a word may bear a million accents


class Occurrence(NamedTuple):
    """One place of a term: the slice [start, end) of the title (paragraph 0) or of the text (paragraph 1 and on).

    `first` and `last` are where its first and its last word begin in the article, in halves of a word; `written` is
    what stands there, on one line and of a length fit for a why-line.
    """

    paragraph: int
    start: int
    end: int
    first: int
    last: int
    term: int
    written: str


_occurrence = partial(tuple.__new__, Occurrence)  # from its fields, without a step in Python: there are many


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


# A term to be looked for where a chunk has its anchor: the fields of Anchored; the number of the anchor among the words
# of the chunk; where it begins, in halves of a word; where its slice starts and ends. A plain tuple unpacks quickly.
Sought = tuple[int, tuple[int, ...], tuple[int, ...], tuple[bool, bool] | None, int, int, int, int]


class Chunk(list[Sought]):
    """What a stretch of text without white space holds for a vocabulary.

    As a list it has the terms to be looked for here, and at the end ODD if the chunk is not exactly one word: most
    chunks are empty. `words` has, for each of its words, the tests that it passes with the slice they hold for, or
    None; `at` where each word begins, in halves of a word, and `width` where the chunk ends. `first` and `last` are the
    tests that its first and its last word pass; a chunk without words leaves that to the chunk behind it.
    """

    __slots__ = ("at", "first", "last", "width", "words")

    def __init__(self, words: list[Passed], at: list[int], width: int, sought: Iterable[Sought] = ()) -> None:
        super().__init__(sought)
        if width != WORD:
            self.append(ODD)
        self.words = words
        self.first: Container[int] = (words[0] or ()) if words else _ANY
        self.last: Container[int] = (words[-1] or ()) if words else _ANY
        self.at = at
        self.width = width


class _Any:
    """Has every test in it."""

    def __contains__(self, _test: object) -> bool:
        return True


_ANY = _Any()
_NONE = -1
ODD: Sought = (_NONE, (), (), None, 0, 0, 0, 0)

FOREIGN = Chunk([None], [0], WORD)  # a word that is part of no term
FOREIGN_LETTER = Chunk([None], [0], LETTER)
WORDLESS = Chunk([], [], 0)
UNSPACED = Chunk([None], [0], WORD, [ODD])  # several words without white space between them: must be divided
BOUNDARY = Chunk([None], [0], WORD, [ODD])  # what MARK is looked up as; no term reaches across

# A place as it is found: the number of the paragraph; the chunks of the term's first and last word; where it starts in
# the first of them and ends in the last; where these words begin in the article, in halves of a word.
_Found = tuple[int, int, int, int, int, int, int]


class Line:
    """A title and the paragraphs of a text, divided into chunks, with MARK before, between and after them.

    `looked` is what the chunks hold, and `hot` are those of them that hold anything.

    `where` has, for every term that is there, the paragraphs that have it, one bit each: TITLE_BIT is the title, and
    far down in a long text paragraphs share bits. `unspaced`: a chunk is UNSPACED, and what is behind it was left out.
    """

    def __init__(
        self, paragraphs: Sequence[str], chunks: list[str], looked: Sequence[Chunk], hot: Iterable[int]
    ) -> None:
        self.where: dict[int, int] = {}
        self.unspaced = False
        self._paragraphs = paragraphs
        self._chunks = chunks
        self._looked = looked
        self._found: dict[int, list[_Found]] = {}  # by term
        self._walked: dict[int, list[int]] = {}  # by paragraph: where its chunks start
        self._find(hot)

    def _find(self, hot: Iterable[int]) -> None:
        looked, where, found = self._looked, self.where, self._found
        paragraph, bit = -1, 0
        beyond = 0  # halves of a word that the chunks so far have beyond one word each
        for i in hot:
            chunk = looked[i]
            if chunk is BOUNDARY:
                paragraph += 1
                bit = TITLE_BIT << (paragraph if paragraph <= _PARAGRAPH_BITS else 1 + paragraph % _PARAGRAPH_BITS)
                continue
            for term, before, after, alone, j, at, start, end in chunk:
                if term == _NONE:
                    if chunk is UNSPACED:
                        self.unspaced = True
                        return
                    beyond += chunk.width - WORD
                    break
                if (after and after[0] not in looked[i + 1].first and j + 1 == len(chunk.words)) or (
                    before and before[0] not in looked[i - 1].last and not j
                ):
                    continue  # another word stands beside it, as mostly
                first = last = i
                begins = ends = i * WORD + beyond + at
                if after:
                    last, end, ends = _follow(looked, i, j, ends, after)
                    if not last:
                        continue
                if before:
                    first, start, begins = _precede(looked, i, j, begins, before)
                    if not first:
                        continue
                if alone and not self._stands_alone(paragraph, first, last, start, end, *alone):
                    continue
                place = paragraph, first, last, start, end, begins, ends
                if term in where:
                    where[term] |= bit
                    found[term].append(place)
                else:
                    where[term] = bit
                    found[term] = [place]

    def places(self, term: int) -> Sequence[Occurrence]:
        """Every place of a term: title first, then in order. Of very many in one paragraph, the first."""
        chunks, offsets = self._chunks, self._offsets
        places = []
        found = self._found.get(term, [])
        if len(found) > _MOST_PLACES:
            found = _first_of_each_paragraph(found)
        for paragraph, first, last, start, end, begins, ends in found:
            at = self._start(paragraph, first)
            if first == last:
                written = chunks[first][start:end]
                end += at
            else:
                text, stretch = self._paragraphs[paragraph], " ".join(chunks[first : last + 1])
                if text.startswith(stretch, at):
                    end += at + len(stretch) - len(chunks[last])
                    written = text[at + start : end]
                else:  # there is more than one space between the chunks, or none
                    *_, behind = _walked(text, chunks[first : last + 1], at)
                    end += behind
                    written = " ".join(text[at + start : end].split())
            if len(written) > _LONGEST_WRITTEN:
                written = f"{written[:_LONGEST_WRITTEN]}…"
            offset = offsets[paragraph]
            places.append(_occurrence((paragraph, at + start + offset, end + offset, begins, ends, term, written)))
        return places

    @cached_property
    def _offsets(self) -> list[int]:
        """Where the paragraphs start in the text; the title has a count of its own."""
        return [0, *accumulate([len(each) + len(PARAGRAPH) for each in self._paragraphs[1:]], initial=0)]

    def _stands_alone(
        self, paragraph: int, first: int, last: int, start: int, end: int, before: bool, after: bool
    ) -> bool:
        """It does not touch other katakana at the sides asked for."""
        text = self._paragraphs[paragraph]
        start += self._start(paragraph, first)
        end += self._start(paragraph, last)
        touched = (before and start and KATAKANA.match(text, start - 1)) or (after and KATAKANA.match(text, end))
        return not touched

    @cached_property
    def _marks(self) -> list[int]:
        return [i for i, chunk in enumerate(self._chunks) if chunk == MARK]

    def _start(self, paragraph: int, i: int) -> int:
        """Where a chunk starts in its paragraph."""
        text = self._paragraphs[paragraph]
        if len(text) <= _SEARCHED:
            chunk = self._chunks[i]
            at = text.find(chunk)
            if text.find(chunk, at + 1) < 0:
                return at
        before = self._marks[paragraph] + 1
        if paragraph not in self._walked:
            chunks = self._chunks[before : self._marks[paragraph + 1]]
            lengths = [len(chunk) for chunk in chunks]
            unspaced = sum(lengths) == len(text)  # one stands after the other
            self._walked[paragraph] = [*accumulate(lengths, initial=0)] if unspaced else list(_walked(text, chunks))
        return self._walked[paragraph][i - before]


def _first_of_each_paragraph(found: Iterable[_Found]) -> list[_Found]:
    of_paragraphs = groupby(found, key=lambda place: place[0])
    return list(chain.from_iterable(islice(places, _MOST_PLACES) for _, places in of_paragraphs))


def _walked(text: str, chunks: Iterable[str], at: int = 0) -> Iterator[int]:
    """Where the chunks of a text start, from `at` on."""
    for chunk in chunks:
        at = text.index(chunk, at)
        yield at
        at += len(chunk)


def _follow(looked: Sequence[Chunk], i: int, j: int, at: int, tests: tuple[int, ...]) -> tuple[int, int, int]:
    """The chunk of the last of the words that pass the tests, after word `j` of chunk `i`, and where it ends.

    Last, where the word begins, in halves of a word; `at` is where word `j` does. 0 if they don't pass.
    """
    chunk = looked[i]
    at -= chunk.at[j]
    end = 0
    for test in tests:
        j += 1
        while j >= len(chunk.words):
            at += chunk.width
            i += 1
            chunk, j = looked[i], 0
        passed = chunk.words[j]
        if passed is None or test not in passed:
            return 0, 0, 0
        end = passed[test][1]
    return i, end, at + chunk.at[j]


def _precede(looked: Sequence[Chunk], i: int, j: int, at: int, tests: tuple[int, ...]) -> tuple[int, int, int]:
    """The same of the first of the words that pass the tests, before word `j` of chunk `i`, and where it starts."""
    chunk = looked[i]
    at -= chunk.at[j]
    start = 0
    for test in tests:
        j -= 1
        while j < 0:
            i -= 1
            chunk = looked[i]
            at -= chunk.width
            j = len(chunk.words) - 1
        passed = chunk.words[j]
        if passed is None or test not in passed:
            return 0, 0, 0
        start = passed[test][0]
    return i, start, at + chunk.at[j]
