"""The socket that systemd would listen at."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from typing import Self


class Door:
    """Hears what a service tells systemd. `watchdog_s`: it should beat at least so often."""

    def __init__(self, path: Path, *, watchdog_s: float = 0.6) -> None:
        self.environment = {"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": str(int(watchdog_s * 1_000_000))}
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))

    def hears(self, wanted: str, *, within_s: float) -> str:
        """The first thing told from now on that has these words in it; empty when there is none in time."""
        deadline = time.monotonic() + within_s
        while (left_s := deadline - time.monotonic()) > 0:
            self._socket.settimeout(left_s)
            try:
                told = self._socket.recv(4096).decode()
            except TimeoutError:
                break
            if wanted in told:
                return told
        return ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._socket.close()
