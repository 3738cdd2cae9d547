"""Reads that run at every request: columns straight from the driver, without the ORM's loading of objects."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import CursorResult, Executable
from sqlalchemy.orm import Session

SNAPSHOT = "snapshot"
"""In the `info` of a session over one snapshot, that cannot write: a place to keep answers that cannot change in it."""


def fetch(
    session: Session, statement: Executable, parameters: Mapping[str, Any]
) -> CursorResult[*tuple[Any, ...]]:
    """The rows of a select of columns, in the session's transaction and after what is pending in it."""
    session.flush()
    return session.connection().execute(statement, parameters)
