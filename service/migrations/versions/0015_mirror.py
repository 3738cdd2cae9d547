"""What a mirror knows of itself; empty elsewhere."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mirror",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("school_id", sa.String(26), nullable=False),
        sa.Column("cursor", sa.Text()),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("walked", sa.Boolean(), nullable=False),
        sa.Column("contact_at", sa.BigInteger()),
        sa.Column("complete_at", sa.BigInteger()),
    )
    op.create_table(
        "mirror_resource",
        sa.Column("resource_id", sa.String(26), primary_key=True),
        sa.Column("epoch", sa.Integer(), nullable=False),
    )
    op.create_index("ix_mirror_resource_epoch", "mirror_resource", ["epoch"])
    op.create_table(
        "mirror_object",
        sa.Column("key", sa.String(200), primary_key=True),
        sa.Column("resource_id", sa.String(26), nullable=False),
        sa.Column("file_id", sa.String(26), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("media_type", sa.String(120), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("newness", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
    )
    for column in ("resource_id", "file_id", "sha256"):
        op.create_index(f"ix_mirror_object_{column}", "mirror_object", [column])
    op.create_index("ix_mirror_object_next", "mirror_object", ["state", "rank", "newness"])


def downgrade() -> None:
    for table in ("mirror_object", "mirror_resource", "mirror"):
        op.drop_table(table)
