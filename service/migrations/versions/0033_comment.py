"""Those who may comment on a resource say something about it."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "comment",
        sa.Column("id", sa.String(26), primary_key=True),
        sa.Column("resource_id", sa.String(), _within("resource", "CASCADE"), nullable=False),
        sa.Column("person_id", sa.String(), _within("person", "SET NULL")),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_comment_resource", "comment", ["resource_id", "id"])


def _within(table: str, ondelete: str) -> sa.ForeignKey:
    """Checked at the commit, as everywhere."""
    return sa.ForeignKey(f"{table}.id", ondelete=ondelete, deferrable=True, initially="DEFERRED")


def downgrade() -> None:
    op.drop_table("comment")
