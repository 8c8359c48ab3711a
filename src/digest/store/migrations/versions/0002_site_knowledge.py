"""What pages teach of their sites.

Revision 0002, after 0001.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WHEN = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Bring the schema to this revision."""
    op.create_table(
        "sites",
        sa.Column("id", ID, nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("articles", sa.Integer(), nullable=False),
        sa.Column("taught_at", WHEN, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sites"),
        sa.UniqueConstraint("site", name="uq_sites_site"),
    )
    op.create_index("ix_sites_taught_at", "sites", ["taught_at"], unique=False)
    op.create_table(
        "site_blocks",
        sa.Column("site_id", ID, nullable=False, autoincrement=False),
        sa.Column("block", sa.LargeBinary(8), nullable=False),
        sa.Column("articles", sa.Integer(), nullable=False),
        sa.Column("seen_at", WHEN, nullable=False),
        sa.PrimaryKeyConstraint("site_id", "block", name="pk_site_blocks"),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_site_blocks_site_id", ondelete="CASCADE"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_site_blocks_site_id_articles", "site_blocks", ["site_id", "articles"], unique=False)
