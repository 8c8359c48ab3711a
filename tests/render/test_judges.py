"""What tools made by others say of the email. `make judges` installs them; see judges/README.md."""

from __future__ import annotations

import email
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from email import policy
from pathlib import Path

import editions
import pytest
from markup import Seen

from digest.model import Message
from digest.render import Renderer, mime, trial

ROOT = Path(__file__).parents[2]
JUDGES = ROOT / "build" / "judges"
sys.path.insert(0, str(ROOT / "tools"))

from chromium import Browser, browser  # noqa: E402 - found by the line above

EDITIONS = ("small", "full", "illustrated", "alert", "quiet", "broken", "hostile")
CLIENTS = {"gmail", "outlook", "apple"}
INDEX = {f"index-{at}": Renderer().index(page) for at, page in enumerate(trial.indexes())}  # of the web archive
WIDTHS_AND_SCHEMES = [(360, "light"), (360, "dark"), (1000, "light"), (1000, "dark")]


def program(name: str, get: str) -> str:
    """The path of a program; without it the test is skipped, but never in CI, where it must be there."""
    found = shutil.which(name)
    if found is None:
        missing(f"{name} is missing; get it with: {get}")
    return str(found)


def installed(package: str) -> Path:
    """The folder of an npm package that `make judges` has installed."""
    folder = JUDGES / "node_modules" / package
    if not folder.is_dir():
        missing(f"{package} is not installed; get it with: make judges")
    return folder


def missing(what: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture(scope="module")
def messages() -> dict[str, Message]:
    return {name: Renderer().message(getattr(editions, name)()) for name in EDITIONS}


@pytest.fixture(scope="module")
def pages(messages, tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("editions")
    shown = {name: message.html for name, message in messages.items()} | INDEX
    for name, html in shown.items():
        (folder / f"{name}.html").write_text(html, "utf-8", newline="")
    return {name: folder / f"{name}.html" for name in shown}


def test_vnu_finds_nothing_to_object_to(pages):
    """The W3C's checker reports no error and no warning for any edition."""
    java = program("java", "apt-get install default-jre-headless")
    jar = installed("vnu-jar") / "build" / "dist" / "vnu.jar"
    done = subprocess.run(
        [java, "-jar", jar, "--stdout", "--format", "json", *pages.values()],
        capture_output=True,
        text=True,
        check=False,
    )
    assert json.loads(done.stdout)["messages"] == [], done.stderr


@pytest.fixture(scope="module")
def verdicts(pages) -> dict[str, dict]:
    node = program("node", "apt-get install nodejs npm")
    installed("html-validate")
    installed("@emailens/engine")
    script = Path(__file__).parent / "judges" / "judge.mjs"
    done = subprocess.run(
        [node, script, *pages.values()], capture_output=True, text=True, check=True, cwd=JUDGES, timeout=120
    )
    by_file = json.loads(done.stdout)
    return {name: by_file[str(page)] for name, page in pages.items()}


@pytest.mark.parametrize("name", [*EDITIONS, *INDEX])
def test_html_validate_finds_no_error(verdicts, name):
    """Its recommended, accessibility and document rules hold, apart from two that judge.mjs gives reasons for."""
    assert verdicts[name]["errors"] == []


@pytest.mark.parametrize("name", EDITIONS)
def test_gmail_outlook_and_apple_mail_support_at_least_nine_tenths_of_what_is_used(verdicts, name):
    """Every client of the three families that @emailens/engine knows scores 90 or more."""
    scores = {client: it for client, it in verdicts[name]["clients"].items() if client.split("-")[0] in CLIENTS}
    assert {client.split("-")[0] for client in scores} == CLIENTS
    assert min(scores.values()) >= 90, scores


@pytest.mark.parametrize("name", EDITIONS)
def test_an_edition_is_wholly_accessible_and_gmail_does_not_clip_it(verdicts, name):
    assert verdicts[name]["accessibility"]["score"] == 100, verdicts[name]["accessibility"]
    assert verdicts[name]["clipped"] is False


async def violations(page: Browser, html: str, width: int, scheme: str) -> list[str]:
    """Which rules of axe-core the page breaks, and where."""
    await page.show(html, width, scheme)
    await page.run((installed("axe-core") / "axe.min.js").read_text("utf-8"))
    found = await page.run("axe.run(document).then(it => [it.passes.length, it.violations])")
    passes, broken = found
    assert passes > 10, "axe-core looked at nothing"
    return [f"{rule['id']}: {node['html']}" for rule in broken for node in rule["nodes"]]


async def test_axe_finds_no_violation_narrow_or_wide_light_or_dark(messages):
    """Contrast, names and structure: none of axe-core's rules is broken by any edition in headless Chromium."""
    installed("axe-core")
    if not any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))):
        missing("Chromium is missing; get it with: apt-get install chromium")
    async with browser() as page:
        for name, html in ({name: message.html for name, message in messages.items()} | INDEX).items():
            for width, scheme in WIDTHS_AND_SCHEMES:
                assert await violations(page, html, width, scheme) == [], (name, width, scheme)


