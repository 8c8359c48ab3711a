"""Feeds of very many entries are held in portions on their way: that changes nothing but the memory they take."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from digest import feeds
from digest.errors import ParseError
from digest.feeds.identity import with_keys
from digest.model import Entry, packed

GOLDEN = sorted(path for path in (Path(__file__).parent / "golden").iterdir() if "expected" not in path.name)
URL = "https://feeds.example/news/rss.xml"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def told(body: bytes, known: frozenset[str]) -> Any:
    """All that is read of a body, or why nothing is."""
    try:
        unseen = feeds.parse_new(body, {}, URL, known, now=NOW)
    except ParseError as error:
        return str(error)
    return asdict(replace(unseen.document, entries=tuple(unseen.document.entries))), unseen.seen, unseen.learnt


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.name)
def test_a_feed_says_the_same_in_portions_of_one_entry(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole and torn, at first and with an entry known."""
    body = path.read_bytes()
    bodies = [body, body[: len(body) * 2 // 3], body.replace(b"</title>", b"", 1)]
    first = told(body, frozenset())
    known = frozenset(first[0]["entries"][0]["keys"] if first[0]["entries"] else ())
    usual = [told(each, keys) for each in bodies for keys in (frozenset[str](), known)]
    monkeypatch.setattr(packed, "PORTION", 1)
    assert [told(each, keys) for each in bodies for keys in (frozenset[str](), known)] == usual


def test_a_guid_or_a_page_is_shared_also_across_portions() -> None:
    def entry(number: int, guid: str, page: str) -> Entry:
        return Entry(guid, f"https://a.example/{page}", f"Title {number}")

    own = [entry(number, f"g{number}", f"p{number}") for number in range(2 * packed.PORTION)]
    odd = [entry(number, "same", f"q{number}") for number in range(3)]
    odd += [entry(number, f"h{number}", "page") for number in range(3)]
    kept = list(with_keys([*odd[:1], *odd[3:4], *own, *odd[1:3], *odd[4:]]))
    assert len(kept) == len(own) + len(odd), "none is lost"
    by_title = {(entry.guid, entry.title): entry for entry in kept}
    assert [by_title["same", f"Title {number}"].keys for number in range(3)] == [
        (f"url:a.example/q{number}",) for number in range(3)
    ]
    assert all(by_title[f"h{number}", f"Title {number}"].shares_page for number in range(3))
    assert not by_title["g7", "Title 7"].shares_page


def test_packed_values_are_the_same_at_every_passage() -> None:
    values = [Entry(str(number), None, "x" * number) for number in range(packed.PORTION + 7)]
    assert packed.packed(values[: packed.PORTION]) == tuple(values[: packed.PORTION]), "few are a plain tuple"
    held = packed.packed(iter(values))
    assert list(held) == list(held) == values
    assert len(held) == len(values)
    assert values[-1] in held
    assert Entry("other", None, "") not in held
