"""What can go wrong, sorted by who must act."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong in one place of a file: what it is, and what mends it.

    `line` and `column` count from 1; 0 means that the whole file, or no file at all, is meant.
    """

    file: str
    line: int
    column: int
    what: str
    mend: str = ""
    warning: bool = False

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}: " if self.line else f"{self.file}: " if self.file else ""
        level = "warning: " if self.warning else ""
        return f"{place}{level}{self.what}" + (f"; {self.mend}" if self.mend else "")


_SHOWN = 5  # of one kind in one file
_NAMED = re.compile("`[^`]*`")


def shortened(problems: Sequence[Problem]) -> Iterator[Problem]:
    """The problems; of very many of one kind in one file the first few, and how many more there are."""
    kinds: dict[tuple[str, bool, str], list[Problem]] = {}
    for problem in problems:
        kinds.setdefault((problem.file, problem.warning, _NAMED.sub("`…`", problem.what)), []).append(problem)
    more = {same[_SHOWN - 1]: len(same) - _SHOWN for same in kinds.values() if len(same) > _SHOWN}
    hidden = {problem for same in kinds.values() for problem in same[_SHOWN:]}
    for problem in problems:
        if problem not in hidden:
            yield problem
        if problem in more:
            what = f"and {more[problem]:,} more like the one on line {problem.line}"
            yield Problem(problem.file, 0, 0, what, warning=problem.warning)


class DigestError(Exception):
    """The base of every error that digest raises on purpose."""


class ConfigError(DigestError):
    """The configuration is refused; the user mends the files that `problems` names."""

    def __init__(self, problems: list[Problem] | tuple[Problem, ...] | str) -> None:
        found = [Problem("", 0, 0, problems)] if isinstance(problems, str) else problems
        self.problems: tuple[Problem, ...] = tuple(found)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[type[ConfigError], tuple[tuple[Problem, ...]]]:
        return type(self), (self.problems,)


class WrongCall(ConfigError):
    """The command line asks for what does not go with the files that are there; the user mends it, not the files."""


class ArchiveError(DigestError):
    """A page or a feed of the archive could not be written; the operator acts, and it is written later."""


class FetchError(DigestError):
    """A URL could not be fetched; the publisher or the network acts, we ask again later.

    `retryable` is false where asking again soon is pointless (gone, refused address, wrong scheme).
    `status` is the HTTP status where there was one; `retry_after_s` the server's wish in seconds.
    `unreachable`: not even a connection came about, which may be our own network's fault.
    """

    def __init__(
        self,
        reason: str,
        *,
        retryable: bool = True,
        status: int | None = None,
        retry_after_s: float | None = None,
        unreachable: bool = False,
    ) -> None:
        super().__init__(reason)
        self.retryable = retryable
        self.unreachable = unreachable
        self.status = status
        self.retry_after_s = retry_after_s


class Paused(FetchError):
    """Nothing was asked: the publisher wants a pause, as another of its feeds or pages was told."""


class GaveWay(DigestError):
    """A request was broken off so that others of its host need not wait for it; it is to be made again after them."""


class ParseError(DigestError):
    """The bytes of a feed are no feed."""


class ExtractError(DigestError):
    """No article could be read from a page; the feed's own text stands in for it."""


class StoreError(DigestError):
    """The store can't be opened, read or written; the operator acts."""


class StoreLocked(StoreError):
    """Another instance works on this store."""


class Stale(StoreError):
    """What was to change is no longer as it was seen; nothing was written. Who asked looks again."""


class BadBackup(DigestError):
    """A file is no backup, or a damaged one; another one must be named. Nothing was changed."""


class DeliveryError(DigestError):
    """A message was not delivered.

    `retryable`: a later attempt may succeed. `unknown`: the server had the whole message and its
    answer was lost, so the message may have arrived. `relay`: the fault is the relay's (it refuses
    our credentials, TLS, ...) and every other message would meet it too.
    """

    def __init__(self, reason: str, *, retryable: bool, unknown: bool = False, relay: bool = False) -> None:
        super().__init__(reason)
        self.retryable = retryable
        self.unknown = unknown
        self.relay = relay


class Unreachable(DigestError):
    """Nothing at all could be reached: every feed failed."""


class WorkerTimeout(DigestError):
    """A worker process was still busy at its deadline and was killed; only its own item is lost."""


class WorkerDied(DigestError):
    """A worker process ended before it answered: a crash, or its memory limit."""


class WorkerLost(WorkerDied):
    """There was no worker process, or it was lost, through no fault of its task."""


class TaskCrashed(WorkerDied):
    """The task met a bug of ours, which the log has with its traceback; the process lives on."""


class Quarantine(WorkerDied):
    """The input has killed worker processes before, and is left alone until its bytes change."""


class RenderError(DigestError):
    """A message can't be made as it must be: a header that is not ours, an address that is none. Nothing is sent."""
