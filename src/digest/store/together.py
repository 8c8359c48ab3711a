"""Lets the tasks of an event loop share transactions and queries, each of them still getting its own outcome."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

Ask = TypeVar("Ask")
Answer = TypeVar("Answer")

HURRY_S = 0.0025  # longer is no quicker, and half as long takes more transactions; docs/decisions/193


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
    company, as long as there is any: after a call for one alone, the next is served at once. Who is in a hurry waits
    only until as many in a hurry are there as came round with the last call, and at most `HURRY_S` for each of them.
    """

    def __init__(
        self, work: Callable[[Sequence[Ask]], Sequence[Answer | Exception]], most: int, *, linger_s: float = 0.0
    ) -> None:
        self._work = work
        self._most = most
        self._linger_s = linger_s
        self._crowded = False  # the last call was for several, or for one in a hurry, whom others follow
        self._abreast = 1  # those in a hurry whom the last call served, and who came meanwhile
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
            self._abreast = max(1, self._in_a_hurry(batch) + self._in_a_hurry(self._waiting))
            for question, answer in zip(batch, answers, strict=True):
                if question.done.done():
                    continue  # its caller was cancelled
                if isinstance(answer, Exception):
                    question.done.set_exception(answer)
                else:
                    question.done.set_result(answer)

    async def _company(self) -> None:
        """Let those who are about to ask have their chance."""
        await asyncio.sleep(0)
        with suppress(TimeoutError):
            while patience_s := self._patience_s():
                self._go.clear()
                async with asyncio.timeout(patience_s):
                    await self._go.wait()

    def _patience_s(self) -> float:
        hurried = self._in_a_hurry(self._waiting)
        if not self._crowded or len(self._waiting) >= self._most or hurried >= self._abreast:
            return 0.0
        return min(self._linger_s, HURRY_S) if hurried else self._linger_s

    @staticmethod
    def _in_a_hurry(questions: Sequence[_Question[Ask, Answer]]) -> int:
        return sum(question.hurry for question in questions)
