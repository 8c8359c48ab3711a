"""What systemd hears, at a real datagram socket."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from digest.systemd import Systemd


def heard(door: socket.socket) -> list[str]:
    return door.recv(4096).decode().splitlines()


@pytest.mark.parametrize("abstract", [False, True])
def test_each_state_reaches_whoever_started_us_as_one_datagram(tmp_path: Path, abstract: bool) -> None:
    path = f"@digest-test-{tmp_path}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as door:
        door.bind("\0" + path[1:] if abstract else path)
        door.settimeout(5)
        systemd = Systemd({"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "120000000"})
        assert systemd.beat_every_s == 60
        systemd.ready("2 feeds\nREADY=0")
        assert heard(door) == ["READY=1", "STATUS=2 feeds READY=0"]
        systemd.reloading()
        reloading, since = heard(door)
        assert reloading == "RELOADING=1"
        assert since.removeprefix("MONOTONIC_USEC=").isdigit()
        systemd.beat("green")
        assert heard(door) == ["WATCHDOG=1", "STATUS=green"]
        systemd.stopping()
        assert heard(door)[0] == "STOPPING=1"


def test_where_nobody_listens_nothing_happens(tmp_path: Path) -> None:
    silent = Systemd({})
    silent.ready("green")
    assert silent.beat_every_s == 0
    Systemd({"NOTIFY_SOCKET": str(tmp_path / "absent")}).beat("green")
