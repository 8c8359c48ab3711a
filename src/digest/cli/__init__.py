"""The command line. The commands stand in the modules beside this one; errors become exit codes here."""

from __future__ import annotations

import sys

from digest.cli import judging, once, reading, running, settings, subscriptions  # noqa: F401 - each registers its commands
from digest.cli.console import ExitCode, err, show_problems
from digest.cli.root import cli
from digest.errors import ConfigError, DigestError, StoreError, StoreLocked, Unreachable

_CLICK_USAGE = 2  # what Typer exits with when the words of a call are off


def main() -> None:
    """Run the command line and exit as design section 5 says."""
    try:
        cli()
    except ConfigError as error:
        show_problems(error.problems)
        sys.exit(ExitCode.CONFIG)
    except SystemExit as ending:
        sys.exit(ExitCode.USAGE if ending.code == _CLICK_USAGE else ending.code)
    except DigestError as error:
        err.print(str(error), style="red", markup=False)
        sys.exit(_code(error))


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
