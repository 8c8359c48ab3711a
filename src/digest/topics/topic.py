"""One compiled topic: judges a reading, and gives its reasons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from operator import attrgetter
from typing import NamedTuple

from digest.model import Field, Hit, Match, Why
from digest.topics.conditions import ANYWHERE, AnyOf, Condition, Evidence, Term, View
from digest.topics.reading import NOTHING, Mask, Places, Reading

_hit = partial(tuple.__new__, Hit)  # from its fields, without a step in Python: there are many
_written = attrgetter("written")
_MOST_HITS = 1_000  # that readers may be shown


@dataclass(frozen=True, slots=True)
class Item:
    """A condition that earns points, or a gate that earns none; `line` is where the file has it.

    `label` goes before its words. A silent gate says nothing when it holds: its parts earn points of their own.
    """

    points: int
    condition: Condition
    line: int
    label: str = ""
    silent: bool = False


class Line(NamedTuple):
    """An item that holds, with its evidence."""

    item: Item
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a topic says of an article. `missed`: the gates that don't hold; `excluded`: the exclusion that does."""

    score: int
    lines: tuple[Line, ...]
    missed: tuple[Item, ...] = ()
    excluded: Line | None = None
    foreign: bool = False  # the article's site is not among the topic's sources


@dataclass(frozen=True, eq=False)
class Topic:
    """A topic file, compiled."""

    id: str
    title: str
    file: str
    threshold: int
    gates: tuple[Item, ...]
    items: tuple[Item, ...]
    exclude: tuple[Item, ...]
    ignore: AnyOf | None
    only: frozenset[str]  # hosts
    never: frozenset[str]
    triggers: frozenset[int] = field(init=False)  # terms: without any of them, a gate is shut or there are no points
    always: bool = field(init=False)  # it may match without any of them
    _by_term: Mapping[int, Sequence[Item]] = field(init=False)
    _others: tuple[Item, ...] = field(init=False)
    _order: Mapping[int, int] = field(init=False)  # by the identity of an item: its place in the file

    def __post_init__(self) -> None:
        positive = [item.condition for item in self.items if item.points > 0]
        needed = [(frozenset[int]().union(*(each.terms for each in positive)), any(each.always for each in positive))]
        needed += [(gate.condition.terms, gate.condition.always) for gate in self.gates]
        triggers, always = min(needed, key=lambda each: (each[1], len(each[0])))
        by_term: dict[int, list[Item]] = {}
        others = []
        for item in self.items:
            if isinstance(item.condition, Term):
                by_term.setdefault(item.condition.term, []).append(item)
            else:
                others.append(item)
        object.__setattr__(self, "triggers", triggers)
        object.__setattr__(self, "always", always)
        object.__setattr__(self, "_by_term", by_term)
        object.__setattr__(self, "_others", tuple(others))
        object.__setattr__(self, "_order", {id(item): number for number, item in enumerate(self.items)})

    def reads(self, source: str) -> bool:
        """The topic looks at articles of this host."""
        if not self.only and not self.never:
            return True
        return not (_among(source, self.never) or (self.only and not _among(source, self.only)))

    def view(self, reading: Reading, without: int | None = None) -> View:
        """The reading with what `ignore` masks taken away."""
        if self.ignore is None:
            return View(reading, without=without)
        masked = self.ignore.evidence(View(reading, without=without))
        return View(reading, Mask(masked.places) if masked else NOTHING, without=without)

    def match(self, reading: Reading, source: str) -> Match | None:
        """The match, if the article is on this topic."""
        if not self.reads(source):
            return None
        for gate in self.gates:
            if not gate.condition.reach(reading, ANYWHERE):
                return None
        items = self._within_reach(reading)
        if sum([item.points for item in items if item.points > 0]) < self.threshold:
            return None
        view = self.view(reading)
        held = self._held_gates(view)
        if held is None:
            return None
        lines = [*held, *_lines(view, items)]
        score = sum(line.item.points for line in lines)
        if score < self.threshold or self._excluding(view) is not None:
            return None
        lines.sort(key=_points, reverse=True)
        return Match(self.id, score, tuple([self.why(line) for line in lines]), self._hits(lines, reading))

    def hinted(self, reading: Reading) -> bool:
        """A term of the gates (`require` and its like) is there; without gates, any term that earns points."""
        gates = [gate.condition for gate in self.gates if not gate.condition.always]
        if gates:
            return any(not gate.terms.isdisjoint(reading.where) for gate in gates)
        return self.always or not self.triggers.isdisjoint(reading.where)

    def matches(self, view: View, source: str) -> bool:
        """The same, without the reasons."""
        if not self.reads(source) or self._held_gates(view) is None:
            return False
        return sum(
            line.item.points for line in _lines(view, self._within_reach(view.reading))
        ) >= self.threshold and not self._excluding(view)

    def judge(self, reading: Reading, source: str) -> Verdict:
        """Everything there is to say, whether it matches or not."""
        view = self.view(reading)
        held = [(gate, view.evidence(gate.condition)) for gate in self.gates]
        lines = [Line(gate, evidence) for gate, evidence in held if evidence is not None and not gate.silent]
        lines += _lines(view, self._within_reach(view.reading))
        return Verdict(
            score=sum(line.item.points for line in lines),
            lines=tuple(sorted(lines, key=_points, reverse=True)),
            missed=tuple(gate for gate, evidence in held if evidence is None),
            excluded=self._excluding(view),
            foreign=not self.reads(source),
        )

    def why(self, line: Line) -> Why:
        """A line as readers see it."""
        places = sorted(line.evidence.places)
        terms = tuple(dict.fromkeys(map(_written, places)))
        rule = f"{line.item.label}{line.evidence.rule}"
        return Why(line.item.points, rule, terms, _field(line, places), f"{self.file}:{line.item.line}")

    def _held_gates(self, view: View) -> list[Line] | None:
        lines: list[Line] = []
        for gate in self.gates:
            evidence = view.evidence(gate.condition)
            if evidence is None:
                return None
            if not gate.silent:
                lines.append(Line(gate, evidence))
        return lines

    def _within_reach(self, reading: Reading) -> list[Item]:
        """The items that may hold, as a quick look tells, in the order of the file."""
        items = [item for item in self._others if item.condition.reach(reading, ANYWHERE)]
        if self._by_term:
            for term in reading.where.keys() & self._by_term.keys():
                items += self._by_term[term]
            items.sort(key=lambda item: self._order[id(item)])
        return items

    def _excluding(self, view: View) -> Line | None:
        for item in self.exclude:
            evidence = view.evidence(item.condition)
            if evidence is not None:
                return Line(item, evidence)
        return None

    def _hits(self, lines: Iterable[Line], reading: Reading) -> tuple[Hit, ...]:
        """The places behind all points and gates, the longest first where they overlap."""
        places = chain.from_iterable([line.evidence.places for line in lines if line.item.points >= 0])
        hits: list[tuple[Field, int, int, str]] = []
        texts = reading.texts
        where, in_title, begun, reached = Field.TITLE, True, -1, 0
        for paragraph, start, end, _, _, term, _ in sorted(places):
            if in_title and paragraph:
                where, in_title, begun, reached = Field.BODY, False, -1, 0
            if start < reached:
                if start > begun or end <= reached:
                    continue
                hits.pop()  # this one begins there, too, and is longer
            begun, reached = start, end
            hits.append((where, start, end, texts[term]))
        return tuple(map(_hit, hits[:_MOST_HITS]))


def _lines(view: View, items: Iterable[Item]) -> list[Line]:
    held = ((item, view.evidence(item.condition)) for item in items)
    return [Line(item, evidence) for item, evidence in held if evidence is not None]


def _points(line: Line) -> int:
    return line.item.points


def _field(line: Line, places: Places) -> Field | None:
    if not places:
        return None
    if line.evidence.rule.startswith("lead: "):
        return Field.LEAD
    return Field.BODY if places[0].paragraph else Field.TITLE


def _among(host: str, hosts: frozenset[str]) -> bool:
    labels = host.lower().rstrip(".").split(".")
    return any(".".join(labels[i:]) in hosts for i in range(len(labels)))
