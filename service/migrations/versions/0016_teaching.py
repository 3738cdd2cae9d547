"""What a person says she teaches beyond subjects and grades: stages that have none (学前, 中职), and 专业大类."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

COLUMNS = ("stages", "majors")


def upgrade() -> None:
    for name in COLUMNS:
        op.add_column("person", sa.Column(name, sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    for name in COLUMNS:
        op.drop_column("person", name)
