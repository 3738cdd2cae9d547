"""Notices, reports, use, saved searches, and what a person teaches."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("person") as person:
        person.add_column(sa.Column("subjects", sa.JSON(), nullable=False, server_default="[]"))
        person.add_column(sa.Column("grades", sa.JSON(), nullable=False, server_default="[]"))
    with op.batch_alter_table("resource") as resource:
        resource.add_column(sa.Column("held", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "notice",
        sa.Column("id", sa.String(26), primary_key=True),
        sa.Column("person_id", sa.String(), _within("person", "CASCADE"), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("resource_id", sa.String(), _within("resource", "CASCADE")),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("read_at", sa.BigInteger()),
    )
    op.create_index("ix_notice_person", "notice", ["person_id", "at"])
    op.create_index("ix_notice_resource_id", "notice", ["resource_id"])
    op.create_table(
        "report",
        sa.Column("id", sa.String(26), primary_key=True),
        sa.Column("resource_id", sa.String(), _within("resource", "CASCADE"), nullable=False),
        sa.Column("person_id", sa.String(), _within("person", "SET NULL")),
        sa.Column("reason", sa.String(20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger()),
        sa.Column("closed_by", sa.String(26)),
        sa.Column("answer", sa.Text(), nullable=False),
    )
    op.create_index("ix_report_resource_id", "report", ["resource_id"])
    op.create_table(
        "resource_use",
        sa.Column("resource_id", sa.String(), _within("resource", "CASCADE"), primary_key=True),
        sa.Column("school_id", sa.String(26), primary_key=True),
        sa.Column("month", sa.String(7), primary_key=True),
        sa.Column("views", sa.Integer(), nullable=False),
        sa.Column("downloads", sa.Integer(), nullable=False),
    )
    op.create_table(
        "saved_search",
        sa.Column("id", sa.String(26), primary_key=True),
        sa.Column("person_id", sa.String(), _within("person", "CASCADE"), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("query", sa.JSON(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_saved_search_person_id", "saved_search", ["person_id"])


def _within(table: str, ondelete: str) -> sa.ForeignKey:
    return sa.ForeignKey(f"{table}.id", ondelete=ondelete, deferrable=True, initially="DEFERRED")


def downgrade() -> None:
    for table in ("saved_search", "resource_use", "report", "notice"):
        op.drop_table(table)
    with op.batch_alter_table("resource") as resource:
        resource.drop_column("held")
    with op.batch_alter_table("person") as person:
        person.drop_column("grades")
        person.drop_column("subjects")
