"""`digest` and `digest --dry-run` with a user's own configuration, a web and a mail server on loopback."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from loopback import Answer, Relay, Run, Web, write_config
from structlog.testing import capture_logs

from digest import app
from digest import config as configuration
from digest.model import Window
from digest.pipeline import Edition, Pipeline


def contents(directory: Path) -> dict[str, bytes]:
    """Every file below a directory with its bytes."""
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def test_what_matters_is_mailed_once_to_each_recipient(digest: Run, desk: Path, web: Web, relay: Relay) -> None:
    web.publish("Old bridge to be rebuilt", "Bakery wins prize")
    web.answers["/bakery-wins-prize"] = Answer(
        b"<html><body><article><p>Rye bread. " + b"Flour. " * 60 + b"</p></article></body></html>"
    )
    done = digest("--config", desk)
    assert done.returncode == 0, done.stderr
    assert sorted(to for to, _ in relay.taken) == [["editor@example.org"], ["reader@example.org"]]
    message = message_from_bytes(relay.taken[0][1], policy=policy.default)
    assert "Old bridge to be rebuilt" in message["Subject"]
    assert "Bakery" not in message.as_string()

    again = digest("--config", desk)
    assert again.returncode == 0, again.stderr
    assert len(relay.taken) == 2
    assert "Nothing to send" in again.stderr


def test_an_edition_that_cannot_be_made_costs_no_other_and_is_told(
    digest: Run, desk: Path, web: Web, relay: Relay
) -> None:
    """Here its reader's long address, many times in one header, is more than a header may hold."""
    web.publish("Old bridge to be rebuilt")
    settings = desk / "digest.yaml"
    settings.write_text(
        settings.read_text().replace(
            "digests:\n",
            "digests:\n"
            "  - id: weekly\n"
            '    schedule: "0 7 * * 1"\n'
            f"    to: [{'b' * 60}@{'long.' * 30}example.org]\n"
            f"    unsubscribe: {{url: 'https://example.org/leave?{'{recipient}' * 9}'}}\n",
        )
    )
    rehearsed = digest("--config", desk, "--dry-run", "--json")
    assert rehearsed.returncode == 65
    told = json.loads(rehearsed.stdout)
    assert [edition["id"] for edition in told["digests"]] == ["daily"]
    assert told["refused"][0].startswith("no edition of weekly can be made: List-Unsubscribe: ")
    assert told["refused"][0] in rehearsed.stderr
    done = digest("--config", desk)
    assert done.returncode == 65
    assert "no edition of weekly can be made: List-Unsubscribe: " in done.stderr
    assert "2 messages sent" in done.stderr
    assert sorted(to for to, _ in relay.taken) == [["editor@example.org"], ["reader@example.org"]]
    settings.write_text(settings.read_text().replace("{recipient}" * 9, "{recipient}"))
    assert digest("send", "weekly", "--config", desk).returncode == 0
    assert len(relay.taken) == 3


