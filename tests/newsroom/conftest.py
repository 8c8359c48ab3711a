"""An open newsroom, and a browser to visit it with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import aiohttp
import pytest

from digest.newsroom import Newsroom

NOW = datetime(2026, 3, 4, 7, 30, 12, 345678, tzinfo=UTC)


@pytest.fixture
async def newsroom() -> AsyncIterator[Newsroom]:
    async with Newsroom(NOW) as opened:
        yield opened


@pytest.fixture
async def browser() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
        yield session
