"""`digest extract --explain` and `--compare`: how an article came about, to be seen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from loopback import Run

PAGE = Path(__file__).parents[1] / "pages" / "harbour-gazette-1.html"
BIOGRAPHY = "Marian Holt is a fellow at the Institute"


def test_every_dropped_paragraph_is_shown_with_the_step_that_dropped_it(digest: Run) -> None:
    told = digest("extract", PAGE, "--explain").stdout
    assert f"- [biography] {BIOGRAPHY}" in told
    assert "\n  Every new government in Seoul" in told
    assert "\x1b[" not in told


def test_colour_is_for_terminals_that_want_it(digest: Run) -> None:
    coloured = digest("extract", PAGE, "--explain", FORCE_COLOR="1").stdout
    assert "\x1b[31m- [biography]" in coloured
    assert "\x1b[31m" not in digest("extract", PAGE, "--explain", FORCE_COLOR="1", NO_COLOR="1").stdout


def test_the_changes_come_as_json_too(digest: Run) -> None:
    found = json.loads(digest("extract", PAGE, "--explain", "--json").stdout)
    assert {"step", "action", "text"} == set(found["changes"][0])
    assert any(change["step"] == "biography" and BIOGRAPHY in change["text"] for change in found["changes"])


def test_what_trafilatura_alone_makes_of_a_page_stands_beside_ours(digest: Run) -> None:
    piped = digest("extract", PAGE, "--compare").stdout
    assert f"\n- {BIOGRAPHY}" in piped
    assert "\n  A government that waits" in piped
    beside = digest("extract", PAGE, "--compare", FORCE_COLOR="1", NO_COLOR="1", COLUMNS="160").stdout
    assert "trafilatura alone" in beside
    assert digest("extract", PAGE, "--compare", "--json").returncode == 64


def test_one_page_that_cannot_be_read_costs_no_other(digest: Run, home: Path) -> None:
    done = digest("extract", home / "absent.html", PAGE, "--explain")
    assert done.returncode == 65
    assert "absent.html: can't be read" in done.stderr
    assert BIOGRAPHY in done.stdout


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("not JSON", "it is no JSON"),
        ("[1]", "it is no object"),
        ('{"file": 5}', "its `file` is no text"),
        ("{}", "neither file nor url"),
        ('{"url": "https://example.org/", "authors": 5}', "its `authors` are no texts"),
    ],
)
def test_a_line_of_a_list_that_is_no_source_is_told_in_plain_words(
    digest: Run, home: Path, line: str, said: str
) -> None:
    """The message names file and line, what is wrong there and the mend; nothing of Python's own words."""
    (home / "pages.jsonl").write_text(f"\n{line}\n")
    done = digest("extract", "--list", "pages.jsonl")
    assert done.returncode == 65
    assert " ".join(done.stderr.split()) == (
        f"pages.jsonl:2:1: this is no source: {said}; give an object with file or url"
    )


@pytest.mark.parametrize(
    ("date", "read"),
    [
        ("2026-03-01T09:30:00+09:00", "2026-03-01T09:30:00+09:00"),
        ("Sun, 01 Mar 2026 00:30:00 GMT", "2026-03-01T00:30:00+00:00"),
        ("2026-03-01", "2026-03-01T00:00:00+00:00"),
        ("last Sunday", None),
        ("9999-12-31T23:59:59-12:00", None),
    ],
)
def test_a_list_takes_a_feeds_date_as_feeds_write_it(digest: Run, home: Path, date: str, read: str | None) -> None:
    """An aware date as it stands, RFC 822 too; one that nobody can read is none, as when a feed is polled."""
    said = {"url": "https://example.org/a", "file": "blank.html", "title": "Two\u2028lines", "published": date}
    (home / "blank.html").write_text("")
    (home / "pages.jsonl").write_text("\ufeff" + json.dumps(said, ensure_ascii=False))
    done = digest("extract", "--list", "pages.jsonl", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["published"] == read


@pytest.mark.parametrize(("name", "body"), [("blank.html", b""), ("report.pdf", b"%PDF-1.7 ...")])
def test_what_holds_no_page_is_bad_input_and_costs_no_other(digest: Run, home: Path, name: str, body: bytes) -> None:
    """65 where nothing else was asked for, the reason on stderr and in the object; 0 beside a page that was read."""
    (home / name).write_bytes(body)
    done = digest("extract", name, "--json")
    assert done.returncode == 65
    assert json.loads(done.stdout)["error"] in done.stderr
    assert digest("extract", name, PAGE).returncode == 0


def test_an_empty_list_is_nothing_to_do_and_an_address_without_its_scheme_is_told(digest: Run, home: Path) -> None:
    """Exit 0 without output; and a file that isn't there, but looks like an address, comes with the mend."""
    (home / "none.jsonl").write_text("")
    done = digest("extract", "--list", "none.jsonl")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    done = digest("extract", "www.example.org/news", home / "absent.html")
    assert "www.example.org/news: can't be read: No such file or directory; a URL begins with http" in done.stderr
    assert "absent.html: can't be read: No such file or directory\n" in done.stderr


def test_a_file_that_is_no_page_is_told_by_its_name(digest: Run, home: Path) -> None:
    """Of several files the reader sees which one it was, and no error number."""
    (home / "blank.html").write_text("")
    done = digest("extract", "blank.html", "absent.html", PAGE)
    assert "blank.html: the page is empty or no HTML" in done.stderr
    assert "absent.html: can't be read: No such file or directory\n" in done.stderr
