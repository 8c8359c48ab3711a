"""Chats and webhooks: told once of each edition through the same ledger as the mails, and their secrets kept."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from loopback import Relay, Run, Web

SECRET = "s3cr3t-token-9f2c"


class Hook:
    """A webhook on loopback: what it was told, and what it answers. Status 0: it hangs up without an answer."""

    def __init__(self) -> None:
        self.told: list[dict[str, str]] = []
        self.status = 200
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # the library's name
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.told.append(json.loads(body))
                if hook.status:
                    self.send_response(hook.status)
                    self.end_headers()

            def log_message(self, *_args: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"json://127.0.0.1:{self.server.server_port}/hooks/{SECRET}"


@pytest.fixture
def hook() -> Iterator[Hook]:
    made = Hook()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def team(desk: Path, web: Web) -> Path:
    """The desk, whose digest tells the channel `team` as well; two stories wait."""
    web.publish("Old bridge to be rebuilt", "Second footbridge planned")
    settings = desk / "digest.yaml"
    settings.write_text(f"{settings.read_text()}    notify: [team]\nnotify: {{team: '${{TEAM_URL}}'}}\n")
    return desk


def rows(home: Path) -> dict[str, str]:
    """The state of each row of the outbox, by recipient."""
    with sqlite3.connect(home / "state" / "digest.db") as store:
        return dict(store.execute("select recipient, state from parcels"))


def hidden(home: Path, *outputs: str) -> bool:
    state = b"".join(path.read_bytes() for path in (home / "state").glob("digest.db*"))
    return SECRET.encode() not in state and all(SECRET not in output for output in outputs)


def test_a_channel_is_told_once_of_what_the_mail_says_and_its_url_is_told_to_nobody(
    digest: Run, team: Path, hook: Hook, relay: Relay, home: Path
) -> None:
    done = digest("--config", team, "-vv", TEAM_URL=hook.url)
    assert done.returncode == 0, done.stderr
    [words] = hook.told
    assert words["title"].startswith("Bridges: 2 stories")
    assert ". Old bridge to be rebuilt (The Ferry Herald)\nhttp://127.0.0.1" in words["message"]
    assert rows(home) == {"reader@example.org": "sent", "editor@example.org": "sent", "notify:team": "sent"}
    assert len(relay.taken) == 2
    again = digest("--config", team, TEAM_URL=hook.url)
    listed = digest("--config", team, "status", TEAM_URL=hook.url)
    assert len(hook.told) == 1
    assert hidden(home, done.stderr, done.stdout, again.stderr, listed.stdout)


def test_a_service_that_answers_with_an_error_is_told_again_later_and_the_mails_go_out(
    digest: Run, team: Path, hook: Hook, relay: Relay, home: Path
) -> None:
    hook.status = 503
    done = digest("--config", team, TEAM_URL=hook.url)
    assert done.returncode == 75
    assert rows(home) == {"reader@example.org": "sent", "editor@example.org": "sent", "notify:team": "ready"}
    listed = digest("--config", team, "outbox", "list", TEAM_URL=hook.url)
    assert "notify:team" in listed.stdout
    assert "503" in listed.stdout
    hook.status = 200
    [parcel] = [line.split()[0] for line in listed.stdout.splitlines() if "notify:team" in line]
    assert digest("--config", team, "outbox", "retry", parcel, TEAM_URL=hook.url).returncode == 0
    assert digest("--config", team, TEAM_URL=hook.url).returncode == 0
    assert rows(home)["notify:team"] == "sent"
    assert hook.told[0] == hook.told[-1]
    assert hidden(home, done.stderr, listed.stdout)


def test_a_relay_that_refuses_us_does_not_keep_the_chats_waiting(
    digest: Run, team: Path, hook: Hook, relay: Relay, home: Path
) -> None:
    settings = team / "digest.yaml"
    settings.write_text(settings.read_text().replace("security: none", "security: starttls"))
    done = digest("--config", team, TEAM_URL=hook.url)
    assert done.returncode == 75
    assert rows(home) == {"reader@example.org": "ready", "editor@example.org": "ready", "notify:team": "sent"}
    assert (len(hook.told), relay.taken) == (1, [])


def test_where_no_answer_came_nobody_knows_and_on_unknown_decides(
    digest: Run, team: Path, hook: Hook, home: Path
) -> None:
    settings = team / "digest.yaml"
    settings.write_text(settings.read_text().replace("    notify: [team]", "    notify: [team]\n    on_unknown: hold"))
    hook.status = 0
    digest("--config", team, TEAM_URL=hook.url)
    assert len(hook.told) == 1
    assert rows(home)["notify:team"] == "unknown"


def test_a_channel_that_can_not_be_used_is_refused_without_showing_its_url(digest: Run, team: Path) -> None:
    done = digest("--config", team, "check", TEAM_URL=f"nonsense://{SECRET}")
    assert done.returncode == 78
    assert "`notify: team` is no URL that Apprise understands" in done.stderr
    assert SECRET not in done.stderr
