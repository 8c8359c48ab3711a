"""Bytes and headers to entries: reads every kind of feed, says what is the same, and does no I/O."""

from digest.feeds.claims import claims
from digest.feeds.discovery import COMMON_PATHS, discover, usual_places
from digest.feeds.document import parse
from digest.feeds.identity import canonical_url, fingerprint, fresh, keys, more_keys, without_tracking
from digest.feeds.wording import without_credentials

__all__ = [
    "COMMON_PATHS",
    "canonical_url",
    "claims",
    "discover",
    "fingerprint",
    "fresh",
    "keys",
    "more_keys",
    "parse",
    "usual_places",
    "without_credentials",
    "without_tracking",
]
