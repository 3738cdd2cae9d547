"""What stands where on the image of a page, so that words can be selected there."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "page_layer",
        sa.Column("file_id", sa.String(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("file_id", "n"),
    )


def downgrade() -> None:
    op.drop_table("page_layer")
