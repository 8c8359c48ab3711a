"""The values that flow from poll to email: frozen, plain, without behaviour that does I/O.

They stand in rooms of their own, in the order in which an entry meets them:

    collecting: Fetched -> Entry
    reading:    Page -> Article
    judging:    Match -> Flagged -> Story
    mailing:    Digest -> Message -> Parcel

What else the store hands out stands in `stored`, what changes it in `updates`.

Datetimes are aware and in UTC, but for the dates of an article just read. Offsets are in code points. Text fields
hold plain text, never markup, unless their comment says HTML.
"""

from __future__ import annotations

from digest.model.collecting import (
    DueFeed,
    Enclosure,
    Entry,
    FeedDocument,
    FeedState,
    FeedWord,
    Fetched,
    Health,
    HubState,
    PollHints,
    Redirect,
    Subscription,
    Validators,
)
from digest.model.judging import AlsoIn, Field, Flagged, Hit, Match, Snippet, Story, Why
from digest.model.mailing import (
    ALERT,
    CHANNEL,
    Coverage,
    Digest,
    FailingFeed,
    Message,
    Parcel,
    ParcelState,
    Repeat,
    Section,
    Window,
)
from digest.model.reading import Article, FeedClaims, Lesson, Page, SiteKnowledge
from digest.model.stored import (
    Counts,
    DigestState,
    JudgedMatch,
    Quarantined,
    Recent,
    SiteArticle,
    StoredArticle,
    StoredEdition,
    StoredEntry,
    StoreSize,
    Told,
    WaitingEntry,
)
from digest.model.updates import (
    ArticleUpdate,
    EditionUpdate,
    HoldUpdate,
    HurryUpdate,
    KillUpdate,
    NewEntry,
    ParcelUpdate,
    PollUpdate,
    PushUpdate,
    RecleanUpdate,
    RejudgeUpdate,
    RetryUpdate,
    SubscriptionUpdate,
    Update,
)

__all__ = [
    "ALERT",
    "CHANNEL",
    "AlsoIn",
    "Article",
    "ArticleUpdate",
    "Counts",
    "Coverage",
    "Digest",
    "DigestState",
    "DueFeed",
    "EditionUpdate",
    "Enclosure",
    "Entry",
    "FailingFeed",
    "FeedClaims",
    "FeedDocument",
    "FeedState",
    "FeedWord",
    "Fetched",
    "Field",
    "Flagged",
    "Health",
    "Hit",
    "HoldUpdate",
    "HubState",
    "HurryUpdate",
    "JudgedMatch",
    "KillUpdate",
    "Lesson",
    "Match",
    "Message",
    "NewEntry",
    "Page",
    "Parcel",
    "ParcelState",
    "ParcelUpdate",
    "PollHints",
    "PollUpdate",
    "PushUpdate",
    "Quarantined",
    "Recent",
    "RecleanUpdate",
    "Redirect",
    "RejudgeUpdate",
    "Repeat",
    "RetryUpdate",
    "Section",
    "SiteArticle",
    "SiteKnowledge",
    "Snippet",
    "StoreSize",
    "StoredArticle",
    "StoredEdition",
    "StoredEntry",
    "Story",
    "Subscription",
    "SubscriptionUpdate",
    "Told",
    "Update",
    "Validators",
    "WaitingEntry",
    "Why",
    "Window",
]
