"""Few resources are in the bin, and few were made from another: their indexes hold these alone. SQLite took the one of the bin
for the quickest way to what is not in it, and went through a whole library for two hundred ids."""

from alembic import op
from sqlalchemy import text

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

COLUMNS = ("deleted_at", "adapted_from")


def upgrade() -> None:
    for name in COLUMNS:
        op.drop_index(f"ix_resource_{name}", "resource")
        holds = text(f"{name} IS NOT NULL")
        op.create_index(f"ix_resource_{name}", "resource", [name], sqlite_where=holds, postgresql_where=holds)


def downgrade() -> None:
    for name in COLUMNS:
        op.drop_index(f"ix_resource_{name}", "resource")
        op.create_index(f"ix_resource_{name}", "resource", [name])
