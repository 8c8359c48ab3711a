"""How the email looks: templates to edit, and the preview that follows every save."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from loopback import Relay, Run, Web
from running import Service

from digest.render import templates


@pytest.fixture
def config(digest: Run, home: Path) -> Path:
    assert digest("init").returncode == 0
    return home / "config"


def test_templates_are_copied_beside_digest_yaml_and_used_once_it_names_them(digest: Run, config: Path) -> None:
    done = digest("templates", "export")
    assert done.returncode == 0, done.stderr
    assert {path.name for path in (config / "templates").iterdir()} == set(templates.names())
    assert "add `templates: templates` to digest.yaml" in done.stderr
    settings = config / "digest.yaml"
    settings.write_text(settings.read_text() + "\ntemplates: templates\n")
    assert digest("check").returncode == 0
    (config / "templates" / "story.html.j2").write_text("one\n{{ digest.nope }}\n")
    checked = digest("check")
    assert checked.returncode == 78
    assert "templates/story.html.j2:2" in checked.stderr


def test_an_export_never_overwrites_what_was_edited(digest: Run, config: Path) -> None:
    own = config / "own" / "subject.txt.j2"
    own.parent.mkdir()
    own.write_text("Mine")
    done = digest("templates", "export", str(own.parent), "--only", "subject.txt.j2", "--only", "style.css.j2")
    assert done.returncode == 0, done.stderr
    assert own.read_text() == "Mine"
    assert "subject.txt.j2: it is there already" in done.stderr
    assert sorted(path.name for path in own.parent.iterdir()) == ["style.css.j2", "subject.txt.j2"]


def test_a_template_that_there_is_not_is_refused_with_the_names_of_those_there_are(digest: Run, config: Path) -> None:
    done = digest("templates", "export", "--only", "style.css")
    assert done.returncode == 64
    assert "style.css.j2" in done.stderr
    assert not (config / "templates").exists()


def test_the_service_brings_the_archive_up_to_the_store_and_shows_it(
    digest: Run, serve: Callable[[Path], Service], desk: Path, web: Web, relay: Relay, home: Path
) -> None:
    """What was mailed before there was an archive, or before a crash, is in it as soon as the service runs."""
    web.publish("Old bridge to be rebuilt")
    assert digest("--config", desk).returncode == 0
    settings = desk / "digest.yaml"
    settings.write_text(settings.read_text() + "\narchive: {base_url: https://news.example.org}\n")
    service = serve(desk)
    archive = home / "state" / "archive"
    service.wait_for((archive / "index.html").exists)  # the last file of all
    status, index = service.ask("/archive/digests/daily/")
    assert status == 200
    assert "Bridges: 1 story — Old bridge to be rebuilt" in index
    assert service.stop() == 0

    web.publish("Old bridge to be rebuilt", "Second footbridge planned")
    with sqlite3.connect(home / "state" / "digest.db") as store:
        store.execute("update feeds set next_poll_at = '2026-01-01 00:00:00.000000'")
    relay.taken.clear()
    assert digest("--config", desk).returncode == 0
    text = message_from_bytes(relay.taken[0][1], policy=policy.default).get_body(("plain",))
    [page] = re.findall(r"https://news\.example\.org/digests/daily/\S+Z\.html", text.get_content())
    assert (archive / "digests" / "daily" / page.rpartition("/")[2]).is_file()


def test_a_digest_speaks_its_language_shows_pictures_and_offers_a_way_to_leave(
    digest: Run, desk: Path, web: Web, home: Path
) -> None:
    """`language:`, `images:` and `unsubscribe:` of one digest, from feed to finished message."""
    web.publish("Old bridge to be rebuilt")
    feed = web.answers["/feed.xml"]
    picture = "<enclosure url='https://pictures.example/bridge.jpg' type='image/jpeg' length='9'/></item>"
    feed.body = feed.body.replace(b"</item>", picture.encode())
    settings = desk / "digest.yaml"
    settings.write_text(
        settings.read_text()
        + "    language: ko\n    images: yes\n    unsubscribe: {url: 'https://example.org/leave?who={recipient}'}\n"
    )
    done = digest("--config", desk, "--dry-run", "--out", home / "out")
    assert done.returncode == 0, done.stderr
    message = message_from_bytes((home / "out" / "daily.eml").read_bytes(), policy=policy.default)
    assert "기사 1건" in message["Subject"]
    assert message["List-Unsubscribe"] == "<https://example.org/leave?who=reader%40example.org>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    html = (home / "out" / "daily.html").read_text()
    assert '<html lang="ko"' in html
    assert '<img src="https://pictures.example/bridge.jpg" alt="사진: The Ferry Herald"' in html
