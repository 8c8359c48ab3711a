"""Where feeds have moved to, and what their servers' word is worth.

Revision 0003, after 0002.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

WHEN = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Bring the schema to this revision."""
    with op.batch_alter_table("feeds") as feeds:
        feeds.add_column(sa.Column("last_status", sa.Integer()))
        feeds.add_column(sa.Column("moved_to", sa.Text()))
        feeds.add_column(sa.Column("moving_to", sa.Text()))
        feeds.add_column(sa.Column("moving_since", WHEN))
        feeds.add_column(sa.Column("last_full_at", WHEN))
        feeds.add_column(sa.Column("lied_at", WHEN))