async def test_a_bug_in_one_edition_costs_no_other_in_a_rehearsal_nor_in_a_run(
    desk: Path, env: dict[str, str], web: Web, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    web.publish("Old bridge to be rebuilt")
    with (desk / "digest.yaml").open("a") as settings:
        settings.write("  - {id: weekly, schedule: '0 7 * * 1', to: [weekly@example.org]}\n")
    config = configuration.load(desk, env)
    compose = Pipeline.compose

    async def buggy(self: Pipeline, digest_id: str, window: Window) -> Edition:
        if digest_id == "daily":
            raise KeyError("a bug")
        return await compose(self, digest_id, window)

    monkeypatch.setattr(Pipeline, "compose", buggy)
    with capture_logs() as logged:
        outcomes = (await app.rehearse(config), await app.run_once(config))
    assert [event["digest"] for event in logged if event["event"] == "crashed"] == ["daily", "daily"]
    for outcome in outcomes:
        assert [edition.digest.id for edition in outcome.editions] == ["weekly"]
        assert outcome.refused == ("no edition of daily can be made: digest itself is at fault, see the log",)
    assert [to for to, _ in relay.taken] == [["weekly@example.org"]]
    monkeypatch.undo()
    assert (await app.run_once(config)).sent == 2, "what it would tell stayed pending"


def test_a_digest_that_is_renamed_loses_nothing_and_tells_its_readers_nothing_twice(
    digest: Run, desk: Path, web: Web, relay: Relay
) -> None:
    """Somebody who reads it from then on only is told in full."""
    web.publish("Old bridge to be rebuilt", "Stone footbridge falls")
    settings = desk / "digest.yaml"
    settings.write_text(settings.read_text().replace("    to: [", "    max_stories: 1\n    to: ["))
    assert digest("--config", desk).returncode == 0
    relay.taken.clear()
    settings.write_text(
        settings.read_text().replace("id: daily", "id: morning").replace("max_stories: 1", "max_stories: 9")
        + "  - {id: late, schedule: '0 8 * * *', to: [late@example.org]}\n"
    )
    assert digest("--config", desk).returncode == 0
    told = {to[0]: message_from_bytes(raw, policy=policy.default)["Subject"] for to, raw in relay.taken}
    assert told.keys() == {"reader@example.org", "editor@example.org", "late@example.org"}
    assert "1 story" in told["reader@example.org"], "what was over the cap"
    assert "2 stories" in told["late@example.org"]


def test_the_second_poll_is_conditional_and_brings_only_what_is_new(
    digest: Run, desk: Path, web: Web, relay: Relay
) -> None:
    web.publish("Old bridge to be rebuilt", etag='"one"')
    assert digest("--config", desk).returncode == 0
    rehearsed = json.loads(digest("--config", desk, "--dry-run", "--json").stdout)
    assert rehearsed["feeds"] == {"polled": 1, "not_modified": 1, "failed": []}
    assert [seen.headers.get("if-none-match") for seen in web.seen if seen.path == "/feed.xml"] == [None, '"one"']
    web.publish("Old bridge to be rebuilt", "Second footbridge planned", etag='"two"')
    rehearsed = json.loads(digest("--config", desk, "--dry-run", "--json").stdout)
    (story,) = rehearsed["digests"][0]["topics"][0]["stories"]
    assert story["title"] == "Second footbridge planned"
    assert [seen.path for seen in web.seen].count("/old-bridge-to-be-rebuilt") == 1


def test_a_dry_run_changes_nothing_anywhere(digest: Run, desk: Path, web: Web, relay: Relay, home: Path) -> None:
    web.publish("Old bridge to be rebuilt", etag='"one"')
    before = contents(home)
    assert digest("--config", desk, "--dry-run").returncode == 0
    assert contents(home) == before, "a first dry run made files"
    assert digest("--config", desk).returncode == 0
    web.publish("Old bridge to be rebuilt", "Second footbridge planned", etag='"two"')
    before = contents(home)
    assert "Second footbridge planned" in digest("--config", desk, "--dry-run").stdout
    assert contents(home) == before
    assert len(relay.taken) == 2


def test_json_is_the_only_thing_on_stdout(digest: Run, desk: Path, web: Web) -> None:
    web.publish("Old bridge to be rebuilt")
    done = digest("--config", desk, "--dry-run", "--json")
    told = json.loads(done.stdout)
    assert set(told) == {"digests", "feeds", "entries"}
    (edition,) = told["digests"]
    assert set(edition) == {"id", "title", "subject", "window", "topics", "omitted", "repeats"}
    assert set(edition["window"]) == {"from", "to"}
    (topic,) = edition["topics"]
    assert set(topic) == {"id", "title", "stories"}
    (story,) = topic["stories"]
    assert set(story) == {
        "title",
        "url",
        "feed",
        "authors",
        "published",
        "language",
        "score",
        "complete",
        "text",
        "why",
        "snippets",
        "also_in",
    }
    assert set(story["why"][0]) == {"points", "rule", "terms", "field", "at"}
    assert story["why"][0]["at"] == "topics/bridges.yaml:2"
    assert set(story["snippets"][0]) == {"text", "hits"}
    assert told["entries"] == {"new": 1, "flagged": 1, "incomplete": 0}


def test_a_mail_server_that_is_not_there_defers_and_the_same_bytes_leave_later(
    digest: Run, home: Path, web: Web, relay: Relay
) -> None:
    web.publish("Old bridge to be rebuilt")
    desk = write_config(home / "config", feeds=[web.url("/feed.xml")], relay_port=relay.port)
    relay.refuse = "451 come back later"
    done = digest("--config", desk)
    assert done.returncode == 75, done.stderr
    waiting = json.loads(digest("outbox", "list", "--json", "--config", desk).stdout)
    assert [parcel["state"] for parcel in waiting] == ["ready", "ready"]
    assert all("come back later" in parcel["reply"] for parcel in waiting)
    too_early = digest("--config", desk)
    assert (too_early.returncode, "0 messages sent, 2 not delivered" in too_early.stderr) == (75, True)
    relay.refuse = None
    ids = [str(parcel["id"]) for parcel in waiting]
    assert digest("outbox", "retry", *ids, "--config", desk).returncode == 0
    done = digest("--config", desk)
    assert done.returncode == 0, done.stderr
    told = {message_from_bytes(raw, policy=policy.default)["Message-ID"] for _, raw in relay.taken}
    assert told == {parcel["message_id"] for parcel in waiting}
    assert "empty" in digest("outbox", "list", "--config", desk).stderr


def test_a_message_that_is_refused_for_good_is_not_said_to_be_tried_again(
    digest: Run, desk: Path, web: Web, relay: Relay
) -> None:
    """The exit code is that of a mail program whose message was refused (sysexits: EX_UNAVAILABLE)."""
    web.publish("Old bridge to be rebuilt")
    relay.refuse = "550 no such reader"
    done = digest("--config", desk)
    assert done.returncode == 69
    assert "0 messages sent, 2 not delivered, and not tried again unless you say so (see" in done.stderr
    listed = digest("outbox", "list", "--config", desk).stdout
    assert listed.count("550 no such reader") == 2
    again = digest("--config", desk)
    assert again.returncode == 0, "this run had nothing to send, and failed at nothing"


def test_nobody_listening_where_the_mail_server_should_be_is_said_plainly(digest: Run, home: Path, web: Web) -> None:
    web.publish("Old bridge to be rebuilt")
    desk = write_config(home / "config", feeds=[web.url("/feed.xml")], relay_port=9)
    done = digest("--config", desk)
    assert done.returncode == 75
    assert "127.0.0.1" in done.stderr
    assert "Traceback" not in done.stderr


def test_one_bad_feed_is_reported_and_stops_nobody(digest: Run, home: Path, web: Web, relay: Relay) -> None:
    web.publish("Old bridge to be rebuilt")
    web.answers |= {
        "/page": Answer(b"<!doctype html><html><body><h1>Hello</h1></body></html>"),
        "/empty": Answer(b"", "application/rss+xml"),
        "/error": Answer(b"oops", status=500),
        "/slow": Answer(b"late", delay_s=5),
        "/large": Answer(b"<rss><channel>" + b" " * 30_000_000 + b"</channel></rss>", "application/rss+xml"),
    }
    bad = [web.url(path) for path in ("/page", "/empty", "/error", "/slow", "/large", "/absent")]
    desk = write_config(home / "config", feeds=[*bad, web.url("/feed.xml")], relay_port=relay.port)
    done = digest("--config", desk, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    errors = {feed["url"]: feed["error"] for feed in told["feeds"]["failed"]}
    assert set(errors) == set(bad)
    assert "HTML" in errors[web.url("/page")]
    assert "empty" in errors[web.url("/empty")]
    assert "500" in errors[web.url("/error")]
    assert "10 MB" in errors[web.url("/large")] or "10MB" in errors[web.url("/large")]
    assert "404" in errors[web.url("/absent")]
    assert len(relay.taken) == 2


def test_when_nothing_can_be_reached_the_exit_code_says_so(digest: Run, home: Path, relay: Relay) -> None:
    desk = write_config(home / "config", feeds=["http://127.0.0.1:9/feed"], relay_port=relay.port)
    done = digest("--config", desk, "--dry-run")
    assert done.returncode == 69
    assert "refuses" in done.stderr or "refused" in done.stderr


def test_an_article_page_that_is_a_pdf_leaves_the_feed_s_own_text(digest: Run, desk: Path, web: Web) -> None:
    web.publish("Old bridge to be rebuilt")
    web.answers["/old-bridge-to-be-rebuilt"] = Answer(b"%PDF-1.7 ...", "application/pdf")
    told = json.loads(digest("--config", desk, "--dry-run", "--json").stdout)
    (story,) = told["digests"][0]["topics"][0]["stories"]
    assert story["complete"] is False
    assert told["entries"]["incomplete"] == 1


def test_a_state_directory_that_can_t_be_written_is_named(digest: Run, desk: Path, web: Web, home: Path) -> None:
    web.publish("Old bridge to be rebuilt")
    (home / "file").write_text("not a directory")
    done = digest("--config", desk, STATE_DIRECTORY=str(home / "file" / "state"))
    assert done.returncode == 74
    assert str(home / "file" / "state") in done.stderr
    assert "Traceback" not in done.stderr


def test_a_second_instance_says_so_and_leaves(
    digest: Run, desk: Path, web: Web, env: dict[str, str], home: Path
) -> None:
    web.publish("Old bridge to be rebuilt")
    service = subprocess.Popen(
        [sys.executable, "-m", "digest", "run", "--config", str(desk)],
        env=env,
        cwd=home,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert service.stderr is not None
        while "started" not in service.stderr.readline():
            assert service.poll() is None
        done = digest("--config", desk)
        assert done.returncode == 75
        assert "another" in done.stderr.lower()
    finally:
        service.send_signal(signal.SIGTERM)
        service.communicate(timeout=60)


def test_ctrl_c_in_the_middle_leaves_everything_consistent(
    digest: Run, desk: Path, web: Web, relay: Relay, env: dict[str, str], home: Path
) -> None:
    web.publish("Old bridge to be rebuilt", "Second footbridge planned")
    web.answers["/second-footbridge-planned"].delay_s = 2.5
    running = subprocess.Popen(
        [sys.executable, "-m", "digest", "--config", str(desk)], env=env, cwd=home, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 30
    while not any(seen.path == "/second-footbridge-planned" for seen in web.seen):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=30)
    assert running.returncode == 130
    assert "Traceback" not in said
    assert relay.taken == []
    web.answers["/second-footbridge-planned"].delay_s = 0
    done = digest("--config", desk)
    assert done.returncode == 0, done.stderr
    assert len(relay.taken) == 2
    both = message_from_bytes(relay.taken[0][1], policy=policy.default).get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "Old bridge to be rebuilt" in both
    assert "Second footbridge planned" in both


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--no-such-option"], 64),
        (["--out", "x"], 64),
        (["extract"], 64),
        (["--config", "/nonexistent"], 78),
        ([], 78),
        (["extract", "no-such-file.html"], 65),
        (["--digest", "nope", "--demo", "--dry-run"], 64),
    ],
)
def test_exit_codes_tell_what_kind_of_trouble_it_is(digest: Run, words: list[str], code: int) -> None:
    done = digest(*words)
    assert done.returncode == code, done.stderr
    assert done.stderr
    assert "Traceback" not in done.stderr
