"""Rows to values and back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any

from sqlalchemy.engine import Row

from digest.model import (
    Article,
    Digest,
    DigestState,
    Entry,
    FeedState,
    Flagged,
    Match,
    Parcel,
    ParcelState,
    PollHints,
    StoredArticle,
    StoredEntry,
)
from digest.store.tables import AT_ONCE, KEY_BYTES


def keys(feed_url: str, identities: Iterable[str]) -> list[bytes]:
    """The identities of a feed's entries as they are stored: 4 bytes of the feed, so that its keys lie together on the
    disk, and 12 of feed and identity: that two among 10^9 are equal has a chance of 10^-11.
    """
    feed = feed_url.encode("utf-8", "surrogatepass")
    place, seed = blake2b(feed, digest_size=4).digest(), blake2b(feed + b"\n", digest_size=KEY_BYTES - 4)
    return [place + _hash(seed, identity) for identity in identities]


def _hash(seed: blake2b, identity: str) -> bytes:
    hashed = seed.copy()
    hashed.update(identity.encode("utf-8", "surrogatepass"))
    return hashed.digest()


def identities(entry: Entry) -> tuple[str, ...]:
    """An entry's keys. One that has none is known by its whole text, so that it is not new at every poll."""
    return entry.keys or (f"text:{entry.title}\n{entry.summary}\n{entry.content}",)


def feed_state(row: Row[Any]) -> FeedState:
    """A row of `feeds`."""
    return FeedState(
        url=row.url,
        title=row.title,
        site_url=row.site_url,
        language=row.language,
        validators=row.validators,
        validators_url=row.validators_url,
        body_hash=row.body_hash,
        hints=row.hints or PollHints(),
        next_poll_at=None if row.next_poll_at == AT_ONCE else row.next_poll_at,
        last_poll_at=row.last_poll_at,
        last_success_at=row.last_success_at,
        last_new_at=row.last_new_at,
        failures=row.failures,
        last_error=row.last_error,
        gone_on=row.gone_on or (),
        stopped=row.stopped,
        gap_s=row.gap_s,
        gaps_s=row.gaps_s or (),
        lost_window_at=row.lost_window_at,
        last_status=row.last_status,
        moved_to=row.moved_to,
        moving_to=row.moving_to,
        moving_since=row.moving_since,
        last_full_at=row.last_full_at,
        lied_at=row.lied_at,
        pushed_until=row.pushed_until,
        pushed_at=row.pushed_at,
    )


def new_feed(url: str, name: str, now: datetime) -> dict[str, Any]:
    """A new row of `feeds`, due at once."""
    return {
        "url": url,
        "name": name,
        "subscribed": True,
        "added_at": now,
        "title": "",
        "next_poll_at": AT_ONCE,
        "failures": 0,
        "stopped": False,
    }


def feed_values(state: FeedState) -> dict[str, Any]:
    """Everything in `feeds` that a poll may change."""
    return {
        "title": state.title,
        "site_url": state.site_url,
        "language": state.language,
        "validators": state.validators,
        "validators_url": state.validators_url,
        "body_hash": state.body_hash,
        "hints": None if state.hints == PollHints() else state.hints,
        "next_poll_at": state.next_poll_at or AT_ONCE,
        "last_poll_at": state.last_poll_at,
        "last_success_at": state.last_success_at,
        "last_new_at": state.last_new_at,
        "failures": state.failures,
        "last_error": state.last_error,
        "gone_on": state.gone_on or None,
        "stopped": state.stopped,
        "gap_s": state.gap_s,
        "gaps_s": state.gaps_s or None,
        "lost_window_at": state.lost_window_at,
        "last_status": state.last_status,
        "moved_to": state.moved_to,
        "moving_to": state.moving_to,
        "moving_since": state.moving_since,
        "last_full_at": state.last_full_at,
        "lied_at": state.lied_at,
    }


def stored_entry(row: Row[Any]) -> StoredEntry:
    """A row of `entries` with its feed's `url`."""
    said: Entry = row.entry
    entry = replace(said, published=_utc(said.published), updated=_utc(said.updated))
    return StoredEntry(row.id, row.url, entry, row.first_seen, row.attempts)


def _utc(when: datetime | None) -> datetime | None:
    # pydantic's own tzinfo would do, but two kinds of UTC in one house are one too many.
    return when.replace(tzinfo=UTC) if when is not None and when.utcoffset() == timedelta(0) else when


