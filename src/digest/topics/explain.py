"""Says why an article is on a topic, or what it lacks."""

from __future__ import annotations

from dataclasses import dataclass

from digest.model import Why
from digest.topics.conditions import AnyOf, Condition, In, Near, View
from digest.topics.reading import Reading
from digest.topics.topic import Topic, Verdict


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """One reason with its places: slices of the title, and of the text."""

    why: Why
    in_title: tuple[tuple[int, int], ...]
    in_text: tuple[tuple[int, int], ...]

    def __str__(self) -> str:
        return f"{self.why.points:+d} {self.why.rule}" if self.why.points else f"gate {self.why.rule}"


@dataclass(frozen=True, slots=True)
class Explanation:
    """What one topic says of one article. `miss` is the nearest miss, empty when it matches."""

    topic: str
    title: str
    matched: bool
    score: int
    threshold: int
    lines: tuple[ScoreLine, ...]
    miss: str

    @property
    def in_words(self) -> str:
        """All of it on one line."""
        lines = "; ".join(str(line) for line in self.lines) or "nothing found"
        score = f"{self.score} of {self.threshold} point{'s' if self.threshold != 1 else ''} ({lines})"
        return f"{score}; {self.miss}" if self.miss else score


def explain(topic: Topic, reading: Reading, source: str) -> Explanation:
    """The score lines of a topic, and if it doesn't match, what was nearest to it."""
    verdict = topic.judge(reading, source)
    reached = verdict.score >= topic.threshold
    matched = reached and not verdict.missed and verdict.excluded is None and not verdict.foreign
    lines = tuple(
        ScoreLine(
            topic.why(line),
            tuple((place.start, place.end) for place in sorted(line.evidence.places) if not place.paragraph),
            tuple((place.start, place.end) for place in sorted(line.evidence.places) if place.paragraph),
        )
        for line in verdict.lines
    )
    miss = "" if matched else "; ".join(_misses(topic, reading, source, verdict))
    return Explanation(topic.id, topic.title, matched, verdict.score, topic.threshold, lines, miss)


def _misses(topic: Topic, reading: Reading, source: str, verdict: Verdict) -> list[str]:
    misses = []
    view = topic.view(reading)
    if verdict.foreign:
        misses.append(f"`sources` leaves out {source or 'an article without a host'}")
    if verdict.excluded is not None:
        at = f"{topic.file}:{verdict.excluded.item.line}"
        misses.append(f"excluded by {verdict.excluded.evidence.rule} ({at})")
    if verdict.missed:
        gates = len(topic.gates)
        counted = f"{gates - len(verdict.missed)} of {gates} gates: " if gates > 1 else ""
        missed = (f"{gate.label}{gate.condition.miss(view)}" for gate in verdict.missed)
        misses.append(counted + "; ".join(missed))
    if verdict.score < topic.threshold and not (verdict.missed and all(gate.silent for gate in verdict.missed)):
        lacking = f"{topic.threshold - verdict.score} more needed"
        nearest = _nearest(topic, view, verdict)
        misses.append(f"{lacking}; {nearest}" if nearest else lacking)
    return misses


def _nearest(topic: Topic, view: View, verdict: Verdict) -> str:
    """Of the conditions that would earn points, the one that something was found of."""
    held = {id(line.item) for line in verdict.lines}
    lacking = [item for item in topic.items if item.points > 0 and id(item) not in held]
    close = [item for item in lacking if _has_begun(item.condition, view)] or lacking
    if not close:
        return ""
    best = max(close, key=lambda item: (_closeness(item.condition, view), item.points))
    return f"{best.condition.miss(view)} (+{best.points})"


def _has_begun(condition: Condition, view: View) -> bool:
    return not view.reading.where.keys().isdisjoint(condition.terms)


def _closeness(condition: Condition, view: View) -> int:
    """How much of a condition there is: for a proximity, how many of its members."""
    if isinstance(condition, In):
        return _closeness(condition.of, view)
    if isinstance(condition, Near):
        return sum(each.evidence(view) is not None for each in condition.of)
    if isinstance(condition, AnyOf) and condition.others:
        return max(_closeness(each, view) for each in condition.others)
    return int(_has_begun(condition, view))
