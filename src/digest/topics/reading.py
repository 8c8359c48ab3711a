"""One article as the rules see it: what was found in it, and what is hidden from them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from itertools import compress, islice
from math import inf
from operator import itemgetter

from digest.model import Article
from digest.topics.line import PARAGRAPH, Found, Line, Occurrence

_LEAD_WORDS = 40
_MOST_PLACES = 500  # of one pattern in one paragraph

_term = itemgetter(3)  # of what was found

Places = Sequence[Occurrence]
Search = Callable[[str], Iterable[tuple[int, int]]]


class Reading:
    """One article with the places of every term in it. Shared by all topics."""

    def __init__(self, article: Article, line: Line, texts: Sequence[str], lists_with: Sequence[Sequence[int]]) -> None:
        self.article = article
        self.texts = texts  # by term
        self.where = line.where  # the terms that it has: in which paragraphs, one bit each
        self.lists = lists = dict[int, int]()  # the same for lists of terms
        for term, paragraphs in line.where.items():
            for each in lists_with[term]:
                lists[each] = lists.get(each, 0) | paragraphs
        self._line = line
        self._of_term: dict[int, Places] = {}
        self._of_list: dict[frozenset[int], Places] = {}
        self._patterns: dict[tuple[int, float, float], list[Occurrence]] = {}

    @cached_property
    def _by_term(self) -> dict[int, list[Found]]:
        by_term: dict[int, list[Found]] = {}
        for found in self._line.found:
            by_term.setdefault(_term(found), []).append(found)
        return by_term

    def places(self, term: int) -> Places:
        """Where a term stands, in order."""
        if term not in self.where:
            return ()
        if term not in self._of_term:
            self._of_term[term] = self._line.places(self._by_term[term])
        return self._of_term[term]

    def of_list(self, terms: frozenset[int]) -> Places:
        """Where any of the terms stands, in order of paragraph, start and term."""
        if terms not in self._of_list:
            found = self._line.found
            self._of_list[terms] = self._line.places(compress(found, map(terms.__contains__, map(_term, found))))
        return self._of_list[terms]

    def of_pattern(self, number: int, search: Search, first: float = 0, last: float = inf) -> list[Occurrence]:
        """The places of a regular expression in some paragraphs, looked for once; its number is one of the terms'.

        Most patterns are about headlines: no other paragraph is searched for those.
        """
        asked = (number, first, last)
        if asked not in self._patterns:
            self._patterns[asked] = list(self._search(number, search, first, last))
        return self._patterns[asked]

    @cached_property
    def _paragraphs(self) -> list[str]:
        return [self.article.title, *self.article.text.split(PARAGRAPH)]

    def _search(self, pattern: int, search: Search, first: float, last: float) -> Iterable[Occurrence]:
        offset = 0
        for number, paragraph in enumerate(self._paragraphs):
            if number > last:
                return
            if number >= first:
                for start, end in islice(search(paragraph), _MOST_PLACES):
                    written = " ".join(paragraph[start:end].split())
                    yield Occurrence(number, offset + start, offset + end, 0, 0, pattern, written)
            if number:
                offset += len(paragraph) + len(PARAGRAPH)

    @cached_property
    def last_of_lead(self) -> int:
        """The number of the last paragraph of the lead: the standfirst, then paragraphs until 40 words are read."""
        read = reached = 0
        for number, paragraph in enumerate(self._paragraphs[1:], start=1):
            pieces = paragraph.split()
            read += max(len(pieces), sum(map(len, pieces)) // 8)  # unspaced text has no pieces to count
            reached += len(paragraph) + len(PARAGRAPH)
            if read >= _LEAD_WORDS and reached > len(self.article.lead):
                return number
        return number


class Mask:
    """The stretches of an article where a topic finds nothing."""

    def __init__(self, places: Places) -> None:
        self._title = _Stretches([place for place in places if not place.paragraph])
        self._text = _Stretches([place for place in places if place.paragraph])

    def __bool__(self) -> bool:
        return bool(self._title.starts or self._text.starts)

    def hides(self, place: Occurrence) -> bool:
        """The place shares a letter with one of them."""
        return (self._text if place.paragraph else self._title).meet(place)


class _Stretches:
    """Joined where they overlap, in order."""

    def __init__(self, places: Places) -> None:
        self.starts: list[int] = []
        self.ends: list[int] = []
        for place in sorted(places, key=lambda place: place.start):
            if self.ends and place.start <= self.ends[-1]:
                self.ends[-1] = max(self.ends[-1], place.end)
            else:
                self.starts.append(place.start)
                self.ends.append(place.end)

    def meet(self, place: Occurrence) -> bool:
        next_one = bisect_right(self.ends, place.start)
        return next_one < len(self.starts) and self.starts[next_one] < place.end


NOTHING = Mask(())
