"""A process that writes into a store until it is killed. It reads one delay in seconds a line, and answers each."""

from __future__ import annotations

import os
import signal
import sys
import time
from datetime import timedelta

from store_values import FEED, NOW, edition, match, poll, read, waiting

from digest.model import Window
from digest.store import Store

ENTRIES, RECIPIENTS, TOPICS = 5, ("a@example.org", "b@example.org", "c@example.org"), ("korea", "talks")


def write_for_ever(url: str, begun: int) -> None:
    """Poll, read and mail. What belongs together is written in one call, so that it can be checked."""
    with Store.open(url, lock=True) as store:
        os.write(begun, b".")
        store.subscribe([FEED], NOW)
        while True:
            last = int((store.feed(FEED).validators.etag or '"0"').strip('"'))
            numbers = range(last * ENTRIES, (last + 1) * ENTRIES)
            store.apply(poll(store, *numbers, etag=f'"{last + 1}"'))
            for stored in waiting(store, NOW):
                store.apply(read(stored.id, *map(match, TOPICS)))
            daily = store.digest_state("daily", NOW)
            start = daily.window_end or daily.since
            window = Window(start, start + timedelta(hours=1))
            made = edition(*store.pending(daily, TOPICS), recipients=RECIPIENTS, window=window)
            store.apply(made)


if __name__ == "__main__":
    for line in sys.stdin:
        hear, begun = os.pipe()
        child = os.fork()
        if not child:
            write_for_ever(sys.argv[1], begun)
        os.close(begun)
        os.read(hear, 1)
        os.close(hear)
        time.sleep(float(line))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        print("killed", flush=True)
