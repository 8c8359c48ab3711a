"""One life of the service, with a clock that runs fast. It is killed from outside at any moment."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import structlog

from digest import app, report, service
from digest.pulse import Pulse

BEGIN = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
SPEED = 600  # ten minutes of the digests' clock are a second
TICK_S = 0.1


def clock(since: float) -> datetime:
    """The digests' clock: goes on while the service is dead."""
    return BEGIN + timedelta(seconds=(time.time() - since) * SPEED)


def live(config: Path, env: Mapping[str, str], since: float, log: Path) -> None:
    """`digest run` until SIGTERM, with the clock and the ticks made fast; all else as it is."""
    sys.stderr = log.open("a", buffering=1)
    os.dup2(sys.stderr.fileno(), 2)
    structlog.configure(
        processors=[structlog.processors.format_exc_info, structlog.processors.JSONRenderer()],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    service.POLL_TICK_S = service.MAIL_TICK_S = TICK_S  # type: ignore[assignment]
    service.CARE_AFTER_S, service.CARE_TICK_S = 1, 2
    # By our clock: to the monotonic one, the fast clock would jump all the time, and what is due later never be.
    report.Pulse = lambda allowed, _fast: Pulse(allowed, app.utc_now)  # type: ignore[assignment,misc]
    service.app.wired = partial(app.wired, clock=partial(clock, since))  # type: ignore[attr-defined]
    asyncio.run(service.serve(config, env))
