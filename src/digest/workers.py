"""Runs CPU work in processes that can be killed, so that one poisoned input costs its own item only."""

from __future__ import annotations

import asyncio
import gc
import logging
import multiprocessing
import os
import pickle
import resource
import signal
import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor
from contextlib import suppress
from multiprocessing import forkserver
from types import TracebackType
from typing import Any, Self, TypeVar, TypeVarTuple

import structlog
from pebble import CONSTS, ProcessExpired, ProcessPool

from digest.errors import DigestError, TaskCrashed, WorkerDied, WorkerLost, WorkerTimeout

T = TypeVar("T")
Args = TypeVarTuple("Args")

# Imported once by the fork server, so that a worker has them from its first moment.
CPU_ROOMS = (
    "digest.feeds.syndication",
    "digest.extract",
    "digest.stories",
    "digest.workers",
    "trafilatura",
    "htmldate",
)
DEADLINE_S = 4.0  # of CPU time: on a machine with much else to do, a sound input must not look like a poisoned one
UNSERVED = 5  # so many times as long on the wall clock: longer than that only those take who wait for what never comes
BYTES_A_SECOND = 500_000  # what a feed of 50,000 entries needs on a slow machine; most pages take a fiftieth of that
OUT_OF_MEMORY = 71  # exit code; EX_OSERR of sysexits.h
NOBODY_KNOWS = 255  # exit code, as multiprocessing has it when the fork server, which alone could tell it, is gone
# A task that pebble has lost track of is given up this long after its deadline.
LOST_AFTER_S = 20.0
ORPHAN_AFTER_S = 2.0
BACKLOG = 16  # tasks: enough that no process has to wait for the next
IDLE_S = 60.0  # a process without work for so long ends
# Without work for so long the fork server ends: its 60 MB come back, and half a second of CPU starts it again.
SERVER_IDLE_S = 300.0
# Parsing makes many objects and hardly a cycle: looking for those less often takes a twelfth off its time.
OBJECTS_BETWEEN_COLLECTIONS = 20_000

_MESSAGE = 200  # characters: messages quote the input, which may be long

log = structlog.get_logger(__name__)


def allowed_s(body: bytes = b"") -> float:
    """The CPU time allowed to a task that reads this: a poisoned input of usual size costs less than five seconds."""
    return DEADLINE_S + len(body) / BYTES_A_SECOND


