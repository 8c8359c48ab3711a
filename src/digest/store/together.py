"""Lets the tasks of an event loop share transactions and queries, each of them still getting its own outcome."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

Ask = TypeVar("Ask")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class _Question(Generic[Ask, Answer]):
    """What one caller asks, and where its answer goes."""

    what: Ask
    done: asyncio.Future[Answer]
    hurry: bool


class Together(Generic[Ask, Answer]):
    """One kind of work, done at once for all who ask for it: a sync of the disk costs the same for one change as for
    fifty, and a hop to a thread as much as a small query.

    `work` is called in a thread, with what at most `most` callers asked; it returns an answer, or the exception to
    raise, for each. Whoever comes while it works goes into the next call. `linger_s`: how long the first one waits for
    company, as long as there is any and nobody is in a hurry: after a call for one alone, the next is served at once.
    """

    def __init__(
        self, work: Callable[[Sequence[Ask]], Sequence[Answer | Exception]], most: int, *, linger_s: float = 0.0
    ) -> None:
        self._work = work
        self._most = most
        self._linger_s = linger_s
        self._crowded = False  # the last call was for several, or for one in a hurry, whom others follow
        self._waiting: list[_Question[Ask, Answer]] = []
        self._go = asyncio.Event()
        self._worker: asyncio.Task[None] | None = None

    async def ask(self, what: Ask, *, hurry: bool = False) -> Answer:
        """The answer of the work; raises what it has instead of one. `hurry`: without waiting for company.

        A caller that is cancelled meanwhile leaves its question behind: changes may be written or not, never in part.
        """
        done: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Question(what, done, hurry))
        if hurry or len(self._waiting) >= self._most:
            self._go.set()
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._serve())
        return await done

    async def _serve(self) -> None:
        while self._waiting:
            await self._company()
            batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            self._crowded = len(batch) > 1 or batch[0].hurry
            answers: Sequence[Answer | Exception]
            try:
                answers = await asyncio.to_thread(self._work, [question.what for question in batch])
            except Exception as error:  # noqa: BLE001 - it goes to those who asked
                answers = [error] * len(batch)
            for question, answer in zip(batch, answers, strict=True):
                if question.done.done():
                    continue  # its caller was cancelled
                if isinstance(answer, Exception):
                    question.done.set_exception(answer)
                else:
                    question.done.set_result(answer)

    async def _company(self) -> None:
        """Let those who are about to ask have their chance."""
        if not self._linger_s or not self._crowded or any(question.hurry for question in self._waiting):
            await asyncio.sleep(0)
        elif len(self._waiting) < self._most:
            self._go.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._linger_s):
                    await self._go.wait()
