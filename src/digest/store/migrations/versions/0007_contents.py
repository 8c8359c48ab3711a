"""The bytes of a message apart from its state.

Revision 0007, after 0006.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Bring the schema to this revision."""
    op.create_table(
        "contents",
        sa.Column("parcel_id", ID, nullable=False, autoincrement=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["parcel_id"], ["parcels.id"], name=op.f("fk_contents_parcel_id_parcels")),
        sa.PrimaryKeyConstraint("parcel_id", name=op.f("pk_contents")),
    )
    op.execute("INSERT INTO contents (parcel_id, raw) SELECT id, raw FROM parcels WHERE length(raw) > 0")
    op.drop_column("parcels", "raw")
