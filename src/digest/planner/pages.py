"""Whether and when an article's page is asked for once more."""

from __future__ import annotations

from datetime import datetime, timedelta

from digest.errors import FetchError

PAGE_ATTEMPTS = 2
PAGE_RETRY_AFTER = timedelta(minutes=10)
LONGEST_PAUSE = timedelta(days=1)  # a publisher who wants a longer one is answered for by the feed's own text


def page_retry_at(error: FetchError, attempts: int, now: datetime) -> datetime | None:
    """When to ask again after this error and so many attempts before it; None: no more, the feed's text stands in.

    A pause that the publisher asked for, through whichever of its feeds and pages, is kept.
    """
    pause = timedelta(seconds=min(error.retry_after_s or 0.0, 2 * LONGEST_PAUSE.total_seconds()))
    if not error.retryable or attempts + 1 >= PAGE_ATTEMPTS or pause > LONGEST_PAUSE:
        return None
    return now + max(PAGE_RETRY_AFTER, pause)
