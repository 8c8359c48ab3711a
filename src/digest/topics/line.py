"""One article as a line of chunks, and the places of terms in it.

Which terms an article has, and in which paragraphs, is found in one pass. Where exactly they stand is worked out when
somebody asks: most articles are on no topic.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from itertools import accumulate, chain, compress, count, cycle
from typing import NamedTuple

from digest.topics.language import KATAKANA

PARAGRAPH = "\n\n"
MARK = "\1"  # around paragraphs; no text has it (searching a text for \0 takes far longer)
WORD, LETTER = 2, 1  # distances are counted in halves of a word: a letter of an unspaced script is one
TITLE_BIT = 1
_TEXT_BITS = tuple(TITLE_BIT << number for number in range(1, 63))  # far down in a text, paragraphs share them
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
Passed = Mapping[int, Slice]


# A term to be looked for where a chunk has its anchor: the fields of Anchored; the number of the anchor among the words
# of the chunk; where it begins, in halves of a word; where its slice starts and ends. A plain tuple unpacks quickly.
Sought = tuple[int, tuple[int, ...], tuple[int, ...], tuple[bool, bool] | None, int, int, int, int]


class Chunk(list[Sought]):
    """What a stretch of text without white space holds for a vocabulary.

    As a list it has the terms to be looked for here, and at the end ODD if the chunk is not exactly one word: most
    chunks are empty. `words` has, for each of its words, the tests that it passes with the slice they hold for;
    `at` where each word begins, in halves of a word, and `width` where the chunk ends. `first` and `last` are the
    tests that its first and its last word pass; a chunk without words leaves that to the chunk behind it.
    """

    __slots__ = ("at", "first", "last", "width", "words")

    def __init__(self, words: list[Passed], at: list[int], width: int, sought: Iterable[Sought] = ()) -> None:
        super().__init__(sought)
        if width != WORD:
            self.append(ODD)
        self.words = words
        self.first: Container[int] = words[0] if words else _ANY
        self.last: Container[int] = words[-1] if words else _ANY
        self.at = at
        self.width = width


class _Any:
    """Has every test in it."""

    def __contains__(self, _test: object) -> bool:
        return True


_ANY = _Any()
_NONE = -1
ODD: Sought = (_NONE, (), (), None, 0, 0, 0, 0)

NOTHING: Passed = {}
FOREIGN = Chunk([NOTHING], [0], WORD)  # a word that is part of no term
FOREIGN_LETTER = Chunk([NOTHING], [0], LETTER)
WORDLESS = Chunk([], [], 0)
UNSPACED = Chunk([NOTHING], [0], WORD, [ODD])  # several words without white space between them: must be divided
BOUNDARY = Chunk([NOTHING], [0], WORD, [ODD])  # what MARK is looked up as; no term reaches across

# A place as it is found: the number of the paragraph; the chunk of the term's first word, and where it starts there;
# the term; the chunk of its last word, and where it ends there; where these words begin in the article, in halves of a
# word.
_Found = tuple[int, int, int, int, int, int, int, int]


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
        self._found: list[_Found] = []
        self._starts: dict[int, list[int]] = {}  # of the chunks of a paragraph
        self._find(hot)

    def _find(self, hot: Iterable[int]) -> None:
        looked, where, found = self._looked, self.where, self._found
        paragraph, bit, bits = -1, 0, chain((TITLE_BIT,), cycle(_TEXT_BITS))
        beyond = 0  # halves of a word that the chunks so far have beyond one word each
        for i in hot:
            chunk = looked[i]
            if chunk is BOUNDARY:
                paragraph += 1
                bit = next(bits)
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
                where[term] = where.get(term, 0) | bit
                found.append((paragraph, first, start, term, last, end, begins, ends))

    def places(self) -> list[Occurrence]:
        """Every place of every term by paragraph, start and term. Of very many in one paragraph, the first."""
        chunks, places = self._chunks, []
        here = -1
        for paragraph, first, start, term, last, end, begins, ends in _not_too_many(sorted(self._found)):
            if paragraph != here:
                here, at = paragraph, 0
                text, offset = self._paragraphs[paragraph], self._offsets[paragraph]
                search = len(text) <= _SEARCHED
            chunk = chunks[first]
            if search:
                at = text.find(chunk, at)
            if not search or text.find(chunk, at + 1) >= 0:
                at = self._counted_off(paragraph, first)
            if first == last:
                written = chunk[start:end]
                end += at
            else:
                stretch = " ".join(chunks[first : last + 1])
                if text.startswith(stretch, at):
                    end += len(stretch) - len(chunks[last])
                    written = stretch[start:end]
                    end += at
                else:  # there is more than one space between the chunks, or none
                    end += self._counted_off(paragraph, last)
                    written = " ".join(text[at + start : end].split())
            if len(written) > _LONGEST_WRITTEN:
                written = f"{written[:_LONGEST_WRITTEN]}…"
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
        start += self._counted_off(paragraph, first)
        end += self._counted_off(paragraph, last)
        touched = (before and start and KATAKANA.match(text, start - 1)) or (after and KATAKANA.match(text, end))
        return not touched

    @cached_property
    def _marks(self) -> list[int]:
        return list(compress(count(), map(MARK.__eq__, self._chunks)))

    def _counted_off(self, paragraph: int, i: int) -> int:
        """Where a chunk starts in its paragraph, by all the chunks before it."""
        before = self._marks[paragraph] + 1
        if paragraph not in self._starts:
            text, chunks = self._paragraphs[paragraph], self._chunks[before : self._marks[paragraph + 1]]
            starts = list(accumulate(map(len, chunks), initial=0))
            unspaced = starts[-1] == len(text)  # one stands after the other
            self._starts[paragraph] = starts if unspaced else list(_walked(text, chunks))
        return self._starts[paragraph][i - before]


def _not_too_many(found: list[_Found]) -> Iterable[_Found]:
    if len(found) <= _MOST_PLACES:
        return found
    seen = Counter[tuple[int, int]]()
    kept = []
    for place in found:
        paragraph, _, _, term, *_ = place
        seen[paragraph, term] += 1
        if seen[paragraph, term] <= _MOST_PLACES:
            kept.append(place)
    return kept


def _walked(text: str, chunks: Iterable[str]) -> Iterator[int]:
    """Where the chunks of a text start."""
    at = 0
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
        found = chunk.words[j].get(test)
        if found is None:
            return 0, 0, 0
        end = found[1]
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
        found = chunk.words[j].get(test)
        if found is None:
            return 0, 0, 0
        start = found[0]
    return i, start, at + chunk.at[j]