def test_spamassassin_scores_no_edition_above_zero(messages, tmp_path):
    """By its local rules, without network and without what it has learnt."""
    spamassassin = program("spamassassin", "apt-get install spamassassin")
    files = []
    for name, message in messages.items():
        files.append(tmp_path / f"{name}.eml")
        files[-1].write_bytes(
            mime(
                message,
                sender="Korea desk <desk@example.org>",
                recipient="reader@example.org",
                message_id=f"<{name}.5dc1a0b6e2f94d0c8d1b@example.org>",
                date=datetime.now(UTC),
                list_id="<daily.example.org>",
                unsubscribe=(
                    "https://example.org/leave?list=daily",
                    "mailto:leave@example.org?subject=unsubscribe%20daily",
                ),
            )
        )
    learns_nothing = ["--cf=use_bayes 0", "--cf=bayes_auto_learn 0"]
    done = subprocess.run(
        [spamassassin, "--local", "--test-mode", "--nocreate-prefs", *learns_nothing, *files],
        capture_output=True,
        check=False,
        env={**os.environ, "HOME": str(tmp_path)},
    )
    scores = re.findall(rb"^X-Spam-Status: \w+, score=(-?[\d.]+)", done.stdout, re.MULTILINE)
    assert len(scores) == len(EDITIONS), done.stderr
    assert max(map(float, scores)) <= 0, dict(zip(EDITIONS, scores, strict=True))


def titles(message: Message) -> Iterator[str]:
    for at, (tag, text) in enumerate(texts := Seen(message.html).texts):
        if tag == "h3" and text.strip():  # without a link
            yield text.strip()
        elif tag == "a" and any(before == "h3" for before, _ in texts[max(0, at - 2) : at]):
            yield text


@pytest.mark.parametrize("name", ["small", "full", "hostile"])
def test_a_text_browser_and_the_text_part_tell_the_same_stories(messages, pages, name):
    """w3m shows every headline, in reading order, and so does the text part."""
    w3m = program("w3m", "apt-get install w3m")
    command = [w3m, "-dump", "-cols", "100", "-I", "UTF-8", "-O", "UTF-8", "-T", "text/html", pages[name]]
    dumped = squeezed(subprocess.run(command, capture_output=True, check=True).stdout.decode())
    text = squeezed(messages[name].text)
    stories = getattr(editions, name)().stories
    headlines = list(titles(messages[name]))
    assert len(headlines) == len(stories)
    for shown in (dumped, text):
        at = 0
        for headline in headlines:
            at = shown.index(squeezed(headline), at) + 1


def squeezed(text: str) -> str:
    """Without spaces and quotation marks, which are laid out differently."""
    return re.sub(r"[\s>]+", "", text)


def test_what_is_judged_is_what_is_sent(messages):
    """The HTML part, read back from the finished message, is the page that the judges saw."""
    message = messages["full"]
    raw = mime(
        message,
        sender="desk@example.org",
        recipient="reader@example.org",
        message_id="<1@example.org>",
        date=datetime(2026, 11, 23, tzinfo=UTC),
        list_id="<daily.example.org>",
    )
    html = email.message_from_bytes(raw, policy=policy.default).get_body(("html",))
    assert html is not None
    assert html.get_content().replace("\r\n", "\n") == message.html
