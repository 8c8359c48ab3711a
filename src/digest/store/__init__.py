"""What digest remembers: feeds, entries, articles, matches, editions and the outbox. The only room that knows SQL."""

from digest.store.store import Store

__all__ = ["Store"]
