"""`digest ...` in forks of one process that has imported the program: of what a short command costs, imports are most.

Each runs `python -m digest` from its first line on, in a process, an environment and a directory of its own; only what
Python has read into memory is there already. Run as a script, this file is the process that is forked.
"""

from __future__ import annotations

import gc
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryFile

REQUEST_BYTES = 1 << 17
# Nothing of digest.cli: Typer and Rich look at the environment when they are imported.
IMPORTED = ("digest.doctor", "digest.service", "sqlalchemy.dialects.sqlite")


class Forks:
    """Starts the process that is forked, and has it forked for each command. Close it when done."""

    def __init__(self) -> None:
        self._ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, __file__, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
            )

    def run(
        self, words: Sequence[str], *, env: Mapping[str, str], cwd: Path, stdin: str, timeout: float
    ) -> subprocess.CompletedProcess[str]:
        """As `subprocess.run` of `python -m digest` with these words. Raises TimeoutExpired."""
        request = json.dumps({"words": words, "env": dict(env), "cwd": str(cwd)}).encode()
        tells, told = os.pipe()
        with (
            TemporaryFile() as given,
            TemporaryFile() as out,
            TemporaryFile() as err,
            os.fdopen(tells, "rb", buffering=0) as outcome,
        ):
            given.write(stdin.encode())
            given.seek(0)
            socket.send_fds(self._ours, [request], [given.fileno(), out.fileno(), err.fileno(), told])
            os.close(told)
            pid = int(outcome.readline())
            if not select.select([outcome], [], [], timeout)[0]:
                os.kill(pid, signal.SIGKILL)
                raise subprocess.TimeoutExpired(list(words), timeout)
            returncode = int(outcome.readline())
            out.seek(0)
            err.seek(0)
            return subprocess.CompletedProcess(list(words), returncode, out.read().decode(), err.read().decode())

    def close(self) -> None:
        """End the process that is forked."""
        self._ours.close()
        self._process.wait(30)


def serve(asked: socket.socket) -> None:
    """Import the program, and fork for each request until nobody is there to ask."""
    for module in IMPORTED:
        import_module(module)
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # who waits for a command is waited for by nobody
    while True:
        request, fds, *_ = socket.recv_fds(asked, REQUEST_BYTES, 4)
        if not request:
            return
        if os.fork() == 0:
            asked.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _tell(fds.pop(), fds)
            become(**json.loads(request), streams=fds)
            return
        for fd in fds:
            os.close(fd)


def _tell(outcome: int, streams: Sequence[int]) -> None:
    """Fork once more; here tell the other's number and, when it has ended, its exit code."""
    pid = os.fork()
    if pid == 0:
        os.close(outcome)
        return
    for fd in streams:
        os.close(fd)
    os.write(outcome, b"%d\n" % pid)
    _, status = os.waitpid(pid, 0)
    os.write(outcome, b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def become(words: list[str], env: Mapping[str, str], cwd: str, streams: Sequence[int]) -> None:
    """`python -m digest` with these words."""
    for number, fd in enumerate(streams):
        os.dup2(fd, number)
        os.close(fd)
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    os.chdir(cwd)
    sys.path[0] = cwd
    sys.argv[1:] = words
    runpy.run_module("digest", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
