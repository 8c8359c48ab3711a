"""Proximity: one place of each of several things, close together in one paragraph."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from digest.topics.line import Occurrence

_MOST_STEPS = 20_000  # tries for one paragraph: text made to be hard costs a bounded time
_FAR = 1 << 60


class Window(NamedTuple):
    """One place of each thing, and the distance from the first of them to the last, in halves of a word."""

    distance: int
    places: tuple[Occurrence, ...]


def windows(members: Sequence[Sequence[Occurrence]], within: int, *, ordered: bool) -> list[Window]:
    """For every place, the closest window that ends with it, none longer than `within` halves of a word.

    Things that share a word don't count as two. With `ordered`, they come in the order of `members`.
    """
    found: list[Window] = []
    if not all(members):
        return found
    first, *others = kept = [_by_paragraph(places) for places in members]
    for paragraph in sorted(set(first).intersection(*others)):
        here = [each[paragraph] for each in kept]
        if sum(map(len, here)) == len(here):
            found += _only_window([place for (place,) in here], within, ordered=ordered)
        else:
            found += _Paragraph([sorted(places) for places in here], within, ordered=ordered).windows()
    return found


def _only_window(places: list[Occurrence], within: int, *, ordered: bool) -> list[Window]:
    """The window of one place of each thing, when there is no choice: so it is in most paragraphs."""
    if not ordered:
        places.sort()
    distance = places[-1].first - places[0].last
    if distance > within or any(before.last >= after.first for before, after in pairwise(places)):
        return []
    return [Window(distance, tuple(places))]


def _by_paragraph(places: Iterable[Occurrence]) -> dict[int, list[Occurrence]]:
    found: dict[int, list[Occurrence]] = {}
    for place in places:
        found.setdefault(place.paragraph, []).append(place)
    return found


def closest(members: Sequence[Sequence[Occurrence]], *, ordered: bool) -> Window | None:
    """The shortest window of any length."""
    return min(windows(members, _FAR, ordered=ordered), key=lambda window: window.distance, default=None)


class _Paragraph:
    def __init__(self, members: list[list[Occurrence]], within: int, *, ordered: bool) -> None:
        self.members = members
        self.within = within
        self.ordered = ordered
        self.steps = 0

    def windows(self) -> list[Window]:
        found: list[Window] = []
        ends: dict[Occurrence, list[int]] = defaultdict(list)
        for number, places in enumerate(self.members):
            if not self.ordered or number == len(self.members) - 1:
                for place in places:
                    ends[place].append(number)
        passed = [0] * len(self.members)  # how many places of each member begin before the end looked at
        for end in sorted(ends, key=lambda place: (place.first, place.last)):
            for number, places in enumerate(self.members):
                while passed[number] < len(places) and places[passed[number]].first < end.first:
                    passed[number] += 1
            for number in ends[end]:
                others = [each for each in range(len(self.members)) if each != number]
                chosen = self._choose(others[::-1] if self.ordered else others, end, [end], passed)
                if chosen is not None:
                    first = min(chosen, key=lambda place: place.first)
                    found.append(Window(end.first - first.last, tuple(chosen)))
            if self.steps > _MOST_STEPS:
                break
        return found

    def _choose(
        self, others: list[int], end: Occurrence, chosen: list[Occurrence], passed: list[int]
    ) -> list[Occurrence] | None:
        """The latest place of each of the others before the end, free of each other."""
        if not others:
            return chosen
        places = self.members[others[0]]
        for i in range(passed[others[0]] - 1, -1, -1):
            place = places[i]
            self.steps += 1
            if end.first - place.first > self.within + _LONGEST or self.steps > _MOST_STEPS:
                return None
            if end.first - place.last > self.within or not self._free(place, chosen):
                continue
            found = self._choose(others[1:], end, [*chosen, place], passed)
            if found is not None:
                return found
        return None

    def _free(self, place: Occurrence, chosen: list[Occurrence]) -> bool:
        if self.ordered:
            return place.last < chosen[-1].first
        return all(place.last < each.first or each.last < place.first for each in chosen)


_LONGEST = 60  # halves of a word: no term is longer
