"""Who granted is an audience token: person:ID has 33 characters."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("grant") as grant:
        grant.alter_column("granted_by", existing_type=sa.String(26), type_=sa.String(40))


def downgrade() -> None:
    op.execute(sa.text('UPDATE "grant" SET granted_by = NULL WHERE length(granted_by) > 26'))
    with op.batch_alter_table("grant") as grant:
        grant.alter_column("granted_by", existing_type=sa.String(40), type_=sa.String(26))
