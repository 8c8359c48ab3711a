"""Ctrl-C before a command has begun."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

import digest.cli
from digest.cli import main
from digest.cli.console import ExitCode


def test_ctrl_c_while_modules_are_imported_ends_quietly_with_130(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Start-up takes a second on a slow machine; whoever stops it there sees no traceback."""

    def pressed(_module: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(digest.cli, "import_module", pressed)
    monkeypatch.setattr("sys.argv", ["digest", "check"])
    with pytest.raises(SystemExit) as ending:
        main()
    assert ending.value.code == ExitCode.INTERRUPTED
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("module", ["typing", "structlog", "pydantic", "digest.topics"])
def test_ctrl_c_at_any_time_of_a_start_leaves_no_traceback(module: str) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "digest", "check", "--config", "/nowhere"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as pressed:
        assert pressed.stderr is not None
        next(line for line in pressed.stderr if line.split()[-1] == module)
        pressed.send_signal(signal.SIGINT)
        assert "Traceback" not in pressed.stderr.read()
        # Of the signal, by the word for it, or it was done before.
        assert pressed.wait(30) in (-signal.SIGINT, ExitCode.INTERRUPTED, ExitCode.CONFIG)
