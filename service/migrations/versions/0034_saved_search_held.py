"""A saved search remembers which change it was looked at up to, and by which audience tokens."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("saved_search", sa.Column("seen", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("saved_search", sa.Column("held", sa.JSON()))
    op.execute(
        "UPDATE saved_search SET seen = coalesce((SELECT value FROM counter WHERE name = 'watched'), 0)"
    )
    op.execute("DELETE FROM counter WHERE name = 'watched'")


def downgrade() -> None:
    op.execute(
        "INSERT INTO counter (name, value) SELECT 'watched', min(seen) FROM saved_search HAVING count(*) > 0"
    )
    op.drop_column("saved_search", "held")
    op.drop_column("saved_search", "seen")
