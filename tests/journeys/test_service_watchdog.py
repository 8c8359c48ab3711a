"""systemd's watchdog is only kept quiet by a service that gets on; one that hangs is left to it."""

from __future__ import annotations

import os
import re
import signal
import time
from contextlib import suppress
from pathlib import Path

import psycopg
from notified import Door
from running import Service

from postgresql_server import Server

# As `digest`, but a loop that comes round every 5 s is given 8 s and not 120.
IMPATIENT = "import digest.report as r; r.ALLOWED_S.update(polling=8.0); from digest.__main__ import main; main()"


def test_a_store_that_no_longer_answers_silences_the_watchdog_until_it_does(
    postgresql: Server, desk: Path, home: Path, env: dict[str, str], told: list[tuple[str, str]]
) -> None:
    """The database's own processes are stopped, as on a machine that hangs: no error comes, and no answer."""
    with postgresql.database() as url, Door(home / "notify") as door:
        settings = desk / "digest.yaml"
        settings.write_text(re.sub(r"^(store: .*\n)?", f"store: {url}\n", settings.read_text(), count=1))
        service = Service(desk, env | door.environment, home / "log", told, program=("-c", IMPATIENT))
        held: list[int] = []
        try:
            assert door.hears("READY=1", within_s=30)
            assert door.hears("WATCHDOG=1", within_s=5)
            held = backends(url)
            tell(held, signal.SIGSTOP)
            deadline = time.monotonic() + 30
            while door.hears("WATCHDOG=1", within_s=3):  # it should beat every 0.3 s
                assert time.monotonic() < deadline
            tell(held, signal.SIGCONT)
            assert "green" in door.hears("WATCHDOG=1", within_s=20)
            assert service.stop() == 0
        finally:
            tell(held, signal.SIGCONT)
            service.process.kill()
            service.process.wait()


def tell(processes: list[int], number: signal.Signals) -> None:
    for pid in processes:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def backends(url: str) -> list[int]:
    """The database's processes that serve the service."""
    with psycopg.connect(url.replace("+psycopg", "")) as asking:
        found = asking.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid != pg_backend_pid()"
        )
        return [pid for (pid,) in found]
