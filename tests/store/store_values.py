"""Small values to fill a store with."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from digest.model import (
    Article,
    ArticleUpdate,
    Digest,
    EditionUpdate,
    Entry,
    Field,
    Flagged,
    Hit,
    Match,
    NewEntry,
    Parcel,
    PollUpdate,
    Section,
    StoredEntry,
    Story,
    Validators,
    Why,
    Window,
)
from digest.store import Store

NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
FEED = "https://one.example/rss.xml"
OTHER = "https://two.example/atom"


def entry(number: int, **more: object) -> Entry:
    url = f"https://one.example/{number}"
    return replace(
        Entry(f"guid-{number}", url, f"Entry {number}", keys=(f"guid:guid-{number}", f"url:{url}")), **more
    )  # fmt: skip


def known(store: Store, feed_url: str, keys: Collection[str]) -> set[str]:
    return store.known_each([(feed_url, keys)])[0]


def poll(store: Store, *numbers: int, url: str = FEED, now: datetime = NOW, etag: str = '"1"') -> PollUpdate:
    """A poll that brought the entries with these numbers."""
    state = replace(
        store.feed(url),
        validators=Validators(etag),
        last_poll_at=now,
        last_success_at=now,
        next_poll_at=now + HOUR,
        last_new_at=now if numbers else None,
    )
    return PollUpdate(state, tuple(NewEntry(entry(number), True) for number in numbers), now)


def match(topic: str = "korea", score: int = 3) -> Match:
    return Match(
        topic,
        score,
        (Why(score, "title: talks", ("talks",), Field.TITLE, f"topics/{topic}.yaml:3"),),
        (Hit(Field.TITLE, 0, 5, "talks"),),
    )


def read(entry_id: int, *matches: Match, now: datetime = NOW, **more: object) -> ArticleUpdate:
    """An article and its matches."""
    article = replace(
        Article(f"https://one.example/{entry_id}", "talks resume", "The envoys met.\n\nThey agreed."), **more
    )
    return ArticleUpdate(entry_id, article, matches, now, f"one.example/{entry_id}")


def flag(store: Store, *numbers: int, topics: tuple[str, ...] = ("korea",)) -> list[Flagged]:
    """Poll, read and flag entries with these numbers; what is pending then."""
    store.apply(poll(store, *numbers))
    store.apply(*[read(stored.id, *map(match, topics)) for stored in waiting(store, NOW)])
    return store.pending(store.digest_state("daily", NOW), topics)


def parcel(recipient: str = "desk@example.org", digest: str = "daily") -> Parcel:
    return Parcel(
        id=0,
        digest=digest,
        edition=0,
        sender="digest@example.org",
        recipient=recipient,
        message_id=f"<{recipient}>",
        raw=b"Subject: x\r\n\r\n\x00\xff\r\n",
        subject="Talks",
        html="<p>Talks</p>",
        text="Talks",
        data='{"id": "daily"}',
    )


def edition(
    *flagged: Flagged,
    recipients: tuple[str, ...] = ("desk@example.org",),
    window: Window | None = None,
    carried: tuple[int, ...] = (),
    high_water: int | None = None,
) -> EditionUpdate:
    """An edition of these matches, each its own story."""
    stories = tuple(Story(each, members=(each.match_id,)) for each in flagged)
    highest = max([each.match_id for each in flagged] + list(carried), default=0)
    digest = Digest(
        "daily",
        "Korea desk",
        window or Window(NOW, NOW + DAY),
        "Asia/Seoul",
        (Section("korea", "Korea", stories),) if stories else (),
        carried=carried,
        high_water=highest if high_water is None else high_water,
    )
    return EditionUpdate(digest, tuple(parcel(recipient) for recipient in recipients), NOW)


def waiting(store: Store, now: datetime) -> list[StoredEntry]:
    """The entries whose article is wanted by now."""
    return [store.entry(entry.id) for entry in store.waiting(now)]
