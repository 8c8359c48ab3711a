"""Conditions: what a rule asks of an article, and in what words it answers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from math import inf
from typing import NamedTuple

from digest.model import Field
from digest.topics.line import TITLE_BIT, WORD
from digest.topics.near import Window, closest, windows
from digest.topics.reading import NOTHING, Mask, Places, Reading, Search

ANYWHERE = -1  # every paragraph
SHOWN = 4  # terms that a rule's text names before it says "…"
_LONGEST_SHOWN = 60  # letters of what a pattern found


class View:
    """A reading as one topic sees it: without what its `ignore` masks, in the fields asked for."""

    def __init__(
        self,
        reading: Reading,
        masked: Mask = NOTHING,
        scope: Field | None = None,
        without: int | None = None,
    ) -> None:
        self.reading = reading
        self.masked = masked
        self.scope = scope
        self.without = without  # a term that is not looked for
        self._whole = scope is None and not masked and without is None
        self._inside: dict[Field, View] = {}
        self._known: dict[Condition, Evidence | None] = {}

    def inside(self, scope: Field) -> View:
        """The same, in one field only."""
        view = self._inside.get(scope)
        if view is None:
            view = self._inside[scope] = View(self.reading, self.masked, scope, self.without)
        return view

    def evidence(self, condition: Condition) -> Evidence | None:
        """The reason why a condition holds, worked out once: the same list stands in many rules."""
        if condition not in self._known:
            self._known[condition] = condition.evidence(self)
        return self._known[condition]

    def places(self, term: int) -> Places:
        """Where a term stands."""
        found = self.reading.places(term)
        if self._whole or not found:
            return found
        return self._seen(found)

    def pattern_places(self, pattern: Pattern) -> Places:
        """Where a regular expression finds something."""
        if pattern.term == self.without:
            return ()
        span = () if self.scope is None else _span(self.reading, self.scope)
        return self._seen(self.reading.of_pattern(pattern.term, pattern.search, *span))

    def _seen(self, places: Places) -> Places:
        if self.without is not None:
            places = [each for each in places if each.term != self.without]
        if self.scope is not None:
            first, last = _span(self.reading, self.scope)  # places are in the order of paragraphs
            places = places[bisect_left(places, (first,)) : bisect_left(places, (last + 1,))]
        if self.masked:
            places = [each for each in places if not self.masked.hides(each)]
        return places

    def of_list(self, terms: frozenset[int]) -> Places:
        """Where any of the terms stands, in order of paragraph, start and term."""
        found = self.reading.of_list(terms)
        if self._whole or not found:
            return found
        return self._seen(found)


def _span(reading: Reading, scope: Field) -> tuple[int, float]:
    """The first and the last paragraph of a field."""
    if scope is Field.TITLE:
        return 0, 0
    return 1, reading.last_of_lead if scope is Field.LEAD else inf


class Evidence(NamedTuple):
    """A condition that holds: the places that make it so, and the rule in words."""

    places: Places
    rule: str


class Condition(ABC):
    """What a rule asks. `terms` are those that can make it hold; `always`: it may hold without any of them."""

    __slots__ = ()
    terms: frozenset[int] = frozenset()
    always: bool = False

    @abstractmethod
    def evidence(self, view: View) -> Evidence | None:
        """The reason why it holds; None if it doesn't."""

    def reach(self, reading: Reading, among: int) -> int:
        """A quick look: of the paragraphs `among`, one bit each, those where it may hold. 0: it can't hold."""
        return among if self.always or not self.terms.isdisjoint(reading.where) else 0

    @abstractmethod
    def miss(self, view: View) -> str:
        """What is lacking, in words, when it doesn't hold."""

    @abstractmethod
    def named(self) -> str:
        """The condition as the file has it, in short."""


class Term(Condition):
    """A term stands somewhere."""

    __slots__ = ("term", "text")

    def __init__(self, term: int, text: str) -> None:
        self.term = term
        self.text = text

    @property
    def terms(self) -> frozenset[int]:  # type: ignore[override] # read only; kept for 50,000 terms it would be 10 MB
        """Itself."""
        return frozenset((self.term,))

    def evidence(self, view: View) -> Evidence | None:
        places = view.places(self.term)
        return Evidence(places, told(self.text, places[0].written)) if places else None

    def reach(self, reading: Reading, among: int) -> int:
        return reading.where.get(self.term, 0) & among

    def miss(self, view: View) -> str:
        return f"no “{plain(self.text)}”{_elsewhere(self, view)}"

    def named(self) -> str:
        return self.text


