"""Requests of each asker in each minute, which the processes tell each other; not logged on PostgreSQL."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    on_postgres = op.get_bind().dialect.name == "postgresql"
    op.create_table(
        "rate_count",
        sa.Column("who", sa.String(64), primary_key=True),
        sa.Column("window", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("number", sa.Integer(), nullable=False),
        prefixes=["UNLOGGED"] if on_postgres else [],
    )


def downgrade() -> None:
    op.drop_table("rate_count")
