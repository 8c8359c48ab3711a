"""What a running service answers over HTTP, and to whom."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from loopback import Run, Web
from running import Service


def test_it_is_ready_once_every_loop_came_round_and_yellow_after_a_broken_edit(
    serve: Callable[[Path], Service], desk: Path, web: Web
) -> None:
    web.publish("Old bridge to be rebuilt")
    service = serve(desk)
    service.wait_for(lambda: service.ask("/readyz") == (200, {"ready": True, "waiting_for": []}))
    assert service.ask("/healthz") == (200, {"health": "green", "reasons": []})
    topic = desk / "topics" / "bridges.yaml"
    good = topic.read_text()
    topic.write_text("topic: Bridges\nanny: [bridge]\n")
    service.wait_for(lambda: service.ask("/healthz")[1]["health"] == "yellow")
    assert "topics/bridges.yaml:2:1" in service.ask("/healthz")[1]["reasons"][0]["text"]
    topic.write_text(good)
    service.wait_for(lambda: service.ask("/healthz")[1]["health"] == "green")
    assert service.stop() == 0


def test_a_foreign_name_that_resolves_to_this_machine_reads_nothing(
    serve: Callable[[Path], Service], desk: Path
) -> None:
    service = serve(desk)
    assert service.ask("/healthz", Host="evil.example.org")[0] == 421
    assert service.ask("/healthz", Host="localhost:9464")[0] == 200
    assert service.stop() == 0


def test_a_taken_port_is_refused_at_the_start_with_the_key_to_change(digest: Run, desk: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = desk / "digest.yaml"
        settings.write_text(settings.read_text().replace("127.0.0.1:0", f"127.0.0.1:{taken.getsockname()[1]}"))
        done = digest("run")
    assert done.returncode == 78
    [refusal] = [line for line in done.stderr.splitlines() if "http.listen" in line]
    assert re.match(r"digest\.yaml:8:\d+: `http\.listen`: nothing can listen at 127\.0\.0\.1:\d+", refusal)
    assert refusal.endswith("name another address, or write `listen: off`")


@pytest.mark.parametrize("off", ["off", '"off"'])
def test_it_answers_nothing_where_it_is_switched_off(serve: Callable[[Path], Service], desk: Path, off: str) -> None:
    settings = desk / "digest.yaml"
    settings.write_text(settings.read_text().replace("127.0.0.1:0", off))
    service = serve(desk)
    assert "listening" not in service.logged()
    assert service.stop() == 0
