"""What is kept how long: nothing goes that is still to be read, mailed or known again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from store_values import DAY, FEED, NOW, OTHER, edition, flag, match, poll, read, waiting

from digest.config import KeepSettings
from digest.model import ParcelState, ParcelUpdate
from digest.store import Store
from digest.store.retention import FOR_EVER, KEPT, Aged, Emptied, With
from digest.store.tables import metadata

KEEP = KeepSettings(articles=10 * 86_400, editions=20 * 86_400, messages=5 * 86_400)
MAILINGS = {"daily": ("korea",)}
LATER = NOW + timedelta(days=11)


def forget(store: Store, now: object = LATER, mailings: object = MAILINGS) -> int:
    """All there is to forget; how many rows it was."""
    rounds = iter(lambda: store.forget(KEEP, now, mailings), 0)
    return sum(rounds)


def test_every_table_says_how_long_its_rows_are_kept() -> None:
    assert set(KEPT) == set(metadata.tables)
    for name, rule in KEPT.items():
        table = metadata.tables[name]
        match rule:
            case With(parent):
                cascades = [key for key in table.foreign_keys if key.ondelete == "CASCADE"]
                assert parent in {key.column.table.name for key in cascades}, name
            case Aged(column, _, of):
                assert column in metadata.tables[of or name].columns, name
            case Emptied(column, _, emptied):
                assert {column, *emptied} <= set(table.columns.keys()), name
            case _:
                assert rule == FOR_EVER, name


def test_an_old_article_goes_with_its_entry_and_matches_and_its_keys_stay(store: Store) -> None:
    store.subscribe([FEED], NOW)
    store.apply(edition(*flag(store, 1, 2)))
    assert forget(store, NOW + timedelta(days=9)) == 0
    assert forget(store) == 2
    counts = store.counts()
    assert (counts.entries, counts.articles, counts.matches) == (0, 0, 0)
    store.apply(poll(store, 1, 2, now=LATER))
    assert store.counts().entries == 0, "what was seen once is never new again"


def test_what_a_digest_has_yet_to_mail_stays_however_old(store: Store) -> None:
    """Pending matches, and those an edition had no room for; of topics that this digest mails, and no others."""
    store.subscribe([FEED], NOW)
    mailed, carried = flag(store, 1, 2)
    store.apply(edition(mailed, carried=(carried.match_id,)))
    pending = flag(store, 3)[-1]
    store.apply(poll(store, 4))
    (unread,) = waiting(store, NOW)
    store.apply(read(unread.id, match("weather")))
    assert forget(store) == 2
    assert {article.entry_id for article in store.articles(NOW - DAY)} == {carried.entry_id, pending.entry_id}
    assert forget(store, mailings={}) == 2, "when no digest is there to mail them"


def test_what_is_still_to_be_read_stays_unless_its_feed_was_taken_out(store: Store) -> None:
    store.subscribe([FEED, OTHER], NOW)
    store.apply(poll(store, 1), poll(store, 2, url=OTHER))
    store.subscribe([FEED], NOW)
    assert forget(store) == 1
    assert [stored.feed for stored in waiting(store, LATER)] == [FEED]


def test_messages_lose_their_bytes_and_editions_their_text_but_never_what_tells_that_they_were_sent(
    store: Store,
) -> None:
    store.subscribe([FEED], NOW)
    store.apply(edition(*flag(store, 1), recipients=("a@example.org", "b@example.org")))
    sent, unsent = store.outbox(list(ParcelState))
    store.apply(ParcelUpdate(sent.id, ParcelState.SENT, NOW, "250 taken"))
    assert forget(store, NOW + timedelta(days=6), {}) == 1
    assert (store.parcel(sent.id).raw, store.parcel(sent.id).html) == (b"", "<p>Talks</p>")
    assert store.parcel(unsent.id).raw, "what is not delivered keeps its bytes"
    much_later = NOW + timedelta(days=40)
    forget(store, much_later)
    assert store.parcel(sent.id).html, "an edition of which a message waits keeps its text"
    store.apply(ParcelUpdate(unsent.id, ParcelState.SENT, NOW, "250 taken"))
    forget(store, much_later)
    emptied = replace(sent, raw=b"", html="", text="", data="")
    assert store.parcel(sent.id) == replace(emptied, state=ParcelState.SENT, reply="250 taken")
    again = edition(*flag(store, 5), recipients=("a@example.org",))
    store.apply(again)
    assert len(store.outbox(list(ParcelState))) == 2, "a window that had its edition gets no second one"


def test_for_ever_is_for_ever(store: Store) -> None:
    store.subscribe([FEED], NOW)
    store.apply(edition(*flag(store, 1)))
    keep = KeepSettings(articles=None, editions=None, messages=None)
    assert store.forget(keep, NOW + timedelta(days=30_000), {}) == 0


def test_a_round_is_small_so_that_nobody_waits_for_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digest.store.store.FORGOTTEN_AT_ONCE", 3)
    store.subscribe([FEED], NOW)
    flag(store, *range(10))
    assert [store.forget(KEEP, LATER, {}) for _ in range(5)] == [3, 3, 3, 1, 0]


def test_the_file_becomes_smaller_when_much_was_forgotten(tmp_path: Path) -> None:
    file = tmp_path / "digest.db"
    with Store.open(f"sqlite:///{file}", lock=True) as store:
        store.subscribe([FEED], NOW)
        for first in range(0, 300, 100):
            store.apply(poll(store, *range(first, first + 100)))
            store.apply(*[read(stored.id, text=f"{stored.id} " * 9_000) for stored in waiting(store, NOW)])
    with Store.open(f"sqlite:///{file}", lock=True) as store:
        before = store.size()
        assert before.total_bytes >= file.stat().st_size > 9_000_000
        forget(store)
        assert store.size().free_bytes > 5_000_000
        while store.give_room_back():
            pass
        assert store.size().free_bytes == 0
    assert file.stat().st_size < 1_000_000


def test_a_store_tells_its_size(store: Store) -> None:
    assert store.size().total_bytes > 50_000
