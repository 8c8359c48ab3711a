"""`digest status` and `digest health`: seen at a glance, from outside, without leaving a trace."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from loopback import Answer, Run, Web
from running import Service

from digest.cli import asking
from digest.config import HttpSettings


def files(directory: Path) -> dict[str, tuple[int, int]]:
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in directory.rglob("*")}


def listening_at(desk: Path) -> str:
    """Give the service an address that other commands know too."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    settings = desk / "digest.yaml"
    settings.write_text(settings.read_text().replace("127.0.0.1:0", address))
    return address


def test_status_makes_no_store_and_leaves_one_that_nobody_uses_as_it_is(
    digest: Run, desk: Path, home: Path, web: Web
) -> None:
    web.publish("Mayor opens a library")
    state = home / "state"
    told = digest("status", "--config", desk)
    assert told.returncode == 0
    assert "Store: there is none yet" in told.stdout
    assert not state.exists()
    assert digest("--config", desk).returncode == 0
    before = files(state)
    told = digest("status", "--config", desk)
    assert told.returncode == 0
    assert "Outbox: empty; 0 sent so far" in told.stdout
    assert files(state) == before


@pytest.mark.skipif(
    os.geteuid() == 0 and not shutil.which("setpriv"),
    reason="root may look everywhere; needs setpriv (util-linux), or to run as another user",
)
def test_a_store_that_this_user_may_not_look_at_is_named_with_what_to_do(
    desk: Path, home: Path, env: dict[str, str]
) -> None:
    """As beside a service that runs as another user."""
    state = home / "closed" / "state"
    state.mkdir(parents=True)
    state.parent.chmod(0)
    bound = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    told = {}
    for word in ("status", "doctor"):
        command = [*bound, sys.executable, "-m", "digest", "--config", desk, word]
        ended = {**env, "STATE_DIRECTORY": str(state)}
        told[word] = subprocess.run(command, env=ended, cwd=home, capture_output=True, text=True, check=False)
    state.parent.chmod(0o700)
    mend = f"{state / 'digest.db'}: this user may not look there; call digest as the user who runs it, or as root"
    assert (told["status"].returncode, told["status"].stderr.strip()) == (74, mend)
    assert f"fail  state: {state} can't be written" in told["doctor"].stdout
    assert mend in told["doctor"].stdout


def test_commands_that_only_look_need_no_store_and_leave_it_as_it_is(
    digest: Run, desk: Path, home: Path, web: Web
) -> None:
    web.publish("Old bridge to be rebuilt")
    state, topic = home / "state", desk / "topics" / "bridges.yaml"
    add = ("topics", "example", "add", web.url("/old-bridge-to-be-rebuilt"), "--match", "bridges", "--config", desk)
    assert "not polled yet" in digest("feeds", "list", "--config", desk).stdout
    assert json.loads(digest("outbox", "list", "--json", "--config", desk).stdout) == []
    assert "there is no store yet" in digest("backtest", topic, "--config", desk).stderr
    assert digest(*add).returncode == 65
    assert not state.exists()
    assert digest("--config", desk).returncode in (0, 75)
    before = files(state)
    for words in (("feeds", "list"), ("outbox", "list"), ("backtest", topic)):
        assert digest(*words, "--config", desk).returncode == 0
    assert digest(*add).returncode == 0
    assert files(state) == before


