"""The configuration is edited while the service runs: what counts at once, what is refused, who is told."""

from __future__ import annotations

import os
import re
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from loopback import Relay, Run, Web
from running import Service


def replaced(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def read_again(service: Service, times: int) -> None:
    service.wait_for(lambda: service.logged().count("configuration read again") == times)


def test_a_feed_put_in_is_polled_at_once_and_one_taken_out_no_more_and_keeps_its_history(
    serve: Callable[[Path], Service], digest: Run, desk: Path, web: Web
) -> None:
    web.publish("Old bridge to be rebuilt", feed="/feed.xml")
    web.publish("New bridge opens early", feed="/other.xml")
    service = serve(desk)
    service.wait_for(lambda: 'digest_articles_total{outcome="complete"} 1.0' in service.ask("/metrics")[1])
    replaced(desk / "feeds.yaml", "/feed.xml", "/other.xml")
    service.wait_for(lambda: any(seen.path == "/other.xml" for seen in web.seen))
    service.wait_for(lambda: 'digest_articles_total{outcome="complete"} 2.0' in service.ask("/metrics")[1])
    assert 'digest_feeds{health="ok"} 1.0' in service.ask("/metrics")[1]
    assert service.stop() == 0
    assert len([seen for seen in web.seen if seen.path == "/feed.xml"]) == 1


def test_new_settings_for_polling_count_for_the_next_request(
    serve: Callable[[Path], Service], desk: Path, web: Web
) -> None:
    web.publish("Old bridge to be rebuilt", feed="/feed.xml")
    service = serve(desk)
    service.wait_for(lambda: bool(web.seen))
    replaced(desk / "digest.yaml", "  timeout: 3s\n", "  timeout: 3s\n  contact: https://desk.example/about\n")
    read_again(service, 1)
    replaced(desk / "feeds.yaml", "/feed.xml", "/other.xml")
    service.wait_for(lambda: any(seen.path == "/other.xml" for seen in web.seen))
    [other] = [seen for seen in web.seen if seen.path == "/other.xml"]
    assert "https://desk.example/about" in other.headers["user-agent"]
    assert service.stop() == 0


def test_a_state_that_lies_beside_the_settings_is_no_edit_of_them(
    serve: Callable[[Path], Service], env: dict[str, str], desk: Path, web: Web
) -> None:
    """As in a container with one volume: else every poll would have all files read again."""
    env["STATE_DIRECTORY"] = str(desk)
    web.publish("Old bridge to be rebuilt")
    service = serve(desk)
    service.wait_for(lambda: 'digest_articles_total{outcome="complete"} 1.0' in service.ask("/metrics")[1])
    replaced(desk / "topics" / "bridges.yaml", "footbridge", "aqueduct")
    read_again(service, 1)
    assert (desk / "digest.db").exists()
    assert service.stop() == 0
    assert service.logged().count("configuration read again") == 1


def test_an_address_to_listen_at_is_taken_up_by_a_restart_and_says_so(
    serve: Callable[[Path], Service], desk: Path, web: Web
) -> None:
    web.publish("Mayor opens a library")
    service = serve(desk)
    replaced(desk / "digest.yaml", "127.0.0.1:0", "127.0.0.1:1")
    service.wait_for(lambda: "the edit of `http` takes effect after a restart" in str(service.ask("/healthz")[1]))
    replaced(desk / "digest.yaml", "127.0.0.1:1", "127.0.0.1:0")
    service.wait_for(lambda: service.ask("/healthz")[1]["health"] == "green")
    assert service.stop() == 0


@pytest.mark.slow
def test_readers_are_told_of_a_refused_edit_and_a_mended_relay_gets_what_waits_at_once(
    serve: Callable[[Path], Service], desk: Path, web: Web, relay: Relay
) -> None:
    """The relay of the first configuration answers nowhere; the edit that names the right one is a later one."""
    web.publish("Old bridge to be rebuilt")
    right = f"port: {relay.port}"
    replaced(desk / "digest.yaml", right, "port: 9")
    replaced(desk / "digest.yaml", "0 7 * * *", "* * * * *")
    service = serve(desk)
    (desk / "topics" / "broken.yaml").write_text("topic: Broken\nanny: [bridge]\n")
    service.wait_for(lambda: "edit refused" in service.logged())
    service.wait_for(lambda: "relay refuses us" in service.logged(), seconds=90)
    assert not relay.taken
    (desk / "topics" / "broken.yaml").unlink()
    replaced(desk / "digest.yaml", "port: 9", right)
    service.wait_for(lambda: len(relay.taken) == 2, seconds=45)
    message = message_from_bytes(relay.taken[0][1], policy=policy.default)
    body = message.get_body(("plain",))
    assert body is not None
    told = " ".join(body.get_content().split())
    assert "An edit of the configuration was refused, the last good one counts: topics/broken.yaml:2:1" in told
    assert service.stop() == 0


def test_a_topic_that_goes_while_matches_wait_is_told_and_a_file_with_old_times_is_an_edit(
    serve: Callable[[Path], Service], desk: Path, web: Web, home: Path
) -> None:
    web.publish("Old bridge to be rebuilt")
    service = serve(desk)
    service.wait_for(lambda: service.ask("/metrics")[1].count('digest_articles_total{outcome="complete"} 1.0') == 1)
    (desk / "topics" / "bridges.yaml").rename(desk / "topics" / "spans.yaml")
    service.wait_for(lambda: "a topic is gone" in service.logged())
    assert '"topic": "bridges", "waiting": 1' in service.logged()
    assert "digest rejudge" in service.logged()
    edited = desk / "topics" / "spans.yaml"
    times = edited.stat()
    other = home / "other.yaml"
    other.write_text(edited.read_text().replace("footbridge", "drawbridge"))
    os.utime(other, ns=(times.st_atime_ns, times.st_mtime_ns))
    other.replace(edited)
    service.wait_for(lambda: service.logged().count("configuration read again") == 2)
    assert service.stop() == 0


@pytest.mark.slow
def test_an_edition_that_cannot_be_made_costs_no_other_and_shows_until_an_edit_mends_it(
    serve: Callable[[Path], Service], desk: Path, web: Web, relay: Relay
) -> None:
    """Here its reader's long address, many times in one header, is more than a header may hold."""
    web.publish("Old bridge to be rebuilt")
    settings = desk / "digest.yaml"
    weekly = (
        f'  - id: weekly\n    schedule: "* * * * *"\n    to: [{"b" * 60}@{"long." * 30}example.org]\n'
        f"    unsubscribe: {{url: 'https://example.org/leave?{'{recipient}' * 9}'}}\n"
    )
    settings.write_text(
        settings.read_text().replace("0 7 * * *", "* * * * *").replace("digests:\n", "digests:\n" + weekly)
    )
    service = serve(desk)
    service.wait_for(lambda: len(relay.taken) == 2, seconds=90)
    service.wait_for(lambda: service.ask("/healthz")[1]["health"] == "yellow")
    assert "no edition of weekly can be made" in str(service.ask("/healthz")[1])
    settings.write_text(settings.read_text().replace("{recipient}" * 9, "{recipient}"))
    service.wait_for(lambda: len(relay.taken) == 3, seconds=45)
    service.wait_for(lambda: service.ask("/healthz")[1]["health"] == "green")
    assert service.stop() == 0
    assert service.logged().count("edition refused") == 1


# As `digest`, but looking after its store each second, from the first one on, instead of once a day.
CAREFUL = "import digest.service as s; s.CARE_AFTER_S = s.CARE_TICK_S = 1; from digest.__main__ import main; main()"


def test_an_edit_of_what_is_kept_counts_the_next_time_the_store_is_looked_after(
    digest: Run, desk: Path, home: Path, env: dict[str, str], told: list[tuple[str, str]], web: Web
) -> None:
    web.publish("Mayor opens a library")
    assert digest("--config", desk).returncode == 0
    with closing(sqlite3.connect(home / "state" / "digest.db")) as store, store:
        store.execute("UPDATE entries SET first_seen = datetime(first_seen, '-30 days')")
    service = Service(desk, env, home / "log", told, program=("-c", CAREFUL))
    try:
        service.wait_for(lambda: '"started"' in service.logged())
        stored = re.compile(r'digest_stored{what="articles"} (\d)')
        time.sleep(3)
        assert stored.findall(service.ask("/metrics")[1]) == ["1"], "180 days are the default"
        with (desk / "digest.yaml").open("a") as settings:
            settings.write("keep: {articles: 7d}\n")
        service.wait_for(lambda: '"forgotten"' in service.logged())
        assert service.stop() == 0
    finally:
        service.process.kill()
        service.process.wait()
    with closing(sqlite3.connect(home / "state" / "digest.db")) as store:
        assert store.execute("SELECT count(*) FROM articles").fetchone() == (0,)
