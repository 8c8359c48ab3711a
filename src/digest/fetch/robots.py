"""Reads robots.txt for article pages, and remembers it for a day (RFC 9309)."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from protego import Protego

from digest.errors import FetchError
from digest.fetch.targets import Target

FRESH_S: Final = 86400.0  # RFC 9309, 2.4
# What can't be read closes the site (2.3.1.4), but a failure is not remembered for a whole day.
FAILED_FRESH_S: Final = 600.0
MAX_CHARS: Final = 500 * 1024  # 2.5: what a crawler must be ready to read
MAX_SITES: Final = 2000  # remembered at once
MAX_DELAY_S: Final = 60.0  # of a Crawl-delay; who asks for more would rather not be read at all, and can say so


@dataclass(slots=True)
class _Site:
    """What one origin says. Without rules everything is allowed; `failure` closes it."""

    fresh_until: float = 0.0
    rules: Protego | None = None
    failure: str = ""
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)


class Robots:
    """The rules of many sites for one agent."""

    def __init__(self, agent: str) -> None:
        self._agent = agent
        self._sites: OrderedDict[str, _Site] = OrderedDict()

    async def admit(self, target: Target, ask: Callable[[str], Awaitable[bytes]]) -> float:
        """Raise FetchError unless `target` may be fetched; gives the Crawl-delay in seconds (0 without one).

        `ask` fetches a robots.txt by its URL; many callers at once cost one request.
        """
        site = self._sites.get(target.origin)
        if site is None:
            site = self._sites[target.origin] = _Site()
        self._sites.move_to_end(target.origin)
        if len(self._sites) > MAX_SITES:
            self._sites.popitem(last=False)
        async with site.asking:
            if site.fresh_until <= _now():
                await self._learn(site, target, ask)
        if site.failure:
            raise FetchError(site.failure)
        if site.rules is None:
            return 0.0
        if not site.rules.can_fetch(target.url, self._agent):
            raise FetchError(
                f"{target.host} does not want this page to be read by programs (robots.txt)", retryable=False
            )
        return min(float(site.rules.crawl_delay(self._agent) or 0.0), MAX_DELAY_S)

    async def _learn(self, site: _Site, target: Target, ask: Callable[[str], Awaitable[bytes]]) -> None:
        site.failure, site.rules = "", None
        try:
            text = (await ask(f"{target.origin}/robots.txt")).decode("utf-8", "replace")
        except FetchError as error:
            if error.status is None or error.status == 429:
                raise  # the page would meet the same
            if error.status >= 500:
                site.failure = f"{target.host} can't say at the moment what may be read (robots.txt: {error.status})"
        else:
            site.rules = Protego.parse(text[:MAX_CHARS].lstrip("\ufeff"))
        site.fresh_until = _now() + (FAILED_FRESH_S if site.failure else FRESH_S)


def _now() -> float:
    return asyncio.get_running_loop().time()
