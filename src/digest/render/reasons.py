"""Says in the reader's language why a feed or a page could not be read, as far as the words are ours."""

from __future__ import annotations

import re
from collections.abc import Iterable

from babel.messages import Message

CONTEXT = "reason"
"""The `msgctxt` of these sentences in the catalogue, apart from the labels of the templates."""

_GAP = re.compile(r"\\\{(\w+)\\\}")  # {host}, once it is escaped
_FILLING = {"num": r"\d+", "host": r"\S+"}  # what else a gap may hold than any words
_OURS = frozenset({"reason", "span"})  # gaps that hold a sentence or a time of ours


class Reasons:
    """The sentences that a catalogue knows. What it doesn't know, as a server's own words, stays as it was said.

    An error is stored as a sentence, for the operator, long before it is known who will read it in a mail; so it is
    recognised by its words. Several in a row, as `planner.health` tells them, are separated by semicolons.
    """

    def __init__(self, entries: Iterable[Message]) -> None:
        known = {str(entry.id): str(entry.string) for entry in entries if entry.context == CONTEXT and entry.string}
        self._sentences = [(_pattern(known_as), known[known_as]) for known_as in sorted(known, key=_told, reverse=True)]

    def told(self, said: str) -> str:
        """What was said, in the reader's language."""
        return "; ".join(self._one(part) for part in said.split("; ")) if self._sentences else said

    def _one(self, said: str) -> str:
        for pattern, sentence in self._sentences:
            if found := pattern.fullmatch(said):
                gaps = {name: self._one(words) if name in _OURS else words for name, words in found.groupdict().items()}
                return sentence.format(**gaps)
        return said


def _told(sentence: str) -> int:
    """How much of a sentence is its own: of two that fit, the one that says more is meant."""
    return len(_GAP.sub("", re.escape(sentence)))


def _pattern(sentence: str) -> re.Pattern[str]:
    def filled(gap: re.Match[str]) -> str:
        return f"(?P<{gap[1]}>{_FILLING.get(gap[1], '.+?')})"

    return re.compile(_GAP.sub(filled, re.escape(sentence)), re.DOTALL)
