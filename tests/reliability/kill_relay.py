"""A mail relay in a process of its own: what it acknowledges is in its file first. `kill_relay.py PORT FILE`.

It writes one byte on stdout for each command of a transaction, so that others can strike in the middle of one.
"""

from __future__ import annotations

import base64
import json
import os
import sys
import threading
import time
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

PAUSE_S = 0.01  # each command takes so long, as with a relay that is not on the same machine


class Recorder:
    """Takes every message."""

    def __init__(self, file: Path) -> None:
        self._file = file.open("a")

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """The beginning of a message."""
        envelope.mail_from = address
        return self._told("250 ok")

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Its recipient."""
        envelope.rcpt_tos.append(address)
        return self._told("250 ok")

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """The message itself, on the disk before it is acknowledged."""
        assert isinstance(envelope.content, bytes)
        record = {"to": envelope.rcpt_tos, "raw": base64.b64encode(envelope.content).decode()}
        self._file.write(json.dumps(record) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        return self._told("250 taken")

    def _told(self, answer: str) -> str:
        os.write(1, b".")
        time.sleep(PAUSE_S)  # the whole relay: messages come one after the other
        return answer


if __name__ == "__main__":
    Controller(Recorder(Path(sys.argv[2])), hostname="127.0.0.1", port=int(sys.argv[1])).start()
    os.write(1, b"!")
    threading.Event().wait()
