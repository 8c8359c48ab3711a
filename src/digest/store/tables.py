"""The tables, and how the values of `digest.model` lie in their columns."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter
from pydantic_core import PydanticSerializationError
from sqlalchemy.engine import Dialect

from digest.model import Entry, Hit, PollHints, Validators, Why

AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)
"""What `next_poll_at` and its like hold for "never yet": the past, so that one indexed range finds what is due."""

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def storable(text: str) -> str:
    """The text without what no database takes: NUL (PostgreSQL) and lone surrogates (neither) become U+FFFD."""
    return _UNSTORABLE.sub("\ufffd", text)  # one for one, so that slices stay true


class PlainText(sa.types.TypeDecorator[str]):
    """Text from the outside, made storable."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        return None if value is None else storable(value)


class Utc(sa.types.TypeDecorator[datetime]):
    """An aware datetime, in UTC on both sides. SQLite has no zones: there the text is UTC and says so nowhere."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise TypeError(f"a naive datetime has no place in the store: {value!r}")
        try:
            value = value.astimezone(UTC)
        except OverflowError:  # a publisher's 0001-01-01T00:00+09:00 lies before the calendar
            value = value.replace(tzinfo=UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - as above
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Json(sa.types.TypeDecorator[Any]):
    """A value of the given type as JSON text; read back as that type. No query looks inside."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, of: Any) -> None:
        super().__init__()
        self.of = of  # SQLAlchemy's key for compiled statements; without it every statement is compiled anew
        self._adapter: TypeAdapter[Any] = TypeAdapter(of)

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002 - as above
        if value is None:
            return None
        try:
            return self._adapter.dump_json(value, warnings="error").decode()
        except (PydanticSerializationError, UnicodeEncodeError):
            # Lone surrogates, as JSON feeds can carry them, have no UTF-8.
            return storable(
                json.dumps(self._adapter.dump_python(value, mode="json", warnings="error"), ensure_ascii=False)
            )

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002 - as above
        return None if value is None else self._adapter.validate_json(value)


