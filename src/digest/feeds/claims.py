"""What a feed says of an entry, in plain text: the extractor's second source."""

from __future__ import annotations

from digest.feeds.plaintext import paragraphs
from digest.model import Entry, FeedClaims


def claims(entry: Entry, document_language: str | None, feed_name: str) -> FeedClaims:
    """The entry's statements as plain text, bodies in paragraphs separated by one empty line. Never raises."""
    return FeedClaims(
        title=entry.title,
        summary=paragraphs(entry.summary),
        content=paragraphs(entry.content),
        authors=entry.authors,
        published=entry.published,
        language=entry.language or document_language,
        site=feed_name,
    )
