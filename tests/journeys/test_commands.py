"""The command line as a user meets it: help, completion, clean articles, feeds."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path

import pytest
from loopback import Answer, Run, Web
from typer.testing import CliRunner

from digest.cli import _MODULES as COMMANDS
from digest.cli.root import cli


def test_help_names_every_command_and_gives_examples(digest: Run) -> None:
    told = digest("--help").stdout
    assert "Examples" in told
    assert all(f" {command} " in told for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_help_of_its_own(command: str) -> None:
    import_module(f"digest.cli.{COMMANDS[command]}")
    done = CliRunner().invoke(cli, [command, "--help"], prog_name="digest")
    assert done.exit_code == 0
    assert f"digest {command}" in done.stdout


def test_the_version_is_told(digest: Run) -> None:
    assert digest("--version").stdout.startswith("digest 0.")


def test_extract_prints_one_object_a_line_in_the_order_asked_for(digest: Run, web: Web, home: Path) -> None:
    web.publish("Old bridge to be rebuilt", "Second footbridge planned")
    web.answers["/old-bridge-to-be-rebuilt"].delay_s = 1
    (home / "config").mkdir()
    page = web.answers["/second-footbridge-planned"].body
    (home / "page.html.gz").write_bytes(gzip.compress(page))
    (home / "list.jsonl").write_text(
        json.dumps({"url": web.url("/absent")})
        + "\n"
        + json.dumps({"file": "page.html.gz", "url": "https://herald.example/2", "title": "Second footbridge planned"})
        + "\n"
    )
    config = _allowing_loopback(home)
    done = digest(
        "extract", web.url("/old-bridge-to-be-rebuilt"), "--list", home / "list.jsonl", "--json", "--config", config
    )
    assert done.returncode == 0, done.stderr
    first, absent, last = (json.loads(line) for line in done.stdout.splitlines())
    assert set(first) == set(
        "url title authors published modified language site description text complete error".split()  # noqa: SIM905
    )
    assert first["title"] == "Old bridge to be rebuilt"
    assert first["authors"] == ["Ada Ferrier"]
    assert len(first["text"].split("\n\n")) == 4
    assert "404" in absent["error"]
    assert absent["complete"] is False
    assert last["title"] == "Second footbridge planned"
    assert last["url"] == "https://herald.example/2"


def test_extract_reads_standard_input(digest: Run, web: Web) -> None:
    web.publish("Old bridge to be rebuilt")
    done = digest("extract", "-", stdin=web.answers["/old-bridge-to-be-rebuilt"].body.decode())
    assert done.returncode == 0, done.stderr
    assert "Old bridge to be rebuilt" in done.stdout
    assert "Most read" not in done.stdout


def test_a_list_that_is_no_list_is_refused_with_its_line(digest: Run, home: Path) -> None:
    (home / "list.jsonl").write_text('{"url": "https://a.example"}\n{"url": \n')
    done = digest("extract", "--list", home / "list.jsonl")
    assert done.returncode == 65
    assert "list.jsonl:2:1" in done.stderr


def test_private_addresses_are_refused_unless_they_are_allowed(digest: Run, web: Web) -> None:
    done = digest("extract", web.url("/"))
    assert done.returncode == 69
    assert "allow_networks" in done.stderr
    assert web.seen == []


def test_explain_says_why_and_why_not(digest: Run, desk: Path, web: Web) -> None:
    web.publish("Old bridge to be rebuilt", "Bakery wins prize")
    done = digest("explain", web.url("/old-bridge-to-be-rebuilt"), "--config", desk)
    assert done.returncode == 0, done.stderr
    assert "bridges: flagged" in done.stdout
    assert "topics/bridges.yaml:2" in done.stdout
    done = digest("explain", web.url("/bakery-wins-prize"), "--config", desk)
    assert "not flagged" in done.stdout
    assert "nearest miss" in done.stdout


def test_explain_names_a_page_without_the_password_in_its_address(digest: Run, desk: Path) -> None:
    done = digest("explain", "http://ada:hunter2@127.0.0.1:9/page", "--config", desk)
    assert done.stderr == "http://127.0.0.1:9/page: 127.0.0.1 refuses connections\n"


def test_explain_says_when_it_judges_less_than_the_whole_article(digest: Run, desk: Path, home: Path) -> None:
    (home / "empty.html").write_text("<html><title>The bridge</title><body></body></html>")
    done = digest("explain", home / "empty.html", "--config", desk)
    assert done.returncode == 0
    assert "empty.html: " in done.stderr


def test_status_and_feeds_list_tell_how_each_feed_does(digest: Run, desk: Path, web: Web, relay: object) -> None:
    web.publish("Old bridge to be rebuilt")
    with (desk / "feeds.yaml").open("a") as feeds:
        feeds.write(f"  - url: {web.url('/absent')}\n    name: The Absentee\n")
    assert re.search(r"The Absentee +never +now +not polled yet", digest("feeds", "list", "--config", desk).stdout)
    assert digest("--config", desk).returncode == 0
    told = digest("status", "--config", desk).stdout
    assert "The Absentee" in told
    assert "404" in told
    facts = json.loads(digest("status", "--json", "--config", desk).stdout)
    assert [feed["failures"] for feed in facts["feeds"]] == [0, 1]
    assert facts["store"]["articles"] == 1
    assert facts["outbox"] == {"sent": 2}
    assert facts["digests"][0]["next"]


def test_what_publishers_write_is_no_markup_of_ours(digest: Run, desk: Path, web: Web, relay: object) -> None:
    """A feed that calls itself so brought `feeds list` and `status` down for all feeds."""
    web.publish("Old bridge [/b] to be rebuilt")
    answer = web.answers["/feed.xml"]
    answer.body = answer.body.replace(b"The Ferry Herald", b"Ferry [/] :new: [red]Herald")
    assert digest("--config", desk).returncode == 0
    for command in (("feeds", "list"), ("status",)):
        done = digest(*command, "--config", desk)
        assert done.returncode == 0, done.stderr
        assert "Ferry [/] :new: [red]Herald" in done.stdout


def test_feeds_list_tells_how_feeds_stand_with_their_hubs(digest: Run, desk: Path, web: Web, relay: object) -> None:
    web.publish("Old bridge to be rebuilt")
    web.answers["/feed.xml"].headers["Link"] = "<https://hub.example/>; rel=hub"
    assert digest("--config", desk).returncode == 0
    [row] = json.loads(digest("feeds", "list", "--json", "--config", desk).stdout)
    assert (row["hub"]["url"], row["hub"]["pushed"], row["hub"]["until"]) == ("https://hub.example/", False, None)
    assert "polled only" in digest("feeds", "list", "--config", desk).stdout


def test_feeds_are_added_removed_imported_and_exported(digest: Run, desk: Path, home: Path) -> None:
    assert digest("feeds", "add", "https://a.example/rss", "--name", "A paper", "--config", desk).returncode == 0
    exported = digest("feeds", "export", "--config", desk).stdout
    assert 'xmlUrl="https://a.example/rss"' in exported
    assert digest("feeds", "remove", "https://a.example/rss", "--config", desk).returncode == 0
    assert "a.example" not in (desk / "feeds.yaml").read_text()
    (home / "list.opml").write_text(exported)
    imported = digest("feeds", "import", home / "list.opml", "--config", desk)
    # The desk's own feed was exported without its password, so what comes back is another one.
    assert "added 2 feeds" in imported.stdout
    assert "A paper" in (desk / "feeds.yaml").read_text()
    (home / "broken.opml").write_text("<opml><body>")
    assert digest("feeds", "import", home / "broken.opml", "--config", desk).returncode == 65
    again = digest("feeds", "add", "https://a.example/rss", "--config", desk)
    assert (again.returncode, again.stdout[:10]) == (0, "already in"), "what a script asks for twice is done"
    renamed = digest("feeds", "add", "https://a.example/rss", "--name", "Another", "--config", desk)
    assert renamed.returncode == 64
    assert "as `A paper`" in renamed.stderr


def test_of_several_feeds_the_good_ones_are_added_and_the_others_named(digest: Run, desk: Path, home: Path) -> None:
    """Nothing is left out in silence, and one mistake costs no other feed."""
    (home / "list.opml").write_text("<opml>\n<outline xmlUrl='ftp://a.org'/>\n<outline xmlUrl='https://b.org'/></opml>")
    imported = digest("feeds", "import", home / "list.opml", "--config", desk)
    assert imported.returncode == 0
    assert "added 1 feed" in imported.stdout
    assert "list.opml:2:1: the address of a feed is neither http nor https" in imported.stderr
    added = digest(
        "feeds", "add", "https://c.org", "gopher://d.org", "https://b.org", "https://e.org", "--config", desk
    )
    assert added.returncode == 64
    assert added.stdout.splitlines() == [
        f"added https://c.org to {desk}/feeds.yaml",
        f"already in {desk}/feeds.yaml:4:5",
        f"added https://e.org to {desk}/feeds.yaml",
    ]
    assert "gopher://d.org is neither http nor https" in added.stderr
    listed = (desk / "feeds.yaml").read_text()
    assert [url for url in ("b.org", "c.org", "d.org", "e.org") if url in listed] == ["b.org", "c.org", "e.org"]


def test_discover_finds_what_a_page_names_and_what_lies_at_the_usual_places(digest: Run, desk: Path, web: Web) -> None:
    web.publish("Old bridge to be rebuilt")
    link = '<html><head><link rel="alternate" type="application/rss+xml" href="/feed.xml"></head><body>Hi</body></html>'
    web.answers["/"] = Answer(link.encode())
    done = digest("feeds", "discover", web.url("/"), "--config", desk, "--json")
    assert [feed["url"] for feed in json.loads(done.stdout)] == [web.url("/feed.xml")]
    web.answers["/"] = Answer(b"<html><body>no link here</body></html>")
    done = digest("feeds", "discover", web.url("/"), "--config", desk)
    assert web.url("/feed.xml") in done.stdout
    assert "The Ferry Herald" in done.stdout
    del web.answers["/feed.xml"]
    entries = [{"id": "1", "content_text": "The ferry is late.", "url": web.url("/1")}]
    told = {"version": "https://jsonfeed.org/version/1.1", "title": "Harbour notes", "items": entries}
    web.answers["/feed.json"] = Answer(json.dumps(told).encode(), "application/feed+json")
    assert "Harbour notes  (1 entry)" in digest("feeds", "discover", web.url("/"), "--config", desk).stdout


def test_a_page_that_cannot_be_reached_is_named_and_exits_with_69(digest: Run, desk: Path, web: Web) -> None:
    """By every command that fetches one; what is no address at all is a slip of the command line."""
    absent = web.url("/absent")
    for words in (("explain",), ("extract",), ("feeds", "discover")):
        done = digest(*words, absent, "--config", desk)
        assert done.returncode == 69
        assert done.stderr == f"{absent}: 127.0.0.1 has no such page (404)\n"
    done = digest("explain", "absent.html", "--config", desk)
    assert (done.returncode, done.stderr) == (65, "absent.html: can't be read: No such file or directory\n")
    for words in (("feeds", "discover"), ("feeds", "add")):
        assert digest(*words, "ferry-herald", "--config", desk).returncode == 64


def _allowing_loopback(home: Path) -> Path:
    from loopback import write_config

    return write_config(home / "desk", feeds=["https://a.example/rss"], relay_port=9)


def test_backtest_tells_what_an_edited_rule_gains_and_loses(digest: Run, desk: Path, web: Web, home: Path) -> None:
    web.publish("Old bridge to be rebuilt", "Tunnel opens early", "Footbridge for cyclists")
    assert digest("--config", desk).returncode in (0, 75)
    topic = desk / "topics" / "bridges.yaml"
    topic.write_text("topic: Bridges\nany: [bridge, tunnel, aqueduct]\n")
    done = digest("backtest", topic, "--config", desk, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert [change["title"] for change in told["gained"]] == ["Tunnel opens early"]
    assert [change["title"] for change in told["lost"]] == ["Footbridge for cyclists"]
    assert [change["title"] for change in told["unchanged"]] == ["Old bridge to be rebuilt"]
    assert {use["term"]: use["found"] for use in told["terms"]} == {"bridge": 1, "tunnel": 1, "aqueduct": 0}
    draft = home / "bridges.yaml"
    draft.write_text("topic: Bridges\nany: [bridge]\n")
    told = digest("backtest", draft, "--config", desk).stdout
    assert "0 gained, 1 lost, 1 unchanged" in told
    assert digest("backtest", home / "none.yaml", "--config", desk).returncode == 65
    done = digest("backtest", draft, "--since", "30", "--config", desk)
    assert done.returncode == 64
    assert "`30` has no unit" in done.stderr


def test_backtest_looks_at_those_feeds_alone_that_are_searched_for_the_topic(digest: Run, desk: Path, web: Web) -> None:
    web.publish("Old bridge to be rebuilt")
    (desk / "topics" / "tunnels.yaml").write_text("topic: Tunnels\nany: [tunnel]\n")
    feeds = (desk / "feeds.yaml").read_text()
    (desk / "feeds.yaml").write_text(feeds.rstrip() + "\n    topics: [tunnels]\n")
    assert digest("--config", desk).returncode in (0, 75)
    told = digest("backtest", desk / "topics" / "bridges.yaml", "--config", desk).stdout
    assert "0 articles: 0 gained" in told


def test_backtest_watch_runs_again_at_each_save_however_the_editor_saves(
    digest: Run, desk: Path, web: Web, env: dict[str, str], home: Path
) -> None:
    web.publish("Old bridge to be rebuilt", "Tunnel opens early")
    assert digest("--config", desk).returncode in (0, 75)
    draft, shown = home / "bridges.yaml", home / "shown"
    draft.write_text("topic: Bridges\nany: [bridge]\n")
    with shown.open("w") as log:
        words = ["backtest", str(draft), "--watch", "--config", str(desk)]
        watching = subprocess.Popen([sys.executable, "-m", "digest", *words], env=env, stdout=log, stderr=log)

    def wait_for(text: str) -> None:
        deadline = time.monotonic() + 30
        while text not in shown.read_text():
            assert time.monotonic() < deadline, shown.read_text()
            time.sleep(0.05)

    try:
        wait_for("0 gained, 0 lost, 1 unchanged")
        for terms, told in (
            ("[bridge, tunnel]", "1 gained, 0 lost, 1 unchanged"),
            ("[tunnel]", "1 gained, 1 lost, 0 unchanged"),  # by a second file in its place: the first is gone
            ("[$tunnel]", "bridges.yaml:2:7: "),
            ("[ferry]", "0 gained, 1 lost, 0 unchanged"),
        ):
            saved = home / "saved"
            saved.write_text(f"topic: Bridges\nany: {terms}\n")
            saved.replace(draft)
            wait_for(told)
        draft.unlink()
        draft.write_text("topic: Bridges\nany: [bridge, ferry, tunnel, bakery]\n")
        wait_for("bakery")
    finally:
        watching.terminate()
        watching.wait(30)


def test_a_stored_article_becomes_an_example_and_the_file_stays_as_it_was(
    digest: Run, desk: Path, web: Web, home: Path
) -> None:
    web.publish("Old bridge to be rebuilt")
    assert digest("--config", desk).returncode in (0, 75)
    real, link = home / "shared.yaml", desk / "topics" / "bridges.yaml"
    before = b"topic: Bridges\r\nany: [bridge]   # of any kind\r\n"
    real.write_bytes(before)
    real.chmod(0o640)
    link.unlink()
    link.symlink_to(real)
    add = ("topics", "example", "add", web.url("/old-bridge-to-be-rebuilt"), "--match", "bridges", "--config", desk)
    assert digest(*add).stdout.startswith("added to `match` of topics/bridges.yaml: Old bridge to be rebuilt")
    after = real.read_bytes()
    assert after.startswith(before + b"\r\nexamples:\r\n  match:\r\n    - title: Old bridge to be rebuilt\r\n")
    assert link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert digest("check", "--config", desk).returncode == 0
    assert digest(*add).stdout.startswith("already in")
    assert real.read_bytes() == after


def test_check_warns_of_a_password_that_is_not_to_be_had_here(digest: Run, desk: Path) -> None:
    settings = desk / "digest.yaml"
    login = "{host: localhost, username: u, password_env: DESK_PASSWORD}"
    text = re.sub(r"(?<=smtp: ){.*}", login, settings.read_text())
    settings.write_text(text)
    checked = digest("check", "--config", desk)
    assert checked.returncode == 0, "the service may have it"
    before = text[: text.index("password_env")].split("\n")
    told = "warning: the environment variable that `password_env` names is not set; set it where digest is started"
    assert f"digest.yaml:{len(before)}:{len(before[-1]) + 1}: {told}" in checked.stderr
    assert "not set" not in digest("check", "--config", desk, DESK_PASSWORD="hunter2").stderr


def test_check_tells_all_errors_of_all_files_in_one_go_with_their_places(digest: Run, desk: Path) -> None:
    with (desk / "digest.yaml").open("a") as file:
        file.write("    max_storeys: 3\n")
    (desk / "feeds.yaml").write_text("feeds:\n  - url: htp://a.example/rss\n")
    (desk / "topics" / "bridges.yaml").write_text("topic: Bridges\nany: [$bridges]\n")
    (desk / "topics" / "tunnels.yaml").write_text("topic: Tunnels\nany: [unclosed\n")
    done = digest("check", "--config", desk)
    assert done.returncode == 78
    places = [line.split(": ")[0] for line in done.stderr.splitlines()]
    assert places[0].startswith("digest.yaml:15:5")
    assert places[1].startswith("feeds.yaml:2:")
    assert places[2].startswith("topics/bridges.yaml:2:")
    assert places[3].startswith("topics/tunnels.yaml:")
    assert "max_stories" in done.stderr
