"""A look at a store leaves no trace on it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from store_values import NOW

from digest.errors import StoreError
from digest.model import Recent
from digest.store import Store, database


def test_where_there_is_no_store_a_look_finds_none_and_makes_none(tmp_path: Path) -> None:
    path = tmp_path / "absent" / "digest.db"
    assert Store.look(f"sqlite:///{path}") is None
    assert not path.parent.exists()


def test_what_looks_can_read_and_never_write(store_url: str) -> None:
    with Store.open(store_url, lock=True) as store:
        store.subscribe({"https://a.example/rss": "A"}, NOW)
        store.digest_state("daily", NOW)
        looking = Store.look(store_url)
        assert looking is not None
        with looking:
            assert [feed.url for feed in looking.feeds()] == ["https://a.example/rss"]
            assert list(looking.digest_states()) == ["daily"]
            assert looking.recent(NOW - timedelta(days=1)) == Recent(NOW - timedelta(days=1), 0, 0)
            with pytest.raises((StoreError, sa.exc.DBAPIError)):
                looking.subscribe({}, NOW)
        assert [feed.url for feed in store.feeds()] == ["https://a.example/rss"]


@pytest.mark.parametrize(
    ("schema", "said"), [("0001", "an older digest .*`digest run` brings it"), ("9001", "a newer digest .*install")]
)
def test_a_store_of_another_version_is_left_as_it_is(store_url: str, schema: str, said: str) -> None:
    with Store.open(store_url, lock=True):
        pass
    engine = database.connect(database.parse(store_url))
    with engine.execution_options(writes=True).begin() as connection:
        connection.execute(sa.text(f"UPDATE alembic_version SET version_num = '{schema}'"))
    engine.dispose()
    with pytest.raises(StoreError, match=said):
        Store.look(store_url)
