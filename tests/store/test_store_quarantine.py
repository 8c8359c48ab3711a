"""What kills worker processes is left alone from the second time on, until its bytes change."""

from __future__ import annotations

from datetime import datetime

import pytest
from store_values import DAY, NOW

from digest.config import KeepSettings
from digest.model import KillUpdate, Quarantined
from digest.store import Store, quarantine

URL = "https://one.example/rss.xml"


def kill(input_hash: str = "a1", now: datetime = NOW) -> KillUpdate:
    return KillUpdate(input_hash, "feed", URL, "the worker process died of SIGSEGV", now)


async def test_an_input_is_left_alone_once_it_has_killed_twice(store: Store) -> None:
    assert not await store.ask_quarantined("a1")
    store.apply(kill())
    assert not await store.ask_quarantined("a1")
    assert store.quarantine() == ()
    store.apply(kill(now=NOW + DAY))
    assert await store.ask_quarantined("a1")
    assert store.quarantine() == (Quarantined("feed", URL, kill().reason, NOW + DAY),)


async def test_other_bytes_from_the_same_address_are_read(store: Store) -> None:
    store.apply(kill("a1"), kill("a1"), kill("b2"))
    assert store.quarantined_each(["b2", "a1", "c3"]) == [False, True, False]


async def test_another_version_of_digest_tries_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.apply(kill(), kill())
    monkeypatch.setattr(quarantine, "__version__", "next")
    assert not await store.ask_quarantined("a1")
    assert store.quarantine() == ()


async def test_what_killed_long_ago_is_forgotten(store: Store) -> None:
    store.apply(kill(), kill())
    assert store.forget(KeepSettings(articles=180 * 86400.0), NOW + 181 * DAY, {}) == 1
    assert not await store.ask_quarantined("a1")
