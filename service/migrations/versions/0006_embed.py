"""Keys of schools' web sites, and their use."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "embed_key",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column(
            "school_id",
            sa.String(),
            sa.ForeignKey("organisation.id", deferrable=True, initially="DEFERRED"),
            nullable=False,
        ),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("origins", sa.JSON(), nullable=False),
        sa.Column("within", sa.String(12), nullable=False),
        sa.Column(
            "partnership_id",
            sa.String(),
            sa.ForeignKey("partnership.id", deferrable=True, initially="DEFERRED"),
            nullable=True,
        ),
        sa.Column("subjects", sa.JSON(), nullable=False),
        sa.Column("per_minute", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.String(40), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
    )
    op.create_index("ix_embed_key_school_id", "embed_key", ["school_id"])
    op.create_table(
        "embed_use",
        sa.Column(
            "key_id",
            sa.String(),
            sa.ForeignKey("embed_key.id", ondelete="CASCADE", deferrable=True, initially="DEFERRED"),
            primary_key=True,
        ),
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("answered", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("embed_use")
    op.drop_table("embed_key")
