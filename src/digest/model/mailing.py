"""From stories to an edition, its message, and one parcel a recipient."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from digest.model.judging import AlsoIn, Story

ALERT = "alert."
"""How the ids of alerts begin, with the topic's behind it. No digest's id has a dot."""


@dataclass(frozen=True, slots=True)
class Window:
    """The stretch of time [start, end) that one edition covers; `slots` scheduled times were merged into it."""

    start: datetime
    end: datetime
    slots: int = 1

    @property
    def stamp(self) -> str:
        """Its end as a name for files and links, of one digest never the same twice: `2026-11-22T220000Z`."""
        end = self.end.astimezone(UTC)
        return f"{end:%Y-%m-%dT%H%M%S}{f'{end.microsecond:06}' if end.microsecond else ''}Z"


@dataclass(frozen=True, slots=True)
class Repeat:
    """A story that its readers have had before, of which copies have turned up since: noted, not told again."""

    title: str
    url: str
    feed: str  # name
    at: datetime  # when they had it
    alerted: bool  # as an alert
    also_in: tuple[AlsoIn, ...]  # where it has turned up
    members: tuple[int, ...]  # match ids that it settles


@dataclass(frozen=True, slots=True)
class Section:
    """One topic of a digest with its stories, best first."""

    topic: str
    title: str
    stories: tuple[Story, ...]


@dataclass(frozen=True, slots=True)
class FailingFeed:
    """A feed that could not be read, for the footer and `status`."""

    url: str  # without credentials
    name: str
    error: str
    next_poll_at: datetime | None


@dataclass(frozen=True, slots=True)
class Coverage:
    """How the digest came about: "quiet" and "broken" must look different."""

    feeds: int = 0  # subscribed
    polled: int = 0  # reached within the window, or before it and not due again
    failing: tuple[FailingFeed, ...] = ()
    gaps: tuple[str, ...] = ()  # names of feeds of which entries may have been lost
    entries: int = 0  # new within the window
    incomplete: int = 0  # articles of which only the feed's text is known
    notices: tuple[str, ...] = ()  # e.g. a template or an edit that was refused


@dataclass(frozen=True, slots=True)
class Digest:
    """One edition, composed and not yet rendered."""

    id: str
    title: str
    window: Window
    timezone: str  # IANA name; the reader's
    sections: tuple[Section, ...]
    omitted: int = 0  # stories carried over to the next edition
    coverage: Coverage = Coverage()
    carried: tuple[int, ...] = ()  # match ids that wait for the next edition
    high_water: int = 0  # the highest match id that this edition has looked at
    repeats: tuple[Repeat, ...] = ()
    language: str = "en"  # of the labels and dates; the reader's

    @property
    def alert(self) -> bool:
        """It is one of a topic's alerts."""
        return self.id.startswith(ALERT)

    @property
    def stories(self) -> tuple[Story, ...]:
        """Every story, in reading order."""
        return tuple(story for section in self.sections for story in section.stories)


@dataclass(frozen=True, slots=True)
class Message:
    """The rendered email, before it is addressed."""

    subject: str
    text: str
    html: str
    language: str = "en"


CHANNEL = "notify:"  # begins the recipient of a parcel for a chat or a webhook; its name follows


class ParcelState(StrEnum):
    """Where an outbox row stands. See design, section 7.4."""

    READY = "ready"
    SENDING = "sending"  # committed before connecting
    DATA_SENT = "data_sent"  # committed before the final dot
    SENT = "sent"
    FAILED = "failed"  # refused for good
    UNKNOWN = "unknown"  # lost after the dot
    DROPPED = "dropped"  # by the operator


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message for one recipient with its frozen bytes. Never rendered again."""

    id: int  # 0 before it is stored
    digest: str
    edition: int  # 0 before it is stored
    sender: str  # envelope address
    recipient: str  # envelope address
    message_id: str
    raw: bytes  # RFC 5322, CRLF
    state: ParcelState = ParcelState.READY
    attempts: int = 0
    next_attempt_at: datetime | None = None
    reply: str | None = None  # the server's last word
    subject: str = ""
    html: str = ""  # for directory deliveries and previews
    text: str = ""
    data: str = ""  # the edition as JSON, as `--json` prints it
    created_at: datetime | None = None  # None before it is stored
