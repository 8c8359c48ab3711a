"""Every store test runs on every database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from digest.store import Store


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An empty store on each database."""
    with Store.open(store_url, lock=True) as opened:
        yield opened