@dataclass(frozen=True, eq=False)
class Pattern(Condition):
    """A regular expression finds something."""

    term: int
    text: str
    search: Search
    always: bool = True

    def evidence(self, view: View) -> Evidence | None:
        places = view.pattern_places(self)
        return Evidence(places, f"regex: {_cut(places[0].written)}") if places else None

    def miss(self, view: View) -> str:
        return f"nothing for regex: {self.text}{_elsewhere(self, view)}"

    def named(self) -> str:
        return f"regex: {self.text}"


@dataclass(frozen=True, eq=False)
class AnyOf(Condition):
    """Any of several. Terms are kept apart from other conditions: a list of 50,000 costs what is found of it.

    `number` is the vocabulary's for the list of its own terms.
    """

    own: frozenset[int]
    number: int
    others: tuple[Condition, ...]
    name: str = ""  # "$talks"
    first: tuple[str, ...] = ()  # of its own terms, the first few of the file
    terms: frozenset[int] = field(init=False)
    always: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "terms", self.own.union(*(each.terms for each in self.others)))
        object.__setattr__(self, "always", any(each.always for each in self.others))

    def evidence(self, view: View) -> Evidence | None:
        places: Places = view.of_list(self.own) if self.own else ()
        held = [each for other in self.others if (each := view.evidence(other)) is not None]
        if not places and not held:
            return None
        words = chain(_told_once(places, view.reading.texts), (each.rule for each in held))
        if held:
            places = list(chain(places, *(each.places for each in held)))
        return Evidence(places, some(words))

    def reach(self, reading: Reading, among: int) -> int:
        reached = reading.lists.get(self.number, 0) & among
        for each in self.others:
            reached |= each.reach(reading, among)
        return reached

    def miss(self, view: View) -> str:
        if not self.own and len(self.others) == 1:
            return self.others[0].miss(view)
        return f"nothing of {self.named()}{_elsewhere(self, view)}"

    def named(self) -> str:
        return self.name or some([*map(plain, self.first), *(each.named() for each in self.others)])


@dataclass(frozen=True, eq=False)
class AllOf(Condition):
    """Every one of several."""

    of: tuple[Condition, ...]
    terms: frozenset[int] = field(init=False)
    always: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "terms", frozenset().union(*(each.terms for each in self.of)))
        object.__setattr__(self, "always", all(each.always for each in self.of))

    def evidence(self, view: View) -> Evidence | None:
        held = [view.evidence(each) for each in self.of]
        if any(each is None for each in held):
            return None
        places = [place for each in held if each for place in each.places]
        return Evidence(places, " + ".join(each.rule for each in held if each))

    def reach(self, reading: Reading, among: int) -> int:
        reached = 0
        for each in self.of:
            here = each.reach(reading, among)
            if not here:
                return 0
            reached |= here
        return reached

    def miss(self, view: View) -> str:
        lacking = [each for each in self.of if each.evidence(view) is None]
        held = len(self.of) - len(lacking)
        return f"{held} of {len(self.of)} gates: " + "; ".join(each.miss(view) for each in lacking)

    def named(self) -> str:
        return " + ".join(each.named() for each in self.of)


@dataclass(frozen=True, eq=False)
class NoneOf(Condition):
    """None of several."""

    of: AnyOf
    always: bool = True

    def evidence(self, view: View) -> Evidence | None:
        return None if view.evidence(self.of) else Evidence((), self.named())

    def miss(self, view: View) -> str:
        held = self.of.evidence(view)
        return f"none: {held.rule if held else ''} is there"

    def named(self) -> str:
        return f"none of {self.of.named()}"


@dataclass(frozen=True, eq=False)
class AtLeast(Condition):
    """So many of several."""

    n: int
    of: tuple[Condition, ...]
    terms: frozenset[int] = field(init=False)
    always: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "terms", frozenset().union(*(each.terms for each in self.of)))
        object.__setattr__(self, "always", sum(each.always for each in self.of) >= self.n)

    def evidence(self, view: View) -> Evidence | None:
        held = self._held(view)
        if len(held) < self.n:
            return None
        places = [place for each in held for place in each.places]
        return Evidence(places, f"at least {self.n} of: {some([each.rule for each in held])}")

    def reach(self, reading: Reading, among: int) -> int:
        return among if sum(bool(each.reach(reading, among)) for each in self.of) >= self.n else 0

    def _held(self, view: View) -> list[Evidence]:
        return [held for each in self.of if (held := view.evidence(each)) is not None]

    def miss(self, view: View) -> str:
        held = self._held(view)
        found = f" ({some([each.rule for each in held])})" if held else ""
        return f"at least {self.n} of {len(self.of)}: {len(held)} found{found}"

    def named(self) -> str:
        return f"at least {self.n} of: {some([each.named() for each in self.of])}"