def test_health_and_status_tell_what_the_service_says_of_itself(
    serve: Callable[[Path], Service], digest: Run, desk: Path, web: Web
) -> None:
    web.publish("Old bridge to be rebuilt")
    listening_at(desk)
    absent = digest("health", "--config", desk)
    assert absent.returncode == 69
    assert re.search(r"no service answers at 127\.0\.0\.1:\d+ \(Connection refused\)", absent.stdout)
    service = serve(desk)
    service.wait_for(lambda: service.ask("/readyz")[0] == 200)
    assert digest("health", "--config", desk).returncode == 0
    (desk / "topics" / "bridges.yaml").write_text("topic: Bridges\nanny: [bridge]\n")
    service.wait_for(lambda: service.ask("/healthz")[1]["health"] == "yellow")
    asked = digest("status", "--config", desk)
    assert asked.returncode == 78
    assert "Service: yellow" in asked.stdout
    assert "topics/bridges.yaml:2:1" in asked.stderr
    (desk / "topics" / "bridges.yaml").write_text("topic: Bridges\nany: [bridge]\n")
    service.wait_for(lambda: service.ask("/healthz")[1]["health"] == "green")
    service.wait_for(lambda: service.ask("/metrics")[1].count('digest_articles_total{outcome="complete"} 1.0') == 1)
    noon = f"NOON{datetime.now(UTC).hour - 12:+d}"  # a zone in which it is noon now: no midnight comes in between
    facts = json.loads(digest("status", "--json", "--config", desk, TZ=noon).stdout)
    assert facts["service"] == {"health": "green", "reasons": []}
    midnight = datetime.fromisoformat(facts["today"].pop("since"))
    assert (midnight.hour, midnight.minute, midnight.utcoffset()) == (0, 0, timedelta(hours=-int(noon[4:])))
    assert facts["today"] == {"entries": 1, "matches": 1}
    assert facts["digests"][0]["pending"] == 1
    elsewhere = digest("status", "--config", desk, STATE_DIRECTORY=str(desk / "none"))
    assert "Store: the service has its own elsewhere; set STATE_DIRECTORY" in elsewhere.stdout
    service.process.kill()
    service.process.wait()
    after_a_crash = json.loads(digest("status", "--json", "--config", desk, TZ=noon).stdout)
    assert after_a_crash["today"]["matches"] == 1
    assert after_a_crash["service"]["health"] == "unknown"


def test_something_else_at_that_address_is_not_taken_for_the_service(digest: Run, desk: Path, web: Web) -> None:
    address = web.url("").removeprefix("http://")
    settings = desk / "digest.yaml"
    settings.write_text(settings.read_text().replace("127.0.0.1:0", address))
    asked = digest("health", "--json", "--config", desk)
    assert asked.returncode == 69
    assert json.loads(asked.stdout)["health"] == "unknown"


def test_a_service_is_found_although_digest_yaml_is_broken_and_what_hides_it_is_said(
    serve: Callable[[Path], Service], digest: Run, desk: Path
) -> None:
    listening_at(desk)
    service = serve(desk)
    service.wait_for(lambda: service.ask("/readyz")[0] == 200)
    settings = desk / "digest.yaml"
    good = settings.read_text()
    settings.write_text(good.replace("digests:", "digest:"))
    assert digest("health", "--config", desk).returncode == 0
    assert "Service: " in (told := digest("status", "--config", desk)).stdout
    assert "Service: unknown" not in told.stdout
    assert "did you mean `digests`?" in told.stderr
    settings.write_text("http: {listen: [}\n")
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", 9464)) == 0:
            pytest.skip("a service of somebody else's answers at the default address")
    hidden = digest("health", "--config", desk)
    assert hidden.returncode == 69
    assert re.search(r"where the service listens can't be read.*digest\.yaml:1:\d+", hidden.stdout)


def test_what_answers_at_the_usual_address_is_not_passed_off_as_the_service_of_a_broken_setting(
    tmp_path: Path, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be another service; the answer counts as working, and says what it is."""
    web.answers["/healthz"] = Answer(b'{"health": "green", "reasons": []}', "application/json")
    usual = HttpSettings.model_validate({"listen": web.url("").removeprefix("http://")})
    monkeypatch.setattr(asking, "HttpSettings", lambda: usual)
    (tmp_path / "digest.yaml").write_text("http: {listen: [}\n")
    answer = asking.asked_as_in(tmp_path)
    assert answer["health"] == "yellow"
    assert "digest.yaml:1:" in answer["reasons"][0]["text"]
    assert f"the usual address, {usual.listen}" in answer["reasons"][0]["text"]


def test_feeds_that_were_not_polled_yet_are_not_counted_as_right(digest: Run, desk: Path, web: Web) -> None:
    web.publish("Mayor opens a library")
    assert digest("--config", desk).returncode == 0
    with (desk / "feeds.yaml").open("a") as feeds:
        feeds.write(f"  - {web.url('/other.xml')}\n")
    told = digest("status", "--config", desk)
    assert "Feeds: 1 all right, 0 failing, 1 not polled yet" in told.stdout
