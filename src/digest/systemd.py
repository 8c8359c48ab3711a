"""Tells systemd how the service does: sd_notify(3), a datagram to the socket that $NOTIFY_SOCKET names."""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping

import structlog

log = structlog.get_logger(__name__)


class Systemd:
    """Whoever started us and wants to hear. Where nobody does, every call is silent."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._address = env.get("NOTIFY_SOCKET", "")
        # Half the time that we are given between two beats, as sd_watchdog_enabled(3) asks for.
        self.beat_every_s = int(env.get("WATCHDOG_USEC", "0") or 0) / 2_000_000

    def ready(self, status: str) -> None:
        """The service is up; after `reloading`, it works with what it has now."""
        self._tell("READY=1", f"STATUS={status}")

    def reloading(self) -> None:
        """The configuration is being read again."""
        self._tell("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        """What is under way comes to its end."""
        self._tell("STOPPING=1", "STATUS=stopping: what is under way comes to its end")

    def beat(self, status: str) -> None:
        """Keep the watchdog quiet, and say in a line how it goes. Only while that is true."""
        self._tell("WATCHDOG=1", f"STATUS={status}")

    def _tell(self, *assignments: str) -> None:
        if not self._address:
            return
        # A leading @ stands for the NUL of Linux's abstract sockets.
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as door:
                door.sendto("\n".join(line.replace("\n", " ") for line in assignments).encode(), address)
        except OSError as error:
            log.warning("systemd can't be told", error=str(error))
