"""Tells a publisher's bad day from ours: when most hosts can't be reached at once, nothing is held against feeds.

docs/decisions/102-offline.md gives the reasons.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from digest.errors import FetchError
from digest.model import FeedState

AT_ONCE = timedelta(minutes=2)  # longer than a request may take, so that what fails together is seen together
FEW_HOSTS = 3

Excuse = tuple[FeedState, Exception]


def offline(failed_hosts: int, asked_hosts: int) -> bool:
    """So many hosts could not be reached at once that the fault is ours: then no feed's failure is counted."""
    return failed_hosts >= FEW_HOSTS and failed_hosts > asked_hosts / 2


@dataclass(slots=True)
class _Look:
    """The latest look at a host. `blamed`: feeds whose failure was counted, with their states from before."""

    at: datetime
    missed: bool
    blamed: list[Excuse] = field(default_factory=list)


@dataclass(slots=True)
class Uplink:
    """What the polls of the last two minutes say about our own connection."""

    _looks: dict[str, _Look] = field(default_factory=dict)  # by host, the oldest first
    _missed: int = 0
    _answered_at: datetime | None = None

    def answered(self, url: str, now: datetime) -> None:
        """A host has answered, whatever it said."""
        self._answered_at = now
        self._look(_host(url), _Look(now, missed=False))

    def failed(self, state: FeedState, error: Exception, now: datetime) -> list[Excuse]:
        """The feeds not to be blamed, with their states from before and their errors; none while we are online.

        This one is among them, and so are those that failed just before it was clear that the fault is ours. A feed
        that was failing already says nothing about us, nor does one that fails again after others were reached.
        """
        if not (isinstance(error, FetchError) and error.unreachable):
            self.answered(state.url, now)
            return []
        if state.failures or self._reached_since(state):
            return []
        host = _host(state.url)
        before = self._looks.get(host)
        blamed = before.blamed if before else []
        self._look(host, _Look(now, missed=True, blamed=[*blamed, (state, error)]))
        if not offline(self._missed, len(self._looks)):
            return []
        excused = [excuse for look in self._looks.values() for excuse in look.blamed]
        for look in self._looks.values():
            look.blamed = []
        return excused

    def _reached_since(self, state: FeedState) -> bool:
        """It was excused before, and since then others have been reached: so it isn't us."""
        if state.last_error is None or self._answered_at is None or state.last_poll_at is None:
            return False
        return self._answered_at > state.last_poll_at

    def _look(self, host: str, look: _Look) -> None:
        self._drop(host)
        self._looks[host] = look
        self._missed += look.missed
        while (oldest := next(iter(self._looks))) and self._looks[oldest].at <= look.at - AT_ONCE:
            self._drop(oldest)

    def _drop(self, host: str) -> None:
        look = self._looks.pop(host, None)
        self._missed -= look.missed if look else 0


def _host(url: str) -> str:
    return urlsplit(url).hostname or "?"
