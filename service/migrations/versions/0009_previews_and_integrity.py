"""What is made of files; when each object was last verified, and what is withheld."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "conversion",
        sa.Column(
            "file_id",
            sa.String(),
            sa.ForeignKey("file.id", deferrable=True, initially="DEFERRED"),
            primary_key=True,
        ),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("pages", sa.Integer()),
        sa.Column("at", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_conversion_state", "conversion", ["state"])
    with op.batch_alter_table("file") as file:
        file.add_column(sa.Column("withheld", sa.Text(), nullable=False, server_default=sa.text("''")))
        file.add_column(sa.Column("scanned_at", sa.BigInteger()))
        file.add_column(sa.Column("checked_at", sa.BigInteger()))
        file.create_index("ix_file_checked_at", ["checked_at"])
        where = sa.text("withheld != ''")
        file.create_index("ix_file_withheld", ["withheld"], sqlite_where=where, postgresql_where=where)
    with op.batch_alter_table("derived") as derived:
        derived.add_column(sa.Column("sha256", sa.String(64)))
        derived.add_column(sa.Column("checked_at", sa.BigInteger()))
        derived.create_index("ix_derived_checked_at", ["checked_at"])


def downgrade() -> None:
    with op.batch_alter_table("derived") as derived:
        derived.drop_index("ix_derived_checked_at")
        derived.drop_column("checked_at")
        derived.drop_column("sha256")
    with op.batch_alter_table("file") as file:
        file.drop_index("ix_file_withheld")
        file.drop_index("ix_file_checked_at")
        file.drop_column("checked_at")
        file.drop_column("scanned_at")
        file.drop_column("withheld")
    op.drop_table("conversion")