class Workers:
    """A pool of worker processes, each on a channel of its own. Processes start with the first task.

    `count`: processes at most, by default one a core. `memory_bytes`: address space of each (Linux).
    `tasks_per_worker`: after so many tasks a process is replaced, which bounds what a leak can cost. `idle_s`: without
    a task for so long it ends, and the next task starts a new one; after `server_idle_s` the fork server ends too.
    """

    def __init__(
        self,
        count: int | None = None,
        *,
        memory_bytes: int = 1_500_000_000,
        tasks_per_worker: int = 500,
        idle_s: float = IDLE_S,
        server_idle_s: float = SERVER_IDLE_S,
    ) -> None:
        self._idle_s = idle_s
        self._server_idle_s = server_idle_s
        self._used_at = time.monotonic()
        self._limits = (memory_bytes, tasks_per_worker)
        self._slots = [_Slot(*self._limits) for _ in range(count or _cores())]
        # Last in, first out: with little to do, few processes are started.
        self._idle: asyncio.LifoQueue[_Slot] = asyncio.LifoQueue()
        self._reaper: asyncio.Task[None] | None = None
        self.waiting = 0  # tasks that no process is free for
        self._calm = asyncio.Event()

    @property
    def busy(self) -> int:
        """How many processes are at work."""
        return len(self._slots) - self._idle.qsize()

    async def __aenter__(self) -> Self:
        for slot in self._slots:
            self._idle.put_nowait(slot)
        self._reaper = asyncio.create_task(self._end_idle_ones())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._reaper is not None:
            self._reaper.cancel()
            await asyncio.gather(self._reaper, return_exceptions=True)
        await _uninterrupted(asyncio.gather(*(asyncio.to_thread(slot.stop) for slot in self._slots)))

    async def calm(self) -> None:
        """Wait until few tasks wait, for whoever would only bring more: what waits for a process is held in memory."""
        while self.waiting >= BACKLOG:
            self._calm.clear()
            await self._calm.wait()

    async def run(self, function: Callable[[*Args], T], /, *args: *Args, deadline_s: float) -> T:
        """What `function(*args)` returns, called in a worker; or the DigestError that it raises.

        The function is one that can be imported; arguments and result can be pickled. The deadline is one in the
        worker's own CPU time; on the clock it is `UNSERVED` times as long, from the moment a worker is free. Cancelling
        kills the worker.

        Raises WorkerTimeout at the deadline, WorkerDied when the process crashed or met its memory limit, TaskCrashed
        for any other exception of the function, which is logged, and WorkerLost when there is no process to be had,
        nor at a second try.
        """
        self.waiting += 1
        try:
            slot = await self._idle.get()
        finally:
            self.waiting -= 1
            if self.waiting < BACKLOG:
                self._calm.set()
        try:
            try:
                answer = await slot.run(function, args, deadline_s)
            except WorkerLost:
                # Perhaps the fork server was killed, for want of memory: the next try starts a new one.
                answer = await slot.run(function, args, deadline_s)
        finally:
            self._used_at = time.monotonic()
            self._idle.put_nowait(slot)
        succeeded, value = pickle.loads(answer)  # noqa: S301 -- written by our own worker
        if isinstance(value, TaskCrashed):  # its notes are the traceback in the worker
            log.error("crashed", task=function.__name__, error=str(value), traceback="".join(value.__notes__))
        if not succeeded:
            try:
                raise value
            finally:
                del value  # else it holds this frame, which holds it: and with them whatever was read, for a while
        result: T = value
        return result

    async def _end_idle_ones(self) -> None:
        """End, again and again, the processes that have had nothing to do for a while, and at last the fork server."""
        while True:
            await asyncio.sleep(self._idle_s / 2)
            idle = [self._idle.get_nowait() for _ in range(self._idle.qsize())]
            try:
                for slot in idle:
                    if slot.idle_s > self._idle_s:
                        await asyncio.to_thread(slot.stop)
                # Only with every slot in hand: so no process can be asked of it meanwhile.
                if len(idle) == len(self._slots) and time.monotonic() - self._used_at > self._server_idle_s:
                    await asyncio.to_thread(_end_fork_server)
            finally:
                for slot in reversed(idle):  # the one used last is taken first, as before
                    self._idle.put_nowait(slot)


class _Slot:
    """One place for one worker process; whatever happens in it, the others don't notice.

    A pebble pool of many workers shares one pipe and one lock among them: a worker that is killed by the
    kernel while it holds the lock stops them all. So every worker has a pebble pool to itself.
    """

    def __init__(self, memory_bytes: int, tasks_per_worker: int) -> None:
        self._memory_bytes = memory_bytes
        self._tasks_per_worker = tasks_per_worker
        self._pool: ProcessPool | None = None
        self._used_at = 0.0

    @property
    def idle_s(self) -> float:
        """How long its process has had nothing to do; 0 when it has none."""
        return time.monotonic() - self._used_at if self._pool is not None else 0.0

    async def run(self, function: Callable[..., object], args: Sequence[object], deadline_s: float) -> bytes:
        if self._pool is None:
            # In a thread: the first worker waits for the fork server to import the CPU rooms.
            await _uninterrupted(asyncio.ensure_future(asyncio.to_thread(self._start)))
        future = None
        try:
            future = self._running().schedule(_call, (function, args, deadline_s), timeout=UNSERVED * deadline_s)
            answer: bytes = await asyncio.wait_for(asyncio.wrap_future(future), UNSERVED * deadline_s + LOST_AFTER_S)
        except TimeoutError as error:
            if future is None or future.cancelled():  # not pebble's deadline but ours
                await self._give_up()
                raise WorkerLost("the worker process lost its task") from error
            raise WorkerTimeout(f"not done after {UNSERVED * deadline_s:.3g} s") from error
        except ProcessExpired as error:
            if error.exitcode == -signal.SIGPROF:
                raise WorkerTimeout(f"not done after {deadline_s:.3g} s of CPU time") from error
            if error.exitcode == NOBODY_KNOWS:
                await self._give_up()
                raise WorkerLost("the fork server ended") from error
            raise WorkerDied(_how_it_died(error.exitcode)) from error
        except (BrokenExecutor, RuntimeError) as error:
            await self._give_up()
            raise WorkerLost(f"no worker process could be had: {error}") from error
        finally:
            self._used_at = time.monotonic()
        return answer

    def stop(self) -> None:
        """End the process, at once, and wait until it is gone."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.stop()  # type: ignore[no-untyped-call]  # pebble
            pool.join()

    def _start(self) -> None:
        pool = ProcessPool(
            max_workers=1,
            max_tasks=self._tasks_per_worker,
            initializer=_begin,
            initargs=(self._memory_bytes,),
            context=_context(),
        )
        if pool.active:  # asking starts it
            self._pool = pool

    def _running(self) -> ProcessPool:
        if self._pool is None:
            raise RuntimeError("the pool did not start")
        return self._pool

    async def _give_up(self) -> None:
        """Stop a pool that can't be trusted any more; the next task gets a new one."""
        with suppress(RuntimeError, OSError):
            await asyncio.to_thread(self.stop)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _context() -> multiprocessing.context.ForkServerContext:
    """Forking a small, single-threaded server is quick and safe; forking a process with an event loop is neither."""
    # A worker ignores SIGTERM (see _begin), so waiting for it to heed one would only take time.
    CONSTS.term_timeout = 0.05
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["__main__", *CPU_ROOMS])
    return context


