"""`digest run` in a process of its own."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from typing import Any


class Service:
    """A running `digest run` and what it has logged so far."""

    def __init__(
        self,
        config: Path,
        env: dict[str, str],
        log: Path,
        told: list[tuple[str, str]],
        *,
        program: tuple[str, ...] = ("-m", "digest"),
    ) -> None:
        self._log = log
        self._told = told
        self.process = subprocess.Popen(
            [sys.executable, *program, "run", "--config", str(config)],
            env=env,
            cwd=config.parent,
            stderr=log.open("w"),
        )

    def logged(self) -> str:
        """All of its log."""
        return self._log.read_text()

    def wait_for(self, seen: Callable[[], bool], *, seconds: float = 30) -> None:
        """Wait until something is so; fail with the log when it never is."""
        deadline = time.monotonic() + seconds
        while not seen():
            assert time.monotonic() < deadline, self.logged()
            assert self.process.poll() is None, self.logged()
            time.sleep(0.05)

    def stop(self) -> int:
        """SIGTERM, and the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def ask(self, path: str, **headers: str) -> tuple[int, Any]:
        """What it answers over HTTP: the status and the JSON, or the text."""
        [port] = re.findall(r'"address": "127.0.0.1:(\d+)"', self.logged())
        connection = HTTPConnection("127.0.0.1", int(port), timeout=10)
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        body = answer.read().decode()
        connection.close()
        self._told.append((path, body))
        return answer.status, json.loads(body) if "json" in answer.headers["Content-Type"] else body
