"""Numbers of an upload's parts, none given twice."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("upload") as upload:
        upload.add_column(sa.Column("numbered", sa.Integer(), nullable=False, server_default=sa.text("0")))
    op.execute(
        "UPDATE upload SET numbered ="
        " coalesce((SELECT max(n) FROM upload_part WHERE upload_part.upload_id = upload.id), 0)"
    )


def downgrade() -> None:
    with op.batch_alter_table("upload") as upload:
        upload.drop_column("numbered")
