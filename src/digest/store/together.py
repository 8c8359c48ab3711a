"""Lets the tasks of an event loop share transactions, each of them still waiting until its own changes are safe."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from digest.model import Update

MOST = 100  # callers in one transaction, so that none waits for long

ApplyEach = Callable[[Sequence[Sequence[Update]]], list[Exception | None]]


class Together:
    """Group commit: a sync of the disk costs the same for one change as for fifty.

    Nothing is held back for company: a caller who finds nobody writing is written at once, and whoever comes
    meanwhile goes into the next transaction.
    """

    def __init__(self, apply_each: ApplyEach) -> None:
        self._apply_each = apply_each
        self._waiting: list[tuple[Sequence[Update], asyncio.Future[None]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def apply(self, changes: Sequence[Update]) -> None:
        """Returns when the changes are on the disk; raises what applying them raised.

        A caller that is cancelled meanwhile leaves its changes behind: they may be written or not, but never in part.
        """
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((changes, done))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())
        await done

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            outcomes = await asyncio.to_thread(self._apply_each, [changes for changes, _ in batch])
            for (_, done), error in zip(batch, outcomes, strict=True):
                if done.done():
                    continue  # its caller was cancelled
                if error is None:
                    done.set_result(None)
                else:
                    done.set_exception(error)
