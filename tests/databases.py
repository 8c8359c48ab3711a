"""A store on each database: what is promised of one is promised of the other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.store import Store
from postgresql_server import Server

TEMPLATE = "store_template"


@pytest.fixture(scope="session")
def postgresql_store(postgresql: Server) -> Server:
    """The server, with a template that holds an empty store: migrating each test's own would take most of the time."""
    postgresql.create(TEMPLATE)
    Store.open(postgresql.url(TEMPLATE), lock=False).close()
    return postgresql


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a store of this test's own: a file that does not exist yet, or a database with an empty store."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'state' / 'digest.db'}"
    else:
        server: Server = request.getfixturevalue("postgresql_store")
        with server.database(TEMPLATE) as url:
            yield url
