"""Lists go by the time of the last change and then by id: resources that were imported together share the time, and were
sorted at every request."""

from alembic import op

revision = "0017"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_resource_updated_at", "resource")
    op.create_index("ix_resource_updated_at", "resource", ["updated_at", "id"])


def downgrade() -> None:
    op.drop_index("ix_resource_updated_at", "resource")
    op.create_index("ix_resource_updated_at", "resource", ["updated_at"])
