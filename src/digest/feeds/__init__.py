"""Bytes and headers to entries: reads every kind of feed, says what is the same, and does no I/O."""

from digest.feeds.claims import claims
from digest.feeds.discovery import COMMON_PATHS, discover, guesses
from digest.feeds.document import parse
from digest.feeds.identity import canonical_url, fingerprint, keys

__all__ = ["COMMON_PATHS", "canonical_url", "claims", "discover", "fingerprint", "guesses", "keys", "parse"]
