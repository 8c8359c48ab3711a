"""Feeds are added and removed as a careful person would do it by hand."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.config import add_feed, load_file, remove_feed
from digest.config.feeds_file import NewFeed, add_feeds
from digest.config.settings import FeedsFile
from digest.errors import ConfigError, WrongCall

NEW = "https://new.example.org/rss.xml"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "feeds.yaml"


def after_adding(path: Path, text: str, name: str | None = None) -> str:
    path.write_bytes(text.encode())
    add_feed(path, NEW, name=name, env={"TOKEN": "x"})
    return path.read_bytes().decode()


def after_removing(path: Path, text: str, url: str) -> str:
    path.write_bytes(text.encode())
    remove_feed(path, url, env={"TOKEN": "x"})
    return path.read_bytes().decode()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("feeds:\n  - https://a.org\n", f"feeds:\n  - https://a.org\n  - {NEW}\n"),
        ("feeds:\n- https://a.org", f"feeds:\n- https://a.org\n- {NEW}\n"),
        ("feeds:\n    - https://a.org\n\n# the end\n", f"feeds:\n    - https://a.org\n    - {NEW}\n\n# the end\n"),
        (
            "# mine\nfeeds:   # all\n  - https://a.org   # one\n  # two\n",
            f"# mine\nfeeds:   # all\n  - https://a.org   # one\n  - {NEW}\n  # two\n",
        ),
        (
            "feeds:\n  - url: https://a.org\n    headers:\n      A: b   # key\n\n  # next\n",
            f"feeds:\n  - url: https://a.org\n    headers:\n      A: b   # key\n  - {NEW}\n\n  # next\n",
        ),
        (
            "feeds:\n  - url: https://a.org\n    # every: 5m\n      # or not\n  # next\n",
            f"feeds:\n  - url: https://a.org\n    # every: 5m\n      # or not\n  - {NEW}\n  # next\n",
        ),
        ("feeds:\n  - {url: https://a.org, name: b}\n", f"feeds:\n  - {{url: https://a.org, name: b}}\n  - {NEW}\n"),
        ("feeds:\n  -\n    url: https://a.org\n", f"feeds:\n  -\n    url: https://a.org\n  - {NEW}\n"),
        (
            "feeds:\n  - url: https://a.org\n    name: >-\n      a\n      b\n",
            f"feeds:\n  - url: https://a.org\n    name: >-\n      a\n      b\n  - {NEW}\n",
        ),
        ("feeds: [https://a.org]  # one\n", f'feeds: [https://a.org, "{NEW}"]  # one\n'),
        ("feeds: [\n  https://a.org, # one\n]\n", f'feeds: [\n  https://a.org, "{NEW}", # one\n]\n'),
        ("feeds: []\n", f"feeds:\n  - {NEW}\n"),
        ("feeds: []  # none yet\n", f"feeds:  # none yet\n  - {NEW}\n"),
        ("feeds:\n  # - https://a.org\n", f"feeds:\n  - {NEW}\n  # - https://a.org\n"),
        ("feeds:\r\n  - https://a.org\r\n", f"feeds:\r\n  - https://a.org\r\n  - {NEW}\r\n"),
        ("feeds:\r\n  - https://a.org", f"feeds:\r\n  - https://a.org\r\n  - {NEW}\r\n"),
        ("\ufefffeeds:\n  - https://a.org\n", f"\ufefffeeds:\n  - https://a.org\n  - {NEW}\n"),
        ('feeds:\n  - "https://a.org/${TOKEN}"\n', f'feeds:\n  - "https://a.org/${{TOKEN}}"\n  - {NEW}\n'),
    ],
)
def test_a_feed_is_added_after_the_others_and_all_else_stays(path: Path, text: str, expected: str) -> None:
    assert after_adding(path, text) == expected


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Example", "Example"),
        ("한겨레 정치", "한겨레 정치"),
        ("News: the feed", '"News: the feed"'),
        ("C# news #1", '"C# news #1"'),
        ("- dash", '"- dash"'),
        ('say "no"', 'say "no"'),
        ("'quoted'", "\"'quoted'\""),
        ("*starred*", '"*starred*"'),
        ("costs $5", "costs $$5"),
        ("${HOME}", "$${HOME}"),
        ("no", "no"),
    ],
)
def test_a_name_is_quoted_only_where_yaml_would_read_something_else(path: Path, name: str, written: str) -> None:
    text = after_adding(path, "feeds:\n  - https://a.org\n", name)
    assert text == f"feeds:\n  - https://a.org\n  - url: {NEW}\n    name: {written}\n"
    assert load_file(path, FeedsFile, env={}).value.feeds[1].name == name


@settings(max_examples=150)
@given(st.text(max_size=30), st.sampled_from(["feeds:\n- https://a.org\n", "feeds: [https://a.org]", "feeds:\n"]))
def test_any_name_arrives_as_it_was_given_or_is_refused_and_nothing_changes(
    tmp_path_factory, name: str, text: str
) -> None:
    path = tmp_path_factory.mktemp("feeds") / "feeds.yaml"
    path.write_text(text, "utf-8")
    try:
        add_feed(path, NEW, name=name, env={})
    except ConfigError:
        assert path.read_text("utf-8") == text
    else:
        assert load_file(path, FeedsFile, env={}).value.feeds[-1].name == name.strip()


def test_a_feed_that_is_listed_in_any_spelling_is_not_added(path: Path) -> None:
    text = "feeds:\n  - https://a.org\n  - {url: 'http://NEW.example.org:80/rss.xml', name: Paper}\n"
    path.write_text(text, "utf-8")
    for name in (None, "Paper", " Paper "):
        assert add_feed(path, NEW, name=name, env={}) == "feeds.yaml:3:5"
    with pytest.raises(WrongCall) as caught:
        add_feed(path, NEW, name="Daily", env={})
    assert str(caught.value) == (
        "feeds.yaml:3:5: this feed is listed already, as `Paper`; nothing was changed; edit its name there"
    )
    assert path.read_text("utf-8") == text


def test_what_is_no_feed_is_not_added(path: Path) -> None:
    path.write_text("feeds: []\n", "utf-8")
    with pytest.raises(ConfigError) as caught:
        add_feed(path, "example.org", env={})
    assert str(caught.value) == "`example.org` is not a whole URL; begin it with `https://`"
    with pytest.raises(ConfigError):
        add_feed(path, NEW, name="two\nlines", env={})
    assert path.read_text("utf-8") == "feeds: []\n"


@pytest.mark.parametrize(
    ("text", "url", "expected"),
    [
        ("feeds:\n  - https://a.org\n  - https://b.org\n", "https://a.org", "feeds:\n  - https://b.org\n"),
        ("feeds:\n  - https://a.org\n  - https://b.org", "https://b.org", "feeds:\n  - https://a.org"),
        (
            "feeds:\n  - https://a.org # one\n  # two\n  - https://b.org\n",
            "http://A.org/",
            "feeds:\n  # two\n  - https://b.org\n",
        ),
        (
            "feeds:\n  - url: https://a.org\n    headers:\n      A: b\n\n  # two\n  - https://b.org\n",
            "https://a.org",
            "feeds:\n\n  # two\n  - https://b.org\n",
        ),
        ("feeds:\n  - https://a.org\n    # its own\n  # end\n", "https://a.org", "feeds:\n  # end\n"),
        ("feeds:\n  - https://a.org\n# end\n", "https://a.org", "feeds:\n# end\n"),
        ("feeds:\n  -\n    url: https://a.org\n  - https://b.org\n", "https://a.org", "feeds:\n  - https://b.org\n"),
        ("feeds: [https://a.org, https://b.org] # all\n", "https://a.org", "feeds: [https://b.org] # all\n"),
        ("feeds: [https://a.org, https://b.org] # all\n", "https://b.org", "feeds: [https://a.org] # all\n"),
        ("feeds: [https://a.org]\n", "https://a.org", "feeds: []\n"),
        ("feeds: [\n  https://a.org,\n  https://b.org,\n]\n", "https://a.org", "feeds: [\n  https://b.org,\n]\n"),
        ("feeds:\r\n  - https://a.org\r\n  - https://b.org\r\n", "https://a.org", "feeds:\r\n  - https://b.org\r\n"),
        ('feeds:\n  - "https://a.org/${TOKEN}"\n  - https://b.org\n', "https://a.org/x", "feeds:\n  - https://b.org\n"),
    ],
)
def test_a_feed_is_removed_and_all_else_stays(path: Path, text: str, url: str, expected: str) -> None:
    assert after_removing(path, text, url) == expected


def test_a_feed_that_is_not_listed_cant_be_removed(path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        after_removing(path, "feeds: [https://a.org]\n", "https://b.org")
    assert str(caught.value) == (
        "feeds.yaml: the feed https://b.org is not listed; `digest feeds list` shows those that are"
    )


@pytest.mark.parametrize(
    "text",
    [
        "feeds:\n- &a {url: https://a.org}\n- {url: https://b.de, topics: &t [x]}\n- {url: https://c.de, topics: *t}\n",
        "{feeds: []}\n",
        "feeds: &all\n  - https://a.org\n",
        "? feeds\n: - https://a.org\n",
    ],
)
def test_a_layout_that_cant_be_edited_safely_is_left_alone(path: Path, text: str) -> None:
    """Either the file says afterwards just what it should, or it is not touched."""
    path.write_text(text, "utf-8")
    before = [feed.url for feed in load_file(path, FeedsFile).value.feeds]
    edits = {
        NEW: lambda: add_feed(path, NEW, env={}),
        "https://a.org": lambda: remove_feed(path, "https://a.org", env={}),
    }
    for url, edit in edits.items():
        path.write_text(text, "utf-8")
        try:
            edit()
        except ConfigError:
            assert path.read_text("utf-8") == text
        else:
            urls = [feed.url for feed in load_file(path, FeedsFile).value.feeds]
            assert urls == ([*before, NEW] if url == NEW else [each for each in before if each != url])


def test_a_file_that_is_broken_is_not_edited(path: Path) -> None:
    with pytest.raises(ConfigError, match=r"feeds.yaml:1:8: this `\[` is never closed"):
        after_adding(path, "feeds: [\n")
    assert path.read_text("utf-8") == "feeds: [\n"


def test_the_file_keeps_its_permissions_and_a_link_stays_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real.yaml", tmp_path / "feeds.yaml"
    real.write_text("feeds: []\n", "utf-8")
    real.chmod(0o640)
    link.symlink_to(real)
    add_feed(link, NEW, env={})
    assert link.is_symlink()
    assert NEW in real.read_text("utf-8")
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert sorted(each.name for each in tmp_path.iterdir()) == ["feeds.yaml", "real.yaml"]


def test_many_feeds_are_added_at_once_each_once(path: Path) -> None:
    path.write_text("feeds:\n  - https://a.org\n", "utf-8")
    new = [NewFeed("https://a.org/"), NewFeed(NEW, "New"), NewFeed(NEW), NewFeed("https://b.org")]
    assert add_feeds(path, new, {}) == [NewFeed(NEW, "New"), NewFeed("https://b.org")]
    assert path.read_text("utf-8") == f"feeds:\n  - https://a.org\n  - url: {NEW}\n    name: New\n  - https://b.org\n"
