"""What the pool of killable processes promises."""

from __future__ import annotations

import asyncio
import gc
import os
import pickle
import signal
import subprocess
import sys
import time
import weakref
from contextlib import suppress
from pathlib import Path

import pytest
import structlog
import worker_chores as chores

from digest import workers as workers_module
from digest.errors import FetchError, ParseError, TaskCrashed, WorkerDied, WorkerTimeout
from digest.workers import Workers

HERE = Path(__file__).parent


def lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


async def gone(pid: int, within_s: float = 5.0) -> bool:
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if not lives(pid):
            return True
        await asyncio.sleep(0.05)
    return False


async def written(path: Path, within_s: float = 10.0) -> int:
    return await asyncio.to_thread(read_when_written, path, within_s)


def read_when_written(path: Path, within_s: float) -> int:
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if path.exists() and path.read_text():
            return int(path.read_text())
        time.sleep(0.02)
    raise AssertionError(f"{path} was not written")


async def test_a_function_runs_in_another_process_and_its_result_comes_back():
    async with Workers(1) as workers:
        assert await workers.run(chores.add, 2, 3, deadline_s=10) == 5
        assert await workers.run(chores.pid, deadline_s=10) != os.getpid()


async def test_no_process_is_started_before_the_first_task():
    async with Workers(2) as workers:
        started = time.monotonic()
        assert all(slot._pool is None for slot in workers._slots)
    assert time.monotonic() - started < 0.1


async def test_an_exception_comes_back_with_its_type_and_its_fields():
    async with Workers(1) as workers:
        with pytest.raises(ParseError, match="this is no feed"):
            await workers.run(chores.be_no_feed, deadline_s=10)
        with pytest.raises(FetchError) as refusal:
            await workers.run(chores.meet_a_refusal, deadline_s=10)
        assert str(refusal.value) == "gone"


async def test_a_bug_costs_its_own_item_only_and_is_logged_with_the_traceback_of_the_worker():
    """The log has the place, not the input; the process is the same as before."""
    async with Workers(1) as workers:
        process = await workers.run(chores.pid, deadline_s=10)
        with structlog.testing.capture_logs() as logged, pytest.raises(TaskCrashed, match="a bug in digest: KeyError"):
            await workers.run(chores.meet_a_bug, deadline_s=10)
        assert await workers.run(chores.pid, deadline_s=10) == process
    (event,) = logged
    assert (event["event"], event["task"]) == ("crashed", "meet_a_bug")
    assert 'raise KeyError("x" * 1_000_000)' in event["traceback"]
    assert len(str(event)) < 2_000


async def test_what_cannot_travel_between_processes_costs_its_own_item_only():
    async with Workers(1) as workers:
        with pytest.raises(TaskCrashed, match="UntransportableError: needs a keyword"):
            await workers.run(chores.raise_something_untransportable, deadline_s=10)
        with pytest.raises(TaskCrashed, match=r"pickle|local object"):  # as this Python says it
            await workers.run(chores.give_something_untransportable, deadline_s=10)
        assert await workers.run(chores.add, 2, 3, deadline_s=10) == 5


async def test_a_task_that_does_not_end_is_killed_at_its_deadline_and_the_next_one_runs(tmp_path: Path):
    async with Workers(1) as workers:
        await workers.run(chores.pid, deadline_s=10)
        started = time.monotonic()
        with pytest.raises(WorkerTimeout, match=r"0\.5 s of CPU time"):
            await workers.run(chores.spin, str(tmp_path / "pid"), deadline_s=0.5)
        assert time.monotonic() - started < 3
        assert await gone(await written(tmp_path / "pid"))
        assert await workers.run(chores.add, 2, 3, deadline_s=10) == 5


async def test_a_worker_that_gets_no_processor_has_the_longer_for_its_task():
    """The deadline is one in CPU time: on a busy machine a sound input must not look like a poisoned one."""
    async with Workers(1) as workers:
        assert await workers.run(chores.sleep, 0.9, deadline_s=0.3)


async def test_a_task_that_waits_for_ever_is_killed_too():
    async with Workers(1) as workers:
        with pytest.raises(WorkerTimeout, match=r"not done after 1 s$"):
            await workers.run(chores.sleep, 60, deadline_s=0.2)
        assert await workers.run(chores.add, 2, 3, deadline_s=10) == 5


