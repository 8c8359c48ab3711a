"""One article as a line of chunks, and the places of terms in it.

Which terms an article has, and in which paragraphs, is found in one pass. Where exactly they stand is worked out when
somebody asks: most articles are on no topic.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from itertools import accumulate, chain, cycle
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


class Further(NamedTuple):
    """What a term asks for beyond one word in a chunk and one at either side of it.

    `before` and `after` are the tests of the words in the chunks before, the nearest first, and in those behind. Its
    words in the chunk itself begin at `first` and `last`, in halves of a word. `alone` is that of Anchored.
    """

    before: tuple[int, ...]
    after: tuple[int, ...]
    first: int = 0
    last: int = 0
    alone: tuple[bool, bool] | None = None


# A term to be looked for where a chunk has its anchor: the term; where its slice of the chunk starts and ends; the
# tests of the word before the chunk and of the one behind it, or None; Further, if that is not all. A plain tuple
# unpacks quickly.
Sought = tuple[int, int, int, int | None, int | None, Further | None]


class Chunk(list[Sought]):
    """What a stretch of text without white space holds for a vocabulary.

    As a list it has the terms to be looked for here, and at the end ODD if the chunk is not exactly one word: most
    chunks are empty. `words` has, for each of its words, the tests that it passes with the slice they hold for;
    `at` where each word begins, in halves of a word, and `width` where the chunk ends. `first` and `last` are what its
    first and its last word pass, and `back` is how far before the end of the chunk the last one begins.
    """

    __slots__ = ("at", "back", "first", "last", "width", "words")

    def __init__(self, words: list[Passed], at: list[int], width: int, sought: Iterable[Sought] = ()) -> None:
        super().__init__(sought)
        if width != WORD:
            self.append(ODD)
        self.words = words
        self.first = words[0] if words else NOTHING
        self.last = words[-1] if words else NOTHING
        self.at = at
        self.width = width
        self.back = width - at[-1] if at else 0


def sought(anchored: Anchored, j: int, slice_: Slice, words: list[Passed], at: list[int], width: int) -> Sought | None:
    """A term whose anchor is the word `j` of a chunk. None if other words of the chunk stand where its own should."""
    first = last = j
    start, end = slice_
    for test in anchored.before[:j]:
        first -= 1
        if test not in words[first]:
            return None
        start = words[first][test][0]
    for test in anchored.after[: len(words) - 1 - j]:
        last += 1
        if test not in words[last]:
            return None
        end = words[last][test][1]
    before, after = anchored.before[j:], anchored.after[len(words) - 1 - j :]
    further = None
    if len(before) > 1 or len(after) > 1 or anchored.alone or width != WORD:
        further = Further(before, after, at[first], at[last], anchored.alone)
    return anchored.term, start, end, before[0] if before else None, after[0] if after else None, further


_NONE = -1
ODD: Sought = (_NONE, 0, 0, None, None, Further((), ()))

NOTHING: Passed = {}
FOREIGN = Chunk([NOTHING], [0], WORD)  # a word that is part of no term
FOREIGN_LETTER = Chunk([NOTHING], [0], LETTER)
WORDLESS = Chunk([], [], 0)
UNSPACED = Chunk([NOTHING], [0], WORD, [ODD])  # several words without white space between them: must be divided
BOUNDARY = Chunk([NOTHING], [0], WORD, [ODD])  # what MARK is looked up as; no term reaches across

# A place as it is found: the number of the paragraph; the chunk of the term's first word, and where it starts there;
# the term; the chunk of its last word, and where it ends there; where these words begin in the article, in halves of a
# word.
Found = tuple[int, int, int, int, int, int, int, int]


class Line:
    """A title and the paragraphs of a text, divided into chunks, with MARK before, between and after them.

    `looked` is what the chunks hold, and `hot` are those of them that hold anything.

    `where` has, for every term that is there, the paragraphs that have it, one bit each: TITLE_BIT is the title, and
    far down in a long text paragraphs share bits. `found` has the places of all, by paragraph, start and term; of very
    many of one term in one paragraph, the first. `unspaced`: a chunk is UNSPACED, and what is behind it was left out.
    """

    def __init__(
        self, paragraphs: Sequence[str], chunks: list[str], looked: Sequence[Chunk], hot: Iterable[int]
    ) -> None:
        self.where: dict[int, int] = {}
        self.unspaced = False
        self._paragraphs = paragraphs
        self._chunks = chunks
        self._looked = looked
        lengths = map(len(PARAGRAPH).__add__, map(len, paragraphs[1:]))
        # Where the paragraphs start in the text; the title has a count of its own.
        self._offsets = [0, *accumulate(lengths, initial=0)]
        self._starts: dict[int, list[int]] = {}  # of the chunks of a paragraph
        self.found = _not_too_many(sorted(self._find(hot)))

    def _find(self, hot: Iterable[int]) -> list[Found]:
        looked, where, found = self._looked, self.where, list[Found]()
        paragraph, bit, bits = -1, 0, chain((TITLE_BIT,), cycle(_TEXT_BITS))
        beyond = 0  # halves of a word that the chunks so far have beyond one word each
        for i in hot:
            chunk = looked[i]
            if chunk is BOUNDARY:
                paragraph += 1
                bit = next(bits)
                continue
            here = i * WORD + beyond
            for term, start, end, before, after, further in chunk:
                if after is None:
                    last, ends = i, here
                elif (beside := looked[i + 1].first.get(after)) is not None:
                    last, end, ends = i + 1, beside[1], here + WORD
                elif looked[i + 1] is not WORDLESS:
                    continue  # another word stands there, as mostly
                else:
                    further = further or _beside(before, after)
                if before is None:
                    first, begins = i, here
                elif (beside := looked[i - 1].last.get(before)) is not None:
                    first, start, begins = i - 1, beside[0], here - looked[i - 1].back
                elif looked[i - 1] is not WORDLESS:
                    continue
                else:
                    further = further or _beside(before, after)
                if further is not None:
                    if term == _NONE:
                        if chunk is UNSPACED:
                            self.unspaced = True
                            return found
                        beyond += chunk.width - WORD
                        break
                    first, begins, last, ends = i, here + further.first, i, here + further.last
                    if further.after:
                        last, end, ends = _follow(looked, i + 1, here + chunk.width, further.after)
                    if further.before:
                        first, start, begins = _precede(looked, i - 1, here, further.before)
                    if last < 0 or first < 0:
                        continue
                    if further.alone and not self._stands_alone(paragraph, first, last, start, end, *further.alone):
                        continue
                where[term] = where.get(term, 0) | bit
                found.append((paragraph, first, start, term, last, end, begins, ends))
        return found

    def places(self, found: Iterable[Found]) -> list[Occurrence]:
        """The places of what was found, given in order."""
        chunks, places = self._chunks, []
        here = -1
        for paragraph, first, start, term, last, end, begins, ends in found:
            if paragraph != here:
                here, at = paragraph, 0
                text, offset = self._paragraphs[paragraph], self._offsets[paragraph]
                long = len(text) > _SEARCHED
            chunk = chunks[first]
            at = text.find(chunk, at)
            if long or text.find(chunk, at + 1) >= 0:
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
            places.append((paragraph, at + start + offset, end + offset, begins, ends, term, written))
        return list(map(_occurrence, places))

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
        """The numbers of the chunks that are MARK."""
        marks = [0]
        for _ in self._paragraphs:
            marks.append(self._chunks.index(MARK, marks[-1] + 1))
        return marks

    def _counted_off(self, paragraph: int, i: int) -> int:
        """Where a chunk starts in its paragraph, by all the chunks before it."""
        before = self._marks[paragraph] + 1
        if paragraph not in self._starts:
            text, chunks = self._paragraphs[paragraph], self._chunks[before : self._marks[paragraph + 1]]
            starts = list(accumulate(map(len, chunks), initial=0))
            unspaced = starts[-1] == len(text)  # one stands after the other
            self._starts[paragraph] = starts if unspaced else list(_walked(text, chunks))
        return self._starts[paragraph][i - before]


def _not_too_many(found: list[Found]) -> list[Found]:
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


def _beside(before: int | None, after: int | None) -> Further:
    """One word at a side, or at both, with a chunk between that is no word."""
    return Further(() if before is None else (before,), () if after is None else (after,))


_NOWHERE = (-1, 0, 0)


def _follow(looked: Sequence[Chunk], i: int, at: int, tests: tuple[int, ...]) -> tuple[int, int, int]:
    """The chunk of the last of the words from chunk `i` on that pass the tests, and where that word ends in it.

    Last, where the word begins, in halves of a word; `at` is where the chunk does. _NOWHERE if they don't pass.
    """
    chunk, j, end = looked[i], 0, 0
    for test in tests:
        while j == len(chunk.words):
            at += chunk.width
            i += 1
            chunk, j = looked[i], 0
        if test not in chunk.words[j]:
            return _NOWHERE
        end = chunk.words[j][test][1]
        j += 1
    return i, end, at + chunk.at[j - 1]


def _precede(looked: Sequence[Chunk], i: int, at: int, tests: tuple[int, ...]) -> tuple[int, int, int]:
    """The same of the first of the words up to chunk `i` that pass the tests, the last first, and where it starts.

    `at` is where the chunk ends.
    """
    chunk = looked[i]
    at -= chunk.width
    j, start = len(chunk.words), 0
    for test in tests:
        while not j:
            i -= 1
            chunk = looked[i]
            at -= chunk.width
            j = len(chunk.words)
        j -= 1
        if test not in chunk.words[j]:
            return _NOWHERE
        start = chunk.words[j][test][0]
    return i, start, at + chunk.at[j]
