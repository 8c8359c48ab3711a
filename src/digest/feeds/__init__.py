"""Bytes and headers to entries: reads every kind of feed, says what is the same, and does no I/O."""

from digest.feeds.claims import claims
from digest.feeds.discovery import COMMON_PATHS, discover, usual_places
from digest.feeds.document import parse
from digest.feeds.glances import Glance, glance, scan
from digest.feeds.identity import (
    asked,
    at_own_links,
    fingerprint,
    fresh,
    keys,
    more_keys,
    renumbered,
    suddenly_new,
)
from digest.feeds.unseen import Unseen, parse_new
from digest.feeds.urls import canonical_url, is_front_page, publisher, site, without_credentials, without_tracking

__all__ = [
    "COMMON_PATHS",
    "Glance",
    "Unseen",
    "asked",
    "at_own_links",
    "canonical_url",
    "claims",
    "discover",
    "fingerprint",
    "fresh",
    "glance",
    "is_front_page",
    "keys",
    "more_keys",
    "parse",
    "parse_new",
    "publisher",
    "renumbered",
    "scan",
    "site",
    "suddenly_new",
    "usual_places",
    "without_credentials",
    "without_tracking",
]
