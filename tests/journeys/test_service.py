"""`digest run`: on schedule, through a real mail server, edited while it runs, stopped in good order."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from loopback import Relay, Run, Web, write_config
from running import Service

from digest.service import Every
from digest.store import Store


@pytest.mark.slow
def test_the_service_mails_what_matters_at_the_scheduled_minute_and_only_once(
    serve: Callable[[Path], Service], home: Path, web: Web, relay: Relay
) -> None:
    web.publish("Old bridge to be rebuilt")
    config = write_config(home / "config", feeds=[web.url("/feed.xml")], relay_port=relay.port, schedule="* * * * *")
    service = serve(config)
    service.wait_for(lambda: len(relay.taken) == 2, seconds=90)
    service.wait_for(lambda: time.gmtime().tm_sec in range(20, 50), seconds=60)  # past the next scheduled minute
    assert service.stop() == 0
    assert len(relay.taken) == 2
    message = message_from_bytes(relay.taken[0][1], policy=policy.default)
    assert "Old bridge to be rebuilt" in message["Subject"]
    assert '"round"' in service.logged()
    assert "Traceback" not in service.logged()


def test_a_topic_edited_while_it_runs_counts_for_what_comes_next(
    serve: Callable[[Path], Service], digest: Run, desk: Path, web: Web, relay: Relay
) -> None:
    service = serve(desk)
    (desk / "topics" / "bridges.yaml").write_text("topic: Bridges\nany: [tunnel]\n")
    service.wait_for(lambda: "configuration read again" in service.logged())
    assert service.stop() == 0


def test_a_broken_edit_is_refused_with_its_place_and_the_last_good_configuration_stays(
    serve: Callable[[Path], Service], desk: Path
) -> None:
    service = serve(desk)
    (desk / "topics" / "bridges.yaml").write_text("topic: Bridges\nanny: [bridge]\n")
    service.wait_for(lambda: "edit refused" in service.logged())
    assert "topics/bridges.yaml:2:1" in service.logged()
    assert service.stop() == 0


def test_what_was_done_is_summed_up_also_where_it_is_never_quiet(
    desk: Path, home: Path, env: dict[str, str], web: Web, told: list[tuple[str, str]]
) -> None:
    """One site that hangs, or many feeds, would else leave the log without a word, and its failures in memory."""
    web.publish("Old bridge to be rebuilt")
    web.answers["/old-bridge-to-be-rebuilt"].delay_s = 25
    impatient = "import digest.service as s; s.SUM_UP_S = 1.0; from digest.__main__ import main; main()"
    service = Service(desk, env, home / "log", told, program=("-c", impatient))
    try:
        service.wait_for(lambda: '"round"' in service.logged(), seconds=15)
        assert '"polled": 1' in service.logged()
        assert service.stop() == 0
    finally:
        service.process.kill()
        service.process.wait()


def test_sigterm_while_a_page_is_awaited_ends_it_soon_and_in_good_order(
    serve: Callable[[Path], Service], desk: Path, web: Web
) -> None:
    web.publish("Old bridge to be rebuilt")
    web.answers["/old-bridge-to-be-rebuilt"].delay_s = 2.5
    service = serve(desk)
    service.wait_for(lambda: any("old-bridge" in seen.path for seen in web.seen))
    began = time.monotonic()
    assert service.stop() == 0
    assert time.monotonic() - began < 20
    assert "Traceback" not in service.logged()


def test_sigterm_while_a_feed_is_polled_gives_the_poll_up_and_loses_nothing(
    serve: Callable[[Path], Service], digest: Run, desk: Path, web: Web, relay: Relay
) -> None:
    web.publish("Old bridge to be rebuilt")
    web.answers["/feed.xml"].delay_s = 2.5
    service = serve(desk)
    service.wait_for(lambda: any(seen.path == "/feed.xml" for seen in web.seen))
    assert service.stop() == 0
    assert '"stopped"' in service.logged()
    assert '"polled"' not in service.logged(), "it was still being polled"
    assert "Traceback" not in service.logged()
    web.answers["/feed.xml"].delay_s = 0
    done = digest("--config", desk)
    assert done.returncode == 0, done.stderr
    assert len(relay.taken) == 2


def test_a_configuration_directory_that_goes_away_does_not_stop_the_service(
    serve: Callable[[Path], Service], desk: Path
) -> None:
    service = serve(desk)
    away = desk.with_name("away")
    desk.rename(away)
    service.wait_for(lambda: "edit refused" in service.logged())
    away.rename(desk)
    service.wait_for(lambda: "configuration read again" in service.logged())
    assert service.stop() == 0
    assert "Traceback" not in service.logged()


def test_systemd_hears_that_it_is_ready_alive_reloading_and_stopping(
    serve: Callable[[Path], Service], desk: Path, home: Path, env: dict[str, str]
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as door:
        door.bind(str(home / "notify"))
        door.settimeout(20)
        env |= {"NOTIFY_SOCKET": str(home / "notify"), "WATCHDOG_USEC": "600000"}

        def hear(wanted: str) -> str:
            while wanted not in (told := door.recv(4096).decode()):
                pass
            return told

        service = serve(desk)
        assert "STATUS=green; feeds: 1, digests: 1" in hear("READY=1")
        for _ in range(2):
            hear("WATCHDOG=1")
        service.process.send_signal(signal.SIGHUP)
        hear("RELOADING=1")
        hear("READY=1")
        assert service.stop() == 0
        hear("STOPPING=1")


def test_sigterm_while_a_message_is_handed_over_waits_for_its_acknowledgement(
    serve: Callable[[Path], Service], digest: Run, desk: Path, web: Web, relay: Relay
) -> None:
    web.publish("Old bridge to be rebuilt")
    relay.refuse = "451 later"
    assert digest().returncode == 75
    relay.refuse, relay.pause_s, relay.asked = None, 3.0, 0
    assert digest("outbox", "retry", "1").returncode == 0
    service = serve(desk)
    service.wait_for(lambda: relay.asked == 1)
    assert relay.taken == []
    assert service.stop() == 0
    assert len(relay.taken) == 1
    waiting = json.loads(digest("outbox", "list", "--json").stdout)
    assert [parcel["id"] for parcel in waiting] == [2], "what was acknowledged is recorded as sent"


def test_sigterm_in_the_middle_of_a_mailing_begins_no_other_message(
    serve: Callable[[Path], Service], digest: Run, desk: Path, web: Web, relay: Relay
) -> None:
    """What were cut off after its last byte would arrive twice; what is not begun goes out after the next start."""
    settings = desk / "digest.yaml"
    readers = ", ".join(f"reader{number}@example.org" for number in range(60))
    settings.write_text(re.sub(r"to: .*", f"to: [{readers}]", settings.read_text()))
    web.publish("Old bridge to be rebuilt")
    relay.refuse = "451 later"
    assert digest().returncode == 75
    relay.refuse, relay.pause_s, relay.asked = None, 0.5, 0
    assert digest("outbox", "retry", *map(str, range(1, 61))).returncode == 0
    service = serve(desk)
    service.wait_for(lambda: relay.asked > 1)
    assert service.stop() == 0
    left = json.loads(digest("outbox", "list", "--json").stdout)
    assert len(relay.taken) < 45, "32 side by side, most of which wait for a connection, and a few before"
    assert [parcel["state"] for parcel in left] == ["ready"] * (60 - len(relay.taken))


def test_sigterm_while_editions_are_made_begins_no_other(
    home: Path, web: Web, relay: Relay, env: dict[str, str], told: list[tuple[str, str]]
) -> None:
    """Each may take long; what is not begun stays owed."""
    config = write_config(home / "config", feeds=[web.url("/feed.xml")], relay_port=relay.port, schedule="* * * * *")
    with (config / "digest.yaml").open("a") as settings:
        settings.write("    catch_up: each\n")
    with Store.open(f"sqlite:///{home / 'state' / 'digest.db'}", lock=True) as store:
        store.digest_state("daily", datetime.now(UTC) - timedelta(minutes=10))
    slow = (
        "import time, digest.compose as c; made = c.edition\n"
        "c.edition = lambda *given: time.sleep(1) or made(*given)\n"
        "from digest.__main__ import main; main()"
    )
    service = Service(config, env, home / "log", told, program=("-c", slow))
    try:
        service.wait_for(lambda: '"edition"' in service.logged())
        assert service.stop() == 0
        assert service.logged().count('"edition"') <= 3
        assert "Traceback" not in service.logged()
    finally:
        service.process.kill()
        service.process.wait()


async def test_a_clock_that_jumps_by_half_a_century_does_not_make_the_ticker_count_what_it_missed() -> None:
    """As on a board without a battery, which wakes up in 1970 until it has asked for the time."""
    ticker, ticked = AsyncIOScheduler(timezone="UTC"), asyncio.Event()
    ticker.add_job(ticked.set, Every(5), next_run_time=datetime(1970, 1, 1, tzinfo=UTC), misfire_grace_time=None)
    ticker.start()
    await asyncio.wait_for(ticked.wait(), 5)
    assert timedelta(0) < ticker.get_jobs()[0].next_run_time - datetime.now(UTC) <= timedelta(seconds=5)
    ticker.shutdown(wait=False)