def entry_values(entry: Entry, feed_id: int, now: datetime) -> dict[str, Any]:
    """A new row of `entries`; its article is wanted at once."""
    return {
        "feed_id": feed_id,
        "guid": entry.own_guid,
        "entry": entry,
        "first_seen": now,
        "attempts": 0,
        "read_after": AT_ONCE,
    }


def article(row: Row[Any]) -> Article:
    """A row of `articles`."""
    return Article(
        url=row.url,
        title=row.title,
        text=row.text,
        authors=row.authors,
        published=row.published,
        modified=row.modified,
        language=row.language,
        site=row.site,
        description=row.description,
        lead=row.lead,
        complete=row.complete,
        error=row.error,
    )


def article_values(entry_id: int, article: Article, canonical_url: str | None, now: datetime) -> dict[str, Any]:
    """A row of `articles`."""
    return {
        "entry_id": entry_id,
        "canonical_url": canonical_url,
        "read_at": now,
        "url": article.url,
        "title": article.title,
        "text": article.text,
        "authors": article.authors,
        "published": article.published,
        "modified": article.modified,
        "language": article.language,
        "site": article.site,
        "description": article.description,
        "lead": article.lead,
        "complete": article.complete,
        "error": article.error,
    }


def match_values(entry_id: int, match: Match, now: datetime) -> dict[str, Any]:
    """A new row of `matches`."""
    return {
        "entry_id": entry_id,
        "topic": match.topic,
        "score": match.score,
        "why": match.why,
        "hits": match.hits,
        "made_at": now,
    }


def flagged(row: Row[Any]) -> Flagged:
    """A row of `matches` joined with its article, entry and feed; with the whole entry, its picture is known."""
    return Flagged(
        match_id=row.match_id,
        entry_id=row.entry_id,
        feed=row.feed,
        feed_name=row.feed_name,
        article=article(row),
        match=Match(row.topic, row.score, row.why, row.hits),
        first_seen=row.first_seen,
        guid=row.guid,
        image=row.entry.picture if "entry" in row._fields else None,
        shares_page=_shares_page(row),
    )


def stored_article(row: Row[Any]) -> StoredArticle:
    """A row of `articles` joined with its entry and feed."""
    return StoredArticle(row.entry_id, row.feed, row.feed_name, article(row), row.first_seen, _shares_page(row))


def _shares_page(row: Row[Any]) -> bool:
    """A page that is several entries' is nobody's address to be found by."""
    return bool(row.url) and row.canonical_url is None


def digest_state(row: Row[Any]) -> DigestState:
    """A row of `digests`."""
    return DigestState(row.id, row.since, row.window_end, row.high_water, row.carried)


def new_digest(digest_id: str, since: datetime) -> dict[str, Any]:
    """A row of `digests` for one of which nothing was made yet."""
    return {"id": digest_id, "since": since, "window_end": None, "high_water": 0, "carried": ()}


def parcel(row: Row[Any], edition: Row[Any] | None = None) -> Parcel:
    """A row of `parcels` with its digest and its bytes, as long as they are kept; and what its edition shows."""
    return Parcel(
        id=row.id,
        digest=row.digest,
        edition=row.edition_id,
        sender=row.sender,
        recipient=row.recipient,
        message_id=row.message_id,
        raw=bytes(row.raw or b""),
        state=ParcelState(row.state),
        attempts=row.attempts,
        next_attempt_at=None if row.next_attempt_at == AT_ONCE else row.next_attempt_at,
        reply=row.reply,
        subject=row.subject,
        html=edition.html if edition else "",
        text=edition.text if edition else "",
        data=edition.data if edition else "",
        created_at=row.created_at,
    )


def parcel_values(edition_id: int, parcel: Parcel, now: datetime) -> dict[str, Any]:
    """A new row of `parcels`. Its bytes lie in `contents`; what every recipient gets alike, with the edition."""
    return {
        "edition_id": edition_id,
        "recipient": parcel.recipient,
        "sender": parcel.sender,
        "message_id": parcel.message_id,
        "subject": parcel.subject,
        "state": parcel.state.value,
        "attempts": parcel.attempts,
        "next_attempt_at": parcel.next_attempt_at or AT_ONCE,
        "reply": parcel.reply,
        "created_at": now,
        "changed_at": now,
    }


def edition_values(digest: Digest, parcels: Iterable[Parcel], now: datetime) -> dict[str, Any]:
    """A new row of `editions`."""
    shown = next(iter(parcels), None)
    return {
        "digest": digest.id,
        "window_start": digest.window.start,
        "window_end": digest.window.end,
        "slots": digest.window.slots,
        "made_at": now,
        "html": shown.html if shown else "",
        "text": shown.text if shown else "",
        "data": shown.data if shown else "",
    }
