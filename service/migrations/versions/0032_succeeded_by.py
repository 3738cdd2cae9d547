"""The schools that were merged into another are found by it: every request asks for them."""

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_organisation_succeeded_by", "organisation", ["succeeded_by"])


def downgrade() -> None:
    op.drop_index("ix_organisation_succeeded_by", table_name="organisation")
