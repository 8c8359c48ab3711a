"""On PostgreSQL, addresses of any length: a B-tree refuses one of more than 2,704 bytes.

Revision 0008, after 0007.
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this revision."""
    if op.get_context().dialect.name == "postgresql":
        op.drop_index("ix_articles_canonical_url", "articles")
        op.create_index("ix_articles_canonical_url", "articles", ["canonical_url"], postgresql_using="hash")
