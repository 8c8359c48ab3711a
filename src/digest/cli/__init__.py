"""The command line. The commands stand in the modules beside this one; errors become exit codes here."""

from __future__ import annotations

import errno
import gc
import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module

from digest.cli.console import ExitCode, err, make_sound, show_problems
from digest.cli.root import cli
from digest.errors import ConfigError, DigestError, StoreError, StoreLocked, Unreachable, WrongCall

# Hundreds of polls under way are many objects and hardly a cycle: with Python's 700, to look for those again and again
# takes a twentieth of a round; docs/decisions/162-deadlines-and-garbage.md.
OBJECTS_BETWEEN_COLLECTIONS = 5_000

_CANT_WRITE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}
_CLICK_USAGE = 2  # what Typer exits with when the words of a call are off

# Where each command stands. Only that module is imported: `digest init` needs no HTTP, no SQL and no trafilatura.
_MODULES = {
    "init": "settings",
    "check": "settings",
    "schema": "settings",
    "run": "running",
    "send": "sending",
    "health": "asking",
    "status": "condition",
    "doctor": "examining",
    "backup": "safekeeping",
    "restore": "safekeeping",
    "migrate-store": "safekeeping",
    "feeds": "subscriptions",
    "outbox": "outbox",
    "extract": "reading",
    "explain": "judging",
    "topics": "judging",
    "backtest": "backtesting",
    "rejudge": "rejudging",
    "reclean": "recleaning",
    "templates": "showing",
    "preview": "previewing",
}


def main() -> None:
    """Run the command line and exit as design section 5 says."""
    make_sound()
    try:
        _register(sys.argv[1:])
        gc.freeze()  # what is imported stays: walking through it once would take as long as importing pydantic
        gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
        gc.enable()  # see `digest.__main__`
        signal.signal(signal.SIGINT, signal.default_int_handler)
        cli()
    except KeyboardInterrupt:  # before it runs; what runs ends by itself, see console.run
        sys.exit(ExitCode.INTERRUPTED)
    except ConfigError as error:
        show_problems(error.problems)
        sys.exit(ExitCode.USAGE if isinstance(error, WrongCall) else ExitCode.CONFIG)
    except SystemExit as ending:
        sys.exit(ExitCode.USAGE if ending.code == _CLICK_USAGE else ending.code)
    except DigestError as error:
        err.print(str(error), style="red", markup=False)
        sys.exit(_code(error))
    except OSError as error:
        if error.errno not in _CANT_WRITE:
            raise
        place = error.filename or "what you asked for"
        err.print(f"{place}: can't be written: {error.strerror}", style="red", markup=False)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # else the end of the program tries to write the rest, and fails
        sys.exit(ExitCode.STORE)


def _register(words: Sequence[str]) -> None:
    """Import the module of the command that is called; all of them where that is not plain to see."""
    if "--version" in words:
        return
    named = _MODULES.get(words[0]) if words else None
    for module in (named,) if named else dict.fromkeys(_MODULES.values()):
        import_module(f"digest.cli.{module}")


def _code(error: DigestError) -> ExitCode:
    match error:
        case StoreLocked():
            return ExitCode.DEFERRED
        case StoreError():
            return ExitCode.STORE
        case Unreachable():
            return ExitCode.UNREACHABLE
        case _:
            return ExitCode.BAD_INPUT
