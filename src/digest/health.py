"""Judges how the service does: green, yellow or red, with the reasons in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import IntEnum
from typing import Any


class Level(IntEnum):
    """Green: all is well. Yellow: it works, and somebody should look. Red: it does not do what it is there for."""

    GREEN = 0
    YELLOW = 1
    RED = 2

    def __str__(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Loop:
    """One of the service's loops: seconds since it last came round, and how many of them are all right."""

    age_s: float
    allowed_s: float


@dataclass(frozen=True, slots=True)
class Vitals:
    """What can be known of a running service at one moment."""

    loops: Mapping[str, Loop]  # by what they do: "polling", "reading", "mailing"
    store_error: str = ""
    refused_edit: str = ""  # the first problem of a configuration that was not taken over


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that is not as it should be, in words for people."""

    level: Level
    text: str


@dataclass(frozen=True, slots=True)
class Health:
    """A judgement. No reasons: green."""

    reasons: Sequence[Reason] = ()

    @property
    def level(self) -> Level:
        """The worst of it."""
        return max((reason.level for reason in self.reasons), default=Level.GREEN)

    def to_json(self) -> dict[str, Any]:
        """As `/healthz` and `digest status --json` show it."""
        reasons = [asdict(reason) | {"level": str(reason.level)} for reason in self.reasons]
        return {"health": str(self.level), "reasons": reasons}


def judge(vitals: Vitals) -> Health:
    """How a service with these vitals does, the worst reasons first."""
    found = []
    if vitals.store_error:
        found.append(Reason(Level.RED, f"the store can't be used: {vitals.store_error}"))
    for name, loop in vitals.loops.items():
        if loop.age_s > loop.allowed_s:
            found.append(Reason(Level.RED, f"{name} has stood still for {loop.age_s:.0f} s; start the service again"))
    if vitals.refused_edit:
        text = f"an edit of the configuration was refused, the last good one counts: {vitals.refused_edit}"
        found.append(Reason(Level.YELLOW, text))
    return Health(tuple(sorted(found, key=lambda reason: -reason.level)))
