"""Secrets that no log, error or status may show: the journeys' configurations hold them, every test is searched."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable

RELAY_USER, RELAY_PASSWORD = "desk", "canary-of-the-relay"
READER, URL_PASSWORD = "reader", "canary-in-a-url"
FEED_KEY = "canary-in-a-header"

_LOGINS = (f"\0{RELAY_USER}\0{RELAY_PASSWORD}", RELAY_PASSWORD, f"{READER}:{URL_PASSWORD}")
CANARIES = (RELAY_PASSWORD, URL_PASSWORD, FEED_KEY, *(b64encode(login.encode()).decode() for login in _LOGINS))


def in_url(url: str) -> str:
    """The URL with a user and a password in it."""
    return url.replace("://", f"://{READER}:{URL_PASSWORD}@", 1)


def told(texts: Iterable[tuple[str, str]]) -> list[str]:
    """What was told, of (where, text): a line for each secret that stands in a text."""
    return [f"{canary!r} in {where}" for where, text in texts for canary in CANARIES if canary in text]