async def test_a_refusal_that_was_dealt_with_keeps_nothing_in_memory():
    """What failed polls have read goes with them, also before anybody looks for objects that hold each other."""
    held = chores.Note()
    alive = weakref.ref(held)
    gc.disable()
    try:
        async with Workers(1) as workers:
            with suppress(ParseError):
                await workers.run(chores.refuse, held, deadline_s=10)
            del held
            await workers.run(chores.add, 1, 2, deadline_s=10)  # pebble keeps the last task until the next one comes
            assert alive() is None
    finally:
        gc.enable()


async def test_time_spent_waiting_for_a_free_worker_does_not_count_against_the_deadline():
    async with Workers(1) as workers:
        await workers.run(chores.pid, deadline_s=10)
        naps = [workers.run(chores.sleep, 0.4, deadline_s=1.0) for _ in range(5)]
        assert len(await asyncio.gather(*naps)) == 5


@pytest.mark.parametrize(
    ("chore", "args", "reason"),
    [
        (chores.crash, (), "SIGSEGV"),
        (chores.die, (int(signal.SIGKILL),), "SIGKILL"),
        (chores.devour, (2_000,), "out of memory"),
    ],
    ids=["segmentation fault", "killed from outside", "memory"],
)
async def test_a_worker_that_dies_costs_its_own_item_only(chore, args, reason):
    async with Workers(2, memory_bytes=700_000_000) as workers:
        nap = asyncio.ensure_future(workers.run(chores.sleep, 0.5, deadline_s=10))
        await asyncio.sleep(0)
        with pytest.raises(WorkerDied, match=reason):
            await workers.run(chore, *args, deadline_s=10)
        assert await nap
        assert await workers.run(chores.add, 2, 3, deadline_s=10) == 5


async def test_a_worker_is_replaced_after_its_number_of_tasks():
    async with Workers(1, tasks_per_worker=2) as workers:
        pids = [await workers.run(chores.pid, deadline_s=10) for _ in range(6)]
    assert len(set(pids)) == 3


async def test_a_large_argument_and_a_large_result_pass():
    blob = bytes(12_000_000)
    async with Workers(1) as workers:
        assert await workers.run(chores.echo, blob, deadline_s=20) == blob


async def test_workers_leave_signals_to_their_parent():
    async with Workers(1) as workers:
        for number in (signal.SIGINT, signal.SIGTERM):
            assert await workers.run(chores.is_immune, int(number), deadline_s=10)


async def test_cancelling_a_task_kills_its_worker_and_frees_the_place(tmp_path: Path):
    async with Workers(1) as workers:
        task = asyncio.ensure_future(workers.run(chores.spin, str(tmp_path / "pid"), deadline_s=60))
        pid = await written(tmp_path / "pid")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await gone(pid)
        assert await workers.run(chores.add, 2, 3, deadline_s=10) == 5


async def test_leaving_ends_every_worker_also_busy_ones_and_also_when_cancelled(tmp_path: Path):
    paths = [tmp_path / "one", tmp_path / "two"]

    async def work() -> None:
        async with Workers(2) as workers, asyncio.TaskGroup() as group:
            for path in paths:
                group.create_task(workers.run(chores.spin, str(path), deadline_s=60))

    task = asyncio.ensure_future(work())
    pids = [await written(path) for path in paths]
    started = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not any(lives(pid) for pid in pids)
    assert time.monotonic() - started < 3


def program(folder: Path, *body: str) -> Path:
    """A script that runs these lines in a process of its own."""
    path = folder / "main.py"
    path.write_text(
        "import asyncio, sys\n"
        f"sys.path.insert(0, {str(HERE)!r})\n"
        "import worker_chores as chores\n"
        "from digest.workers import Workers\n"
        "from test_workers import gone, lives\n"
        "async def main():\n" + "".join(f"    {line}\n" for line in body) + "if __name__ == '__main__':\n"
        "    asyncio.run(main())\n"
    )
    return path


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "kill -9"])
def test_no_process_outlives_the_one_that_started_it(tmp_path: Path, number: signal.Signals):
    """Ctrl-C ends a busy worker at once; should the parent be killed outright, its deadline does."""
    script = program(
        tmp_path,
        "async with Workers(2) as workers:",
        "    await workers.run(chores.pid, deadline_s=10)",
        f"    await workers.run(chores.spin, {str(tmp_path / 'pid')!r}, deadline_s=1.5)",
    )
    process = subprocess.Popen([sys.executable, script], start_new_session=True, stderr=subprocess.DEVNULL)
    read_when_written(tmp_path / "pid", 10)
    os.kill(process.pid, number)
    process.wait(10)
    assert no_member_left(process.pid, within_s=8)


