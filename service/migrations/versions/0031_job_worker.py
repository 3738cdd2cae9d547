"""Which worker has a job under way, so that one of the same machine takes it over where that worker died."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("job", sa.Column("worker", sa.String(length=26), nullable=False, server_default=sa.text("''")))


def downgrade() -> None:
    op.drop_column("job", "worker")