class Verbatim(sa.types.TypeDecorator[Validators]):
    """Validators, byte for byte: header bytes that are no UTF-8 arrive as surrogates, and leave as the same ones."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Validators | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - as above
        if value is None or value == Validators():
            return None
        return json.dumps([value.etag, value.last_modified])  # ASCII: surrogates and NUL are escaped

    def process_result_value(self, value: str | None, dialect: Dialect) -> Validators:  # noqa: ARG002 - as above
        return Validators() if value is None else Validators(*json.loads(value))


# SQLite counts rows by itself only when their id is an INTEGER.
Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KEY_BYTES = 16

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

feeds = sa.Table(
    "feeds",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("url", PlainText, nullable=False, unique=True),
    sa.Column("name", PlainText, nullable=False),  # as configured; empty: the feed's own title
    sa.Column("subscribed", sa.Boolean, nullable=False),
    sa.Column("added_at", Utc, nullable=False),
    sa.Column("title", PlainText, nullable=False),
    sa.Column("site_url", PlainText),
    sa.Column("language", PlainText),
    sa.Column("validators", Verbatim),
    sa.Column("validators_url", PlainText),
    sa.Column("body_hash", PlainText),
    sa.Column("hints", Json(PollHints)),
    sa.Column("next_poll_at", Utc, nullable=False),
    sa.Column("last_poll_at", Utc),
    sa.Column("last_success_at", Utc),
    sa.Column("last_new_at", Utc),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("last_error", PlainText),
    sa.Column("gone_on", Json(tuple[str, ...])),
    sa.Column("stopped", sa.Boolean, nullable=False),
    sa.Column("gap_s", sa.Double),
    sa.Column("gaps_s", Json(tuple[float, ...])),
    sa.Column("lost_window_at", Utc),
    sa.Column("last_status", sa.Integer),
    sa.Column("moved_to", PlainText),
    sa.Column("moving_to", PlainText),
    sa.Column("moving_since", Utc),
    sa.Column("last_full_at", Utc),
    sa.Column("lied_at", Utc),
    sa.Column("pushed_until", Utc),  # these two are changed by hubs, never by polls
    sa.Column("pushed_at", Utc),
    sa.Index(None, "subscribed", "stopped", "next_poll_at"),
)

# What readers know a feed by.
FEED_NAME = sa.func.coalesce(sa.func.nullif(feeds.c.name, ""), sa.func.nullif(feeds.c.title, ""), feeds.c.url)

subscriptions = sa.Table(
    "subscriptions",
    metadata,
    sa.Column("feed_id", Id, sa.ForeignKey("feeds.id"), primary_key=True, autoincrement=False),
    sa.Column("hub", PlainText, nullable=False),
    sa.Column("topic", PlainText, nullable=False),
    sa.Column("callback", PlainText, nullable=False, unique=True),
    sa.Column("secret", PlainText, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("next_at", Utc, nullable=False),
    sa.Column("lease_until", Utc),
    sa.Column("failures", sa.Integer, nullable=False),
)

entries = sa.Table(
    "entries",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("feed_id", Id, sa.ForeignKey("feeds.id"), nullable=False),
    sa.Column("guid", PlainText),  # where it names this entry and no other
    sa.Column("entry", Json(Entry), nullable=False),
    sa.Column("first_seen", Utc, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("read_after", Utc),  # its article is wanted, not before this; NULL: settled
    sa.Index(None, "read_after"),
    sa.Index(None, "first_seen"),
    sa.Index(None, "feed_id"),
    sqlite_autoincrement=True,  # ids are never used again, so that what is remembered by id stays true
)

# Kept for ever, longer than the entries: whoever forgets a key flags an old entry again.
entry_keys = sa.Table(
    "entry_keys",
    metadata,
    sa.Column("key", sa.LargeBinary(KEY_BYTES), primary_key=True),
    sqlite_with_rowid=False,
)

articles = sa.Table(
    "articles",
    metadata,
    sa.Column("entry_id", Id, sa.ForeignKey("entries.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    sa.Column("canonical_url", PlainText),
    sa.Column("read_at", Utc, nullable=False),
    sa.Column("url", PlainText, nullable=False),
    sa.Column("title", PlainText, nullable=False),
    sa.Column("text", PlainText, nullable=False),
    sa.Column("authors", Json(tuple[str, ...]), nullable=False),
    sa.Column("published", Utc),
    sa.Column("modified", Utc),
    sa.Column("language", PlainText),
    sa.Column("site", PlainText),
    sa.Column("description", PlainText),
    sa.Column("lead", PlainText, nullable=False),
    sa.Column("complete", sa.Boolean, nullable=False),
    sa.Column("error", PlainText),
    sa.Index(None, "canonical_url", postgresql_using="hash"),  # its B-tree would refuse an address of 2,705 bytes
)

matches = sa.Table(
    "matches",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("entry_id", Id, sa.ForeignKey("articles.entry_id", ondelete="CASCADE"), nullable=False),
    sa.Column("topic", PlainText, nullable=False),
    sa.Column("score", sa.Integer, nullable=False),
    sa.Column("why", Json(tuple[Why, ...]), nullable=False),
    sa.Column("hits", Json(tuple[Hit, ...]), nullable=False),
    sa.Column("made_at", Utc, nullable=False),
    sa.UniqueConstraint("entry_id", "topic"),
    sa.Index(None, "topic", "id"),
    sqlite_autoincrement=True,
)

# What pages taught of their sites, for `store.learning`.
sites = sa.Table(
    "sites",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("site", PlainText, nullable=False, unique=True),  # its host, as canonical URLs have it
    sa.Column("articles", sa.Integer, nullable=False),  # distinct ones
    sa.Column("taught_at", Utc, nullable=False),
    sa.Index(None, "taught_at"),
)

site_blocks = sa.Table(
    "site_blocks",
    metadata,
    sa.Column("site_id", Id, sa.ForeignKey("sites.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    sa.Column("block", sa.LargeBinary(8), primary_key=True),  # a hash of its text
    sa.Column("articles", sa.Integer, nullable=False),  # of how many it was a part
    sa.Column("seen_at", Utc, nullable=False),
    sa.Index(None, "site_id", "articles"),
    sqlite_with_rowid=False,
)

# By which copies of an article are found: a few hashes of its word runs (`stories.keys`), for as long as copies matter.
shingles = sa.Table(
    "shingles",
    metadata,
    sa.Column("key", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column(
        "entry_id",
        Id,
        sa.ForeignKey("articles.entry_id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    sa.Index(None, "entry_id"),
    sqlite_with_rowid=False,
)

# What killed worker processes, for `store.quarantine`.
kills = sa.Table(
    "kills",
    metadata,
    sa.Column("input", PlainText, primary_key=True),  # a hash of its bytes
    sa.Column("version", PlainText, primary_key=True),  # of digest
    sa.Column("kind", PlainText, nullable=False),
    sa.Column("url", PlainText, nullable=False),
    sa.Column("reason", PlainText, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("last_at", Utc, nullable=False),
    sa.Index(None, "last_at"),
)

digests = sa.Table(
    "digests",
    metadata,
    sa.Column("id", PlainText, primary_key=True),
    sa.Column("since", Utc, nullable=False),
    sa.Column("window_end", Utc),
    sa.Column("high_water", sa.BigInteger, nullable=False),
    sa.Column("carried", Json(tuple[int, ...]), nullable=False),
)

editions = sa.Table(
    "editions",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("digest", PlainText, nullable=False),
    sa.Column("window_start", Utc, nullable=False),
    sa.Column("window_end", Utc, nullable=False),
    sa.Column("slots", sa.Integer, nullable=False),
    sa.Column("made_at", Utc, nullable=False),
    sa.Column("html", PlainText, nullable=False),
    sa.Column("text", PlainText, nullable=False),
    sa.Column("data", PlainText, nullable=False),
    sa.UniqueConstraint("digest", "window_start"),
    sqlite_autoincrement=True,
)

edition_matches = sa.Table(
    "edition_matches",
    metadata,
    sa.Column("edition_id", Id, sa.ForeignKey("editions.id"), primary_key=True, autoincrement=False),
    # No foreign key: that a match was mailed is remembered longer than the article.
    sa.Column("match_id", Id, primary_key=True, autoincrement=False),
    sa.Index(None, "match_id"),
    sqlite_with_rowid=False,
)

parcels = sa.Table(
    "parcels",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("edition_id", Id, sa.ForeignKey("editions.id"), nullable=False),
    sa.Column("recipient", PlainText, nullable=False),
    sa.Column("sender", PlainText, nullable=False),
    sa.Column("message_id", PlainText, nullable=False),
    sa.Column("subject", PlainText, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_attempt_at", Utc, nullable=False),
    sa.Column("reply", PlainText),
    sa.Column("created_at", Utc, nullable=False),
    sa.Column("changed_at", Utc, nullable=False),
    sa.UniqueConstraint("edition_id", "recipient"),
    sa.Index(None, "state", "next_attempt_at"),
    sqlite_autoincrement=True,
)

# Apart from the parcel, whose row is written anew with each of its moves.
contents = sa.Table(
    "contents",
    metadata,
    sa.Column("parcel_id", Id, sa.ForeignKey("parcels.id"), primary_key=True, autoincrement=False),
    sa.Column("raw", sa.LargeBinary, nullable=False),
)