@dataclass(frozen=True, eq=False)
class Near(Condition):
    """One place of each of several, close together in one paragraph."""

    within: int  # words
    ordered: bool
    of: tuple[Condition, ...]  # terms and lists of terms
    terms: frozenset[int] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "terms", frozenset().union(*(each.terms for each in self.of)))

    def evidence(self, view: View) -> Evidence | None:
        found = windows(self._members(view), self.within * WORD, ordered=self.ordered)
        if not found:
            return None
        best = min(found, key=lambda window: window.distance)
        shown = " … ".join(told(view.reading.texts[place.term], place.written) for place in sorted(best.places))
        order = ", in this order" if self.ordered else ""
        places = sorted({place for window in found for place in window.places})
        words = "word" if self.within == 1 else "words"
        return Evidence(places, f"near: within {self.within} {words}{order}: {shown}")

    def reach(self, reading: Reading, among: int) -> int:
        for each in self.of:
            among &= each.reach(reading, among)
        return among

    def _members(self, view: View) -> list[Places]:
        return [held.places if (held := view.evidence(each)) else () for each in self.of]

    def miss(self, view: View) -> str:
        members = self._members(view)
        lacking = [each.named() for each, places in zip(self.of, members, strict=True) if not places]
        if lacking:
            return f"near: nothing of {some(lacking)}"
        nearest: Window | None = closest(members, ordered=self.ordered)
        if nearest is None and self.ordered and closest(members, ordered=False):
            return "near: found in another order"
        if nearest is None:
            return "near: never in one paragraph"
        shown = " … ".join(place.written for place in sorted(nearest.places))
        return f"near: distance {-(-nearest.distance // WORD)}, allowed {self.within} ({shown})"

    def named(self) -> str:
        return f"near: {' … '.join(each.named() for each in self.of)}"


@dataclass(frozen=True, eq=False)
class In(Condition):
    """A condition that looks at one field."""

    field: Field
    of: Condition
    paragraphs: int  # one bit each
    terms: frozenset[int]
    always: bool

    def evidence(self, view: View) -> Evidence | None:
        held = view.inside(self.field).evidence(self.of)
        return Evidence(held.places, f"{self.field}: {held.rule}") if held is not None else None

    def miss(self, view: View) -> str:
        return f"{self.field}: {self.of.miss(view.inside(self.field))}"

    def reach(self, reading: Reading, among: int) -> int:
        return self.of.reach(reading, among & self.paragraphs)

    def named(self) -> str:
        return f"{self.field}: {self.of.named()}"


def inside(where: Field, of: Condition) -> In:
    """The condition, looking at one field only."""
    return In(where, of, TITLE_BIT if where is Field.TITLE else ~TITLE_BIT, of.terms, of.always)


@lru_cache(maxsize=65_536)
def plain(term: str) -> str:
    """A term without its marks, as readers see it."""
    return " ".join(word.rstrip("*~") for word in term.removeprefix("=").split())


def told(term: str, written: str) -> str:
    """A term that was found, as readers see it: what a prefix or an inflection stands for is told as it is written.

    "negotiat" for `negotiat*` would look like a misprint.
    """
    return written if term.endswith(("*", "~")) else plain(term)


def _told_once(places: Places, texts: Sequence[str]) -> Iterator[str]:
    """Each term, in the order of their first places."""
    seen = set()
    for _, _, _, _, _, term, written in places:
        if term not in seen:
            seen.add(term)
            yield told(texts[term], written)


def some(words: Iterable[str]) -> str:
    """The first few of several, each once."""
    distinct: dict[str, None] = {}
    for word in filter(None, words):
        if len(distinct) == SHOWN and word not in distinct:
            return ", ".join(distinct) + ", …"
        distinct[word] = None
    return ", ".join(distinct)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"


def _elsewhere(condition: Condition, view: View) -> str:
    """A hint where the condition would hold in the whole article, or without the mask."""
    if view.scope is not None and condition.evidence(View(view.reading, view.masked, None, view.without)):
        return " there (elsewhere it is)"
    if view.masked and condition.evidence(View(view.reading, NOTHING, view.scope, view.without)):
        return " (but where `ignore` masks it)"
    return ""
