"""Which side suspended a partnership: it alone resumes it. Those suspended before may be resumed by either side."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("partnership", sa.Column("suspended_by", sa.String(length=26), nullable=True))


def downgrade() -> None:
    op.drop_column("partnership", "suspended_by")
