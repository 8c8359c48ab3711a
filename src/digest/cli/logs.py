"""How logs are written: for people on a terminal, else as JSON, one event a line, with levels that journald knows."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from typing import Any, TextIO, cast

import structlog

# sd-daemon(3): a line that begins with <N> has that syslog priority.
PRIORITIES = {"debug": 7, "info": 6, "warning": 4, "error": 3, "critical": 2}
# What libraries say of single pages and of their own doings is of no use to an operator.
QUIET = {
    "trafilatura": logging.CRITICAL,
    "htmldate": logging.CRITICAL,
    "alembic": logging.CRITICAL,
    "apscheduler": logging.ERROR,
}


def set_up(verbosity: int, env: Mapping[str, str], *, service: bool = False, stream: TextIO | None = None) -> None:
    """Write logs to stderr. One-off commands only tell of trouble; `verbosity` 1 tells events, 2 every step.

    What libraries log, from warnings on, goes the same way.
    """
    stream = stream or sys.stderr
    level = logging.DEBUG if verbosity > 1 else logging.INFO if verbosity or service else logging.ERROR
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    rendering = _rendering(stream, env)
    stream = cast("TextIO", _Forgiving(stream))
    structlog.configure(
        processors=[*shared, *rendering],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    remove = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name], processors=[remove, *rendering]
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for library, least in QUIET.items():
        logging.getLogger(library).setLevel(least)


class _Forgiving:
    """A stream whose failures are nobody's: a full disk under the log, or a collector that ended, stops no news."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        """Write, if that can be done."""
        with suppress(OSError, ValueError):
            self._stream.write(text)

    def flush(self) -> None:
        """Flush, if that can be done."""
        with suppress(OSError, ValueError):
            self._stream.flush()


def _rendering(stream: TextIO, env: Mapping[str, str]) -> list[structlog.typing.Processor]:
    if stream.isatty():
        return [structlog.dev.ConsoleRenderer(colors="NO_COLOR" not in env)]
    as_json = structlog.processors.JSONRenderer(ensure_ascii=False)
    if not _is_the_journal(stream, env):
        return [structlog.processors.format_exc_info, as_json]

    def with_priority(logger: Any, method: str, event: MutableMapping[str, Any]) -> str:
        return f"<{PRIORITIES.get(event.get('level', 'info'), 6)}>{as_json(logger, method, event)!s}"

    return [structlog.processors.format_exc_info, with_priority]


def _is_the_journal(stream: TextIO, env: Mapping[str, str]) -> bool:
    """Whether systemd reads this stream into its journal: $JOURNAL_STREAM names it by device and inode.

    The variable alone proves nothing: a service's children inherit it, and may write elsewhere.
    """
    try:
        facts = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return env.get("JOURNAL_STREAM") == f"{facts.st_dev}:{facts.st_ino}"
