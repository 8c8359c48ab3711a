"""Hubs that tell of feeds' news.

Revision 0006, after 0005.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WHEN = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Bring the schema to this revision."""
    with op.batch_alter_table("feeds") as feeds:
        feeds.add_column(sa.Column("pushed_until", WHEN))
        feeds.add_column(sa.Column("pushed_at", WHEN))
    op.create_table(
        "subscriptions",
        sa.Column("feed_id", ID, nullable=False),
        sa.Column("hub", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("callback", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("next_at", WHEN, nullable=False),
        sa.Column("lease_until", WHEN),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name=op.f("fk_subscriptions_feed_id_feeds")),
        sa.PrimaryKeyConstraint("feed_id", name=op.f("pk_subscriptions")),
        sa.UniqueConstraint("callback", name=op.f("uq_subscriptions_callback")),
    )
