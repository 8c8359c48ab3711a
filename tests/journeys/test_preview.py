"""`digest preview`: the digests in a browser on this machine, made anew at each save."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from loopback import Relay, Web

State = dict[str, Any]
PATIENCE = aiohttp.ClientTimeout(total=60)


@pytest.fixture
def preview(env: dict[str, str], desk: Path, web: Web, home: Path) -> Iterator[str]:
    """The address of a preview of the test's configuration, which has templates of its own."""
    web.publish("Old bridge to be rebuilt", "Choir sings")
    (desk / "templates").mkdir()
    settings = desk / "digest.yaml"
    settings.write_text(settings.read_text() + "\ntemplates: templates\n")
    with (home / "errors").open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "digest", "preview", "--config", desk],
            env=env,
            cwd=home,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        try:
            assert process.stdout is not None
            address = process.stdout.readline().strip()
            assert address.startswith("http://127.0.0.1:"), (home / "errors").read_text()
            yield address.rstrip("/")
        finally:
            process.terminate()
            process.wait(20)


async def until(events: aiohttp.ClientResponse, true: Callable[[State], bool]) -> State:
    """The first state that the stream tells of which this holds."""
    async for line in events.content:
        if line.startswith(b"data: ") and true(state := json.loads(line.removeprefix(b"data: "))):
            return state
    raise AssertionError("the stream ended")


def errors(state: State) -> list[str]:
    return [problem["text"] for problem in state["problems"] if not problem["warning"]]


async def test_every_save_of_a_template_a_topic_or_a_setting_is_seen_and_nothing_is_stored_or_sent(
    preview: str, desk: Path, web: Web, relay: Relay, home: Path
) -> None:
    """Wrong files are told with their places, as `digest check` has them, and what was shown last stays."""
    async with aiohttp.ClientSession(timeout=PATIENCE) as session, session.get(f"{preview}/events") as events:
        first = await until(events, lambda state: True)
        assert [it["subject"] for it in first["digests"]] == ["Bridges: 1 story — Old bridge to be rebuilt"]
        assert errors(first) == []
        polled = len(web.seen)

        (desk / "templates" / "subject.txt.j2").write_text("Mine: {{ digest.count }}")
        await until(events, lambda state: state["digests"][0]["subject"] == "Mine: 1")

        (desk / "templates" / "subject.txt.j2").write_text("{{ digest.nope }}")
        broken = await until(events, errors)
        assert errors(broken)[0].startswith("templates/subject.txt.j2:1")

        (desk / "templates" / "subject.txt.j2").unlink()
        (desk / "topics" / "bridges.yaml").write_text("topic: Choirs\nany: [choir]\n")
        await until(events, lambda state: "Choir sings" in state["digests"][0]["subject"])

        (desk / "topics" / "bridges.yaml").write_text("topic: Bridges\nanny: [bridge]\n")
        refused = await until(events, errors)
        assert "topics/bridges.yaml:2:1" in errors(refused)[0]
        assert "Choir sings" in refused["digests"][0]["subject"]
        assert len(web.seen) == polled, "it polls at the start only"
    assert relay.taken == []
    assert not (home / "state").exists()


async def test_an_alert_is_shown_beside_the_digests_as_soon_as_a_topic_asks_for_one(preview: str, desk: Path) -> None:
    """With a template of its own, and only while a story has enough points for it."""
    topic = "topic: Bridges\nscore: {8: [bridge]}\nalert: {threshold: LEAST}\n"
    async with aiohttp.ClientSession(timeout=PATIENCE) as session, session.get(f"{preview}/events") as events:
        (desk / "topics" / "bridges.yaml").write_text(topic.replace("LEAST", "8"))
        state = await until(events, lambda state: len(state["digests"]) == 2)
        digest, alert = state["digests"]
        assert digest["subject"] == "Bridges: 1 story — Old bridge to be rebuilt"
        assert (alert["id"], alert["title"]) == ("alert.bridges", "Alert: Bridges")
        assert alert["subject"] == "Alert: Old bridge to be rebuilt"
        for part, shows in (
            ("text", "Sent ahead of the digest"),
            ("html", "Sent ahead of the digest"),
            ("headers", "List-Id: <alert.bridges."),
        ):
            async with session.get(f"{preview}/alert.bridges/{part}") as answer:
                assert answer.status == 200
                assert shows in await answer.text()
        (desk / "topics" / "bridges.yaml").write_text(topic.replace("LEAST", "9"))
        await until(events, lambda state: [it["id"] for it in state["digests"]] == ["daily"])


async def test_a_digest_that_cannot_be_made_is_named_and_the_others_are_shown(preview: str, desk: Path) -> None:
    """Here its reader's long address, many times in one header, is more than a header may hold."""
    weekly = (
        f"  - id: weekly\n    schedule: '0 7 * * 1'\n    to: [{'b' * 60}@{'long.' * 30}example.org]\n"
        f"    unsubscribe: {{url: 'https://example.org/leave?{'{recipient}' * 9}'}}\n"
    )
    async with aiohttp.ClientSession(timeout=PATIENCE) as session, session.get(f"{preview}/events") as events:
        settings = desk / "digest.yaml"
        settings.write_text(settings.read_text().replace("digests:\n", f"digests:\n{weekly}"))
        state = await until(events, errors)
        assert errors(state)[0].startswith("no edition of weekly can be made: List-Unsubscribe: ")
        assert [it["id"] for it in state["digests"]] == ["daily"]


async def test_the_parts_are_shown_as_they_would_arrive_and_cannot_run_or_load_anything(preview: str) -> None:
    async with aiohttp.ClientSession(timeout=PATIENCE) as session:

        async def get(path: str, **headers: str) -> tuple[int, str, str]:
            async with session.get(f"{preview}{path}", headers=headers) as answer:
                return answer.status, await answer.text(), answer.headers.get("Content-Security-Policy", "")

        _, page, policy = await get("/")
        assert "script-src 'self'" in policy
        assert "<iframe" in page
        _, light, policy = await get("/daily/html?scheme=light")
        assert policy.startswith("default-src 'none'")
        assert "script-src" not in policy
        assert "Old bridge to be rebuilt" in light
        _, dark, _ = await get("/daily/html?scheme=dark")
        assert "@media not all" in light
        assert "@media all" in dark
        _, text, _ = await get("/daily/text")
        assert "1. Old bridge to be rebuilt" in text
        _, headers, _ = await get("/daily/headers")
        assert "Subject: " in headers
        assert "List-Id: <daily." in headers
        assert (await get("/absent/html"))[0] == 404
        status, _, _ = await get("/", Host="evil.example")
        assert status == 421, "another site's page must not read it (DNS rebinding)"
