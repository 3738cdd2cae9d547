"""What is public or once was, for harvesters; filled from the feed."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    harvested = op.create_table(
        "harvested",
        sa.Column("resource_id", sa.String(26), primary_key=True),
        sa.Column("stamp", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_harvested_stamp", "harvested", ["stamp", "resource_id"])
    change = sa.table(
        "change", sa.column("resource_id"), sa.column("at"), sa.column("before"), sa.column("after")
    )
    public = [
        sa.cast(column, sa.Text()).contains('"public"') for column in (change.c.before, change.c.after)
    ]
    told = sa.select(change.c.resource_id, sa.func.max(change.c.at)).where(sa.or_(*public))
    op.execute(harvested.insert().from_select(["resource_id", "stamp"], told.group_by(change.c.resource_id)))


def downgrade() -> None:
    op.drop_table("harvested")
