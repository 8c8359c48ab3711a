"""Asks the owner's own address, so that somebody hears when the service falls silent."""

from __future__ import annotations

from urllib.parse import urlsplit

import aiohttp
import structlog

WITHIN_S = 15.0

log = structlog.get_logger(__name__)


async def ping(url: str) -> bool:
    """Ask the address; whether it answered with success. Never raises: who watches us must not be able to stop us.

    The owner names it, so it may lie in a private network; the guard of feeds and pages is not for it. Its path is
    a key, so logs only name the host.
    """
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=WITHIN_S)) as session,
            session.get(url) as answer,
        ):
            said = "" if answer.ok else f"answered {answer.status}"
    except TimeoutError:
        said = "took too long to answer"
    except (aiohttp.ClientError, OSError, ValueError) as error:
        said = type(error).__name__
    if said:
        log.warning("ping failed", host=urlsplit(url).hostname, error=said)
    return not said
