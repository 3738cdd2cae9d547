"""Alembic's entry: runs on the connection that `service.db.Database.migrate` hands over."""

from typing import Literal

from alembic import context
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString

import service.models  # noqa: F401  (fills the metadata)
from service.models import Moment


def render_item(_kind: str, item: object, _context: object) -> str | Literal[False]:
    """Plain SQL types, so that a migration does not change when a class of ours does."""
    if isinstance(item, Moment):
        return "sa.BigInteger()"
    if isinstance(item, AutoString):
        return f"sa.String(length={item.length})" if item.length else "sa.String()"
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    transactional_ddl=False,
    render_item=render_item,
)
context.run_migrations()
