"""What digest remembers: feeds, entries, articles, matches, editions and the outbox. The only room that knows SQL."""

from digest.errors import Stale
from digest.store.backups import Restored, backup, move, remove_old, restore
from digest.store.store import Store

__all__ = ["Restored", "Stale", "Store", "backup", "move", "remove_old", "restore"]
