"""By what copies of an article are found, and the matches of a topic.

Revision 0004, after 0003.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Bring the schema to this revision."""
    op.create_table(
        "shingles",
        sa.Column("key", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("entry_id", ID, nullable=False, autoincrement=False),
        sa.PrimaryKeyConstraint("key", "entry_id", name="pk_shingles"),
        sa.ForeignKeyConstraint(["entry_id"], ["articles.entry_id"], name="fk_shingles_entry_id", ondelete="CASCADE"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_shingles_entry_id", "shingles", ["entry_id"], unique=False)
    op.create_index("ix_matches_topic_id", "matches", ["topic", "id"], unique=False)
