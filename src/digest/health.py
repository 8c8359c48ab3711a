"""Judges how the service does: green, yellow or red, with the reasons in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from digest.model import Counts, ParcelState

OVERDUE_S = 3600.0  # a feed that has been due for so long shows that polling does not keep up
LEAST_FREE_BYTES = 200_000_000


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

    @property
    def stands_still(self) -> bool:
        """It should have come round by now."""
        return self.age_s > self.allowed_s


@dataclass(frozen=True, slots=True)
class Vitals:
    """What can be known of a running service at one moment."""

    loops: Mapping[str, Loop]  # by what they do: "polling", "reading", "mailing"
    refused_edit: str = ""  # the first problem of a configuration that was not taken over
    awaits_restart: tuple[str, ...] = ()  # keys whose new values only count after a restart
    refused_editions: Mapping[str, str] = field(default_factory=dict)  # by digest, why none can be made
    store_error: str = ""
    damage: str = ""  # what was found in the store's file, which can be used all the same
    counts: Counts = field(default_factory=Counts)
    oldest_due_s: float = 0.0  # how long the feed that is due the longest has been due
    free_bytes: int | None = None  # where the store lies; None: on another machine


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that is not as it should be, in words for people. `for_readers`: a digest's footer tells it too."""

    level: Level
    text: str
    for_readers: bool = False


@dataclass(frozen=True, slots=True)
class Health:
    """A judgement. No reasons: green."""

    reasons: Sequence[Reason] = ()

    @property
    def level(self) -> Level:
        """The worst of it."""
        return max((reason.level for reason in self.reasons), default=Level.GREEN)

    @property
    def notices(self) -> tuple[str, ...]:
        """What a digest's footer tells its readers."""
        return tuple(_sentence(reason.text) for reason in self.reasons if reason.for_readers)

    def to_json(self) -> dict[str, Any]:
        """As `/healthz` and `digest status --json` show it."""
        return {
            "health": str(self.level),
            "reasons": [{"level": str(reason.level), "text": reason.text} for reason in self.reasons],
        }

    def __str__(self) -> str:
        return "; ".join((str(self.level), *(reason.text for reason in self.reasons)))


def judge(vitals: Vitals) -> Health:
    """How a service with these vitals does, the worst reasons first."""
    found = (*_loops(vitals), *_settings(vitals), *_store(vitals), *_mailings(vitals))
    return Health(tuple(sorted(found, key=lambda reason: -reason.level)))


def _loops(vitals: Vitals) -> Iterator[Reason]:
    for name, loop in vitals.loops.items():
        if loop.stands_still:
            yield Reason(Level.RED, f"{name} has stood still for {loop.age_s:.0f} s; start the service again")
    if vitals.oldest_due_s > OVERDUE_S:
        minutes = vitals.oldest_due_s / 60
        yield Reason(Level.YELLOW, f"a feed has been due for {minutes:.0f} minutes: polling does not keep up")


def _settings(vitals: Vitals) -> Iterator[Reason]:
    if vitals.refused_edit:
        text = f"an edit of the configuration was refused, the last good one counts: {vitals.refused_edit}"
        yield Reason(Level.YELLOW, text, for_readers=True)
    if vitals.awaits_restart:
        keys = " and ".join(f"`{key}`" for key in vitals.awaits_restart)
        yield Reason(Level.YELLOW, f"the edit of {keys} takes effect after a restart")


def _store(vitals: Vitals) -> Iterator[Reason]:
    counts = vitals.counts
    if vitals.store_error:
        yield Reason(Level.RED, f"the store can't be used: {vitals.store_error}")
    if vitals.damage:
        yield Reason(Level.YELLOW, vitals.damage, for_readers=True)
    if counts.feeds and counts.failing * 2 > counts.feeds:
        text = f"{counts.failing} of {counts.feeds} feeds fail; see `digest feeds list`"
        yield Reason(Level.YELLOW, text)  # a footer lists them anyway
    if vitals.free_bytes is not None and vitals.free_bytes < LEAST_FREE_BYTES:
        text = f"only {vitals.free_bytes // 1_000_000} MB are free where the store lies; make room"
        yield Reason(Level.YELLOW, text, for_readers=True)


def _mailings(vitals: Vitals) -> Iterator[Reason]:
    for digest_id, error in vitals.refused_editions.items():
        yield Reason(Level.YELLOW, f"no edition of {digest_id} can be made, what it would tell stays pending: {error}")
    for state, what in (
        (ParcelState.FAILED, "refused for good"),
        (ParcelState.UNKNOWN, "lost in an unknown state"),
    ):
        if number := vitals.counts.outbox.get(state, 0):
            messages = "1 message was" if number == 1 else f"{number} messages were"
            yield Reason(Level.YELLOW, f"{messages} {what}; see `digest outbox list`")


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