def _end_fork_server() -> None:
    """End the server that processes are forked from, unless there are some; whoever needs it next starts it again.

    There is no public way to do so, only the one that multiprocessing's own tests use. Where that is gone, it stays.
    """
    stop = getattr(getattr(forkserver, "_forkserver", None), "_stop", None)
    if stop is not None and not multiprocessing.active_children():
        stop()


def _begin(memory_bytes: int) -> None:
    """Prepare a worker: the parent alone decides when it ends, and its memory is bounded."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    # What libraries log of single pages would otherwise go to stderr: nobody sets up logging in a worker.
    logging.getLogger().addHandler(logging.NullHandler())
    gc.freeze()  # what was imported stays anyway
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    if hasattr(resource, "RLIMIT_AS"):
        _, ceiling = resource.getrlimit(resource.RLIMIT_AS)
        limit = memory_bytes if ceiling == resource.RLIM_INFINITY else min(memory_bytes, ceiling)
        resource.setrlimit(resource.RLIMIT_AS, (limit, ceiling))


def _call(function: Callable[..., object], args: Sequence[object], deadline_s: float) -> bytes:
    """Do one task in the worker. Pickled here, so that an odd exception can't break the channel."""
    try:
        signal.setitimer(signal.ITIMER_PROF, deadline_s)  # at its end the kernel ends us, by SIGPROF
        # Should the parent be killed outright, nobody watches the clock: then the kernel's alarm ends us.
        signal.setitimer(signal.ITIMER_REAL, UNSERVED * deadline_s + ORPHAN_AFTER_S)
        return _answer(function, args)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)  # what is left of this process is not to be trusted
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)


def _answer(function: Callable[..., object], args: Sequence[object]) -> bytes:
    try:
        return pickle.dumps((True, function(*args)))
    except MemoryError:
        raise
    except DigestError as error:
        return pickle.dumps((False, error))
    except Exception as error:  # noqa: BLE001 -- it is raised again in the parent, as what can travel there
        crash = TaskCrashed(f"a bug in digest: {type(error).__name__}: {str(error)[:_MESSAGE]}")
        crash.add_note("".join(traceback.format_tb(error.__traceback__)))
        return pickle.dumps((False, crash))


def _how_it_died(exit_code: int) -> str:
    if exit_code == OUT_OF_MEMORY:
        return "the worker process ran out of memory"
    if exit_code < 0:
        return f"the worker process died of {signal.Signals(-exit_code).name}"
    return f"the worker process ended with code {exit_code}"


async def _uninterrupted(work: asyncio.Future[Any]) -> None:
    """Wait for `work` to the end, also when this task is cancelled meanwhile; then the cancellation goes on."""
    try:
        await asyncio.shield(work)
    except asyncio.CancelledError:
        await work
        raise
