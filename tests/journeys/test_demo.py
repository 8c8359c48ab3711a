"""The main job end to end: `digest --dry-run --demo` makes the right digest of the sample newsroom, story by story."""

from __future__ import annotations

import json
import re
from email import message_from_bytes, policy
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from digest.newsroom import Truth

Story = dict[str, Any]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What one dry run over the sample newsroom printed and wrote."""
    import os
    import subprocess
    import sys

    home = tmp_path_factory.mktemp("home")
    done = subprocess.run(
        [sys.executable, "-m", "digest", "--dry-run", "--demo", "--json", "--out", str(home / "out")],
        env={"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"},
        cwd=home,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {**json.loads(done.stdout), "out": home / "out", "home": home, "stderr": done.stderr}


@cache
def _squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _stories(demo: dict[str, Any]) -> list[Story]:
    return [story for digest in demo["digests"] for topic in digest["topics"] for story in topic["stories"]]


def _path(url: str) -> str:
    return url.split("/", 3)[3]


@pytest.fixture(scope="module")
def truths(newsroom: Any) -> dict[tuple[str, str], Truth]:
    """Every article of the newsroom by its outlet's place and title; ports differ from run to run, paths don't."""
    return {_path(truth.url): truth for truth in newsroom.truth()}


def test_every_story_that_belongs_there_is_in_the_digest_once(demo: Any, truths: dict[str, Truth]) -> None:
    told = [truths[_path(story["url"])].story for story in _stories(demo)]
    assert len(told) == len(set(told)), "a story is told twice"
    assert set(told) == {truth.story for truth in truths.values() if truth.mailed}


def test_no_lookalike_is_in_the_digest(demo: Any, truths: dict[str, Truth]) -> None:
    shown = {_path(story["url"]) for story in _stories(demo)}
    assert not [truths[path].lookalike for path in shown if truths[path].lookalike]


def test_the_op_ed_that_three_outlets_carry_is_one_story_with_the_others_behind(
    demo: Any, truths: dict[str, Truth]
) -> None:
    by_story: dict[str, set[str]] = {}
    for path, truth in truths.items():
        if truth.mailed:
            by_story.setdefault(truth.story, set()).add(path)
    shared = [paths for paths in by_story.values() if len(paths) == 3]
    assert len(shared) == 1
    (story,) = [story for story in _stories(demo) if _path(story["url"]) in shared[0]]
    assert {_path(story["url"]), *(_path(also["url"]) for also in story["also_in"])} == shared[0]
    assert {also["kind"] for also in story["also_in"]} == {"copy"}
    assert len(truths[_path(story["url"])].paragraphs) == max(len(truths[path].paragraphs) for path in shared[0])


def test_every_paragraph_is_there_and_no_line_of_furniture(demo: Any, truths: dict[str, Truth]) -> None:
    for story in _stories(demo):
        truth = truths[_path(story["url"])]
        text = _squeezed(story["text"])
        missing = [paragraph for paragraph in truth.paragraphs if _squeezed(paragraph) not in text]
        assert not missing, truth.path
        kept = [line for line in truth.furniture if len(line) > 30 and _squeezed(line) in text]
        assert not kept, truth.path


def test_title_authors_language_and_date_are_the_article_s_own(demo: Any, truths: dict[str, Truth]) -> None:
    for story in _stories(demo):
        truth = truths[_path(story["url"])]
        assert story["title"] == truth.title
        assert story["language"] == truth.language
        assert set(story["authors"]) == set(truth.authors), truth.path
        assert story["published"][:10] == truth.published.isoformat()[:10] or story["published"], truth.path


def test_an_article_that_could_not_be_had_whole_says_so(demo: Any, truths: dict[str, Truth]) -> None:
    for story in _stories(demo):
        assert story["complete"] == truths[_path(story["url"])].complete, story["url"]


def test_every_story_says_why_it_is_there_and_the_points_add_up(demo: Any) -> None:
    for story in _stories(demo):
        assert story["why"]
        assert sum(why["points"] for why in story["why"]) == story["score"]
        assert all(re.fullmatch(r"topics/[\w-]+\.yaml:\d+", why["at"]) for why in story["why"])


def test_the_hits_of_every_snippet_are_slices_of_it(demo: Any) -> None:
    for story in _stories(demo):
        assert story["snippets"]
        for snippet in story["snippets"]:
            for start, end in snippet["hits"]:
                assert 0 <= start < end <= len(snippet["text"])


def test_the_three_broken_feeds_are_named_with_their_reason_and_stop_nobody(demo: Any) -> None:
    failed = {feed["error"] for feed in demo["feeds"]["failed"]}
    assert len(failed) == 3
    assert any("500" in error for error in failed)
    assert any("not a feed" in error or "HTML" in error for error in failed)
    assert all(feed["next_poll_at"] for feed in demo["feeds"]["failed"])


def test_the_files_of_out_are_the_digest(demo: Any) -> None:
    out: Path = demo["out"]
    assert sorted(path.name for path in out.iterdir()) == [
        f"korea-desk.{kind}" for kind in ("eml", "html", "json", "txt")
    ]
    message = message_from_bytes((out / "korea-desk.eml").read_bytes(), policy=policy.default)
    assert message["Subject"] == demo["digests"][0]["subject"]
    text = message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    page = message.get_body(("html",)).get_content()  # type: ignore[union-attr]
    for story in _stories(demo):
        assert story["url"] in text
        assert story["url"] in page
    assert json.loads((out / "korea-desk.json").read_text()) == demo["digests"][0]


def test_a_rehearsal_leaves_nothing_behind_but_what_it_was_asked_to_write(demo: Any) -> None:
    assert [path.name for path in demo["home"].iterdir()] == ["out"]


def test_every_flagged_entry_is_read_once_and_told_once(demo: Any) -> None:
    assert demo["entries"]["flagged"] == sum(1 + len(story["also_in"]) for story in _stories(demo))
