"""Ctrl-C before a command has begun."""

from __future__ import annotations

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