def no_member_left(group: int, within_s: float) -> bool:
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


async def test_a_process_without_work_ends_and_the_next_task_gets_a_new_one():
    async with Workers(2, idle_s=0.2) as workers:
        first = await workers.run(chores.pid, deadline_s=10)
        assert await gone(first)
        naps = [workers.run(chores.sleep, 0.8, deadline_s=10) for _ in range(2)]
        await asyncio.gather(*naps)
        assert await workers.run(chores.add, 2, 3, deadline_s=10) == 5


def test_without_work_the_fork_server_ends_too_and_the_next_task_gets_a_new_one(tmp_path: Path):
    """Its memory comes back; while any process lives, it stays: so this needs a parent that has no others."""
    script = program(
        tmp_path,
        "async with Workers(2, idle_s=0.2, server_idle_s=0.2) as workers:",
        "    server = await workers.run(chores.parent, deadline_s=10)",
        "    await workers.run(chores.sleep, 0.8, deadline_s=10)",
        "    print(lives(server), await gone(server, within_s=20))",
        "    print(await workers.run(chores.parent, deadline_s=10) != server)",
    )
    done = subprocess.run([sys.executable, script], check=False, capture_output=True, text=True, timeout=120)
    assert done.stdout.split() == ["True", "True", "True"], done.stderr


async def test_whoever_brings_more_waits_until_few_tasks_wait() -> None:
    """What is fetched and not yet read is held in memory, so no more is fetched meanwhile."""
    async with Workers(1) as workers:
        tasks = [
            asyncio.create_task(workers.run(time.sleep, 0.001, deadline_s=20))
            for _ in range(2 * workers_module.BACKLOG)
        ]
        await asyncio.sleep(0)
        assert workers.waiting >= workers_module.BACKLOG
        await workers.calm()
        assert workers.waiting < workers_module.BACKLOG
        assert not all(task.done() for task in tasks)
        await asyncio.gather(*tasks)
        await workers.calm()


@pytest.mark.parametrize("later_s", [0.0, 1.0])
async def test_no_task_is_lost_when_the_fork_server_is_killed(later_s: float):
    """As the kernel does that needs its memory, before the processes that it forked are missed and after."""
    async with Workers(2) as workers:
        await asyncio.gather(*(workers.run(chores.sleep, 0.1, deadline_s=10) for _ in range(2)))
        server = await workers.run(chores.parent, deadline_s=10)
        os.kill(server, signal.SIGKILL)
        await asyncio.sleep(later_s)
        sums = [workers.run(chores.add, number, 1, deadline_s=10) for number in range(8)]
        assert await asyncio.gather(*sums) == list(range(1, 9))


async def test_a_task_under_way_is_begun_anew_when_the_fork_server_is_killed():
    """The task has done nothing wrong: it is neither lost nor held for a killer of processes."""
    async with Workers(1) as workers:
        server = await workers.run(chores.parent, deadline_s=10)
        task = asyncio.create_task(workers.run(chores.sleep, 1.5, deadline_s=10))
        await asyncio.sleep(0.5)
        os.kill(server, signal.SIGKILL)
        await task
        assert await workers.run(chores.parent, deadline_s=10) != server


async def test_arguments_that_cannot_travel_leave_the_place_free():
    async with Workers(1) as workers:
        with pytest.raises((TypeError, AttributeError, pickle.PicklingError)):
            await workers.run(chores.add, lambda: 1, 2, deadline_s=10)
        assert await asyncio.wait_for(workers.run(chores.add, 1, 2, deadline_s=10), 30) == 3
