"""Addresses that are told of news in the feed, and what they were told."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "webhook",
        sa.Column("id", sa.String(26), primary_key=True),
        sa.Column("school_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("secret", sa.String(80), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.JSON(), nullable=False),
        sa.Column("failing_since", sa.BigInteger(), nullable=True),
        sa.Column("disabled_at", sa.BigInteger(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.String(40), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["school_id"], ["organisation.id"], initially="DEFERRED", deferrable=True),
    )
    op.create_index("ix_webhook_school_id", "webhook", ["school_id"])
    op.create_table(
        "delivery",
        sa.Column("id", sa.String(26), primary_key=True),
        sa.Column("webhook_id", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", sa.String(20), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("took_ms", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhook.id"], ondelete="CASCADE", initially="DEFERRED", deferrable=True
        ),
    )
    op.create_index("ix_delivery_webhook_at", "delivery", ["webhook_id", "at", "id"])
    op.create_index("ix_delivery_at", "delivery", ["at"])


def downgrade() -> None:
    op.drop_table("delivery")
    op.drop_table("webhook")
