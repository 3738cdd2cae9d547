"""被改编: what was made from a resource, as far as the caller may see it."""

from typing import Any

from sqlalchemy import bindparam
from sqlmodel import col

from service.library import shapes
from service.library.listing import shaped
from service.models import Resource, fetch
from service.permissions import VISIBLE, require, seen_by
from service.work import Work

MOST = 20


_ADAPTATIONS = (
    shapes.rows()
    .where(col(Resource.adapted_from) == bindparam("source"), VISIBLE)
    .order_by(col(Resource.updated_at).desc(), col(Resource.id).desc())
    .limit(MOST)
)


def adaptations(work: Work, resource_id: str) -> list[dict[str, Any]]:
    """Resources adapted from this one, newest first. NotFound where the caller may not see this one."""
    require(work.session, work.caller, resource_id, work.now)
    wanted = seen_by(work.caller, work.now) | {"source": resource_id}
    found = fetch(work.session, _ADAPTATIONS, wanted).all()
    return shaped(work, found) if found else []
