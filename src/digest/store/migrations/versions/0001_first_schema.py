"""The first schema.

Revision 0001, after nothing.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WHEN = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Bring the schema to this revision."""
    _collecting()
    _judging()
    _mailing()


def _collecting() -> None:
    op.create_table(
        "feeds",
        sa.Column("id", ID, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("subscribed", sa.Boolean(), nullable=False),
        sa.Column("added_at", WHEN, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("site_url", sa.Text()),
        sa.Column("language", sa.Text()),
        sa.Column("validators", sa.Text()),
        sa.Column("validators_url", sa.Text()),
        sa.Column("body_hash", sa.Text()),
        sa.Column("hints", sa.Text()),
        sa.Column("next_poll_at", WHEN, nullable=False),
        sa.Column("last_poll_at", WHEN),
        sa.Column("last_success_at", WHEN),
        sa.Column("last_new_at", WHEN),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text()),
        sa.Column("gone_on", sa.Text()),
        sa.Column("stopped", sa.Boolean(), nullable=False),
        sa.Column("gap_s", sa.Double()),
        sa.Column("gaps_s", sa.Text()),
        sa.Column("lost_window_at", WHEN),
        sa.PrimaryKeyConstraint("id", name="pk_feeds"),
        sa.UniqueConstraint("url", name="uq_feeds_url"),
    )
    op.create_index(
        "ix_feeds_subscribed_stopped_next_poll_at", "feeds", ["subscribed", "stopped", "next_poll_at"], unique=False
    )
    op.create_table(
        "entries",
        sa.Column("id", ID, nullable=False),
        sa.Column("feed_id", ID, nullable=False),
        sa.Column("guid", sa.Text()),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("first_seen", WHEN, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("read_after", WHEN),
        sa.PrimaryKeyConstraint("id", name="pk_entries"),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name="fk_entries_feed_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_entries_read_after", "entries", ["read_after"], unique=False)
    op.create_index("ix_entries_first_seen", "entries", ["first_seen"], unique=False)
    op.create_index("ix_entries_feed_id", "entries", ["feed_id"], unique=False)
    op.create_table(
        "entry_keys",
        sa.Column("key", sa.LargeBinary(16), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_entry_keys"),
        sqlite_with_rowid=False,
    )


def _judging() -> None:
    op.create_table(
        "articles",
        sa.Column("entry_id", ID, nullable=False, autoincrement=False),
        sa.Column("canonical_url", sa.Text()),
        sa.Column("read_at", WHEN, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("authors", sa.Text(), nullable=False),
        sa.Column("published", WHEN),
        sa.Column("modified", WHEN),
        sa.Column("language", sa.Text()),
        sa.Column("site", sa.Text()),
        sa.Column("description", sa.Text()),
        sa.Column("lead", sa.Text(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("error", sa.Text()),
        sa.PrimaryKeyConstraint("entry_id", name="pk_articles"),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name="fk_articles_entry_id", ondelete="CASCADE"),
    )
    op.create_index("ix_articles_canonical_url", "articles", ["canonical_url"], unique=False)
    op.create_table(
        "matches",
        sa.Column("id", ID, nullable=False),
        sa.Column("entry_id", ID, nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("hits", sa.Text(), nullable=False),
        sa.Column("made_at", WHEN, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_matches"),
        sa.ForeignKeyConstraint(["entry_id"], ["articles.entry_id"], name="fk_matches_entry_id", ondelete="CASCADE"),
        sa.UniqueConstraint("entry_id", "topic", name="uq_matches_entry_id_topic"),
        sqlite_autoincrement=True,
    )


def _mailing() -> None:
    op.create_table(
        "digests",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("since", WHEN, nullable=False),
        sa.Column("window_end", WHEN),
        sa.Column("high_water", sa.BigInteger(), nullable=False),
        sa.Column("carried", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_digests"),
    )
    op.create_table(
        "editions",
        sa.Column("id", ID, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("window_start", WHEN, nullable=False),
        sa.Column("window_end", WHEN, nullable=False),
        sa.Column("slots", sa.Integer(), nullable=False),
        sa.Column("made_at", WHEN, nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_editions"),
        sa.UniqueConstraint("digest", "window_start", name="uq_editions_digest_window_start"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "edition_matches",
        sa.Column("edition_id", ID, nullable=False, autoincrement=False),
        sa.Column("match_id", ID, nullable=False, autoincrement=False),
        sa.PrimaryKeyConstraint("edition_id", "match_id", name="pk_edition_matches"),
        sa.ForeignKeyConstraint(["edition_id"], ["editions.id"], name="fk_edition_matches_edition_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_edition_matches_match_id", "edition_matches", ["match_id"], unique=False)
    op.create_table(
        "parcels",
        sa.Column("id", ID, nullable=False),
        sa.Column("edition_id", ID, nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", WHEN, nullable=False),
        sa.Column("reply", sa.Text()),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("changed_at", WHEN, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_parcels"),
        sa.ForeignKeyConstraint(["edition_id"], ["editions.id"], name="fk_parcels_edition_id"),
        sa.UniqueConstraint("edition_id", "recipient", name="uq_parcels_edition_id_recipient"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_parcels_state_next_attempt_at", "parcels", ["state", "next_attempt_at"], unique=False)
