"""`digest rejudge`: an edit counts for what was read before, on demand and never twice."""

from __future__ import annotations

import json
from email import message_from_bytes, policy
from pathlib import Path

from loopback import Relay, Run, Web


def subjects(relay: Relay) -> list[str]:
    return [str(message_from_bytes(raw, policy=policy.default)["Subject"]) for _to, raw in relay.taken]


def test_an_edited_topic_gains_what_it_would_have_found_and_never_repeats_what_was_sent(
    digest: Run, desk: Path, web: Web, relay: Relay
) -> None:
    web.publish("Old bridge to be rebuilt", "Tunnel to open in spring")
    topic = desk / "topics" / "bridges.yaml"
    assert digest("--config", desk).returncode == 0
    assert ["Old bridge" in subject for subject in subjects(relay)] == [True, True]
    topic.write_text("topic: Bridges\nany: [tunnel]\n")
    rehearsed = digest("rejudge", "bridges", "--dry-run", "--json", "--config", desk)
    told = json.loads(rehearsed.stdout)
    assert [row["title"] for row in told["gained"]] == ["Tunnel to open in spring"]
    assert [row["title"] for row in told["too_late"]] == ["Old bridge to be rebuilt"]
    assert not told["applied"]
    assert digest("--config", desk).returncode == 0
    assert len(relay.taken) == 2
    assert "1 gained, 0 withdrawn, 0 renewed, 1 too late" in digest("rejudge", "bridges", "--config", desk).stdout
    assert "0 gained" in digest("rejudge", "bridges", "--config", desk).stdout
    for _ in range(2):
        assert digest("--config", desk).returncode == 0
    assert len(relay.taken) == 4
    assert all("Tunnel to open" in subject for subject in subjects(relay)[2:])


def test_a_topic_that_does_not_exist_is_refused_with_those_there_are(digest: Run, desk: Path) -> None:
    done = digest("rejudge", "tunnels", "--config", desk)
    assert done.returncode == 64
    assert "topics/ has: bridges" in done.stderr
