"""Lists of resources: what the caller may see, page by page, and her bin. Hot reads: their statements are built once."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, and_, bindparam, func, or_, select
from sqlmodel import col

from service.library import cursors, shapes
from service.library.fields import PLACE
from service.models import Grant, Moment, Resource, Version, fetch, from_micros, to_micros
from service.permissions import EDITOR, MANAGER, VISIBLE, in_force, seen_by
from service.work import Work


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of a list, and the cursor of the next (None at the end)."""

    items: list[dict[str, Any]]
    next: str | None


FILTERS = {"kind": col(Resource.kind), "status": col(Resource.status), "school": col(Resource.school_id)} | {
    name: col(getattr(Version, name)) for name in ("system", *PLACE, "unit")
}
"""What a list can be narrowed by: OR within a name, AND across names."""


_LISTING = (
    shapes.rows()
    .where(VISIBLE)
    .order_by(col(Resource.updated_at).desc(), col(Resource.id).desc())
    .limit(bindparam("most"))
)


@lru_cache(maxsize=500)
def _narrowed(given: frozenset[str], mine: bool) -> Select[Any]:
    """The list narrowed by these parameters, each built once."""
    query = _LISTING
    for name in sorted(given):
        query = query.where(FILTERS[name.removeprefix("of_")].in_(bindparam(name, expanding=True)))
    return query.where(col(Resource.created_by) == bindparam("maker")) if mine else query


def page(
    work: Work,
    *,
    filters: Mapping[str, list[str]] | None = None,
    mine: bool = False,
    title: str = "",
    cursor: str | None = None,
    limit: int = 20,
) -> Listing:
    """What the caller may see, newest change first. Items leave out `content`; the single resource has it.

    `title` narrows it to titles that hold this text."""
    given = {f"of_{name}": values for name, values in (filters or {}).items() if values}
    majors = given.pop("of_major", [])
    query = _narrowed(frozenset(given), mine)
    if majors:  # a 大类 holds its 专业
        query = query.where(or_(*(col(Version.major).startswith(code, autoescape=True) for code in majors)))
    if title:
        query = query.where(col(Version.title).contains(title, autoescape=True))
    if cursor is not None:
        moment, last_id = cursors.decode(cursor, lambda micros: from_micros(int(micros)))
        query = query.where(
            or_(
                col(Resource.updated_at) < moment,
                and_(col(Resource.updated_at) == moment, col(Resource.id) < last_id),
            )
        )
    parameters = {"most": limit + 1, "maker": work.caller.person_id, **given}
    found = fetch(work.session, query, seen_by(work.caller, work.now) | parameters).all()
    more = len(found) > limit
    items = shaped(work, found[:limit])
    last = found[limit - 1] if more else None
    return Listing(items, cursors.encode(to_micros(last.updated_at), last.id) if last else None)


def shaped(work: Work, found: Any) -> list[dict[str, Any]]:
    """Rows of `shapes.rows` as Resources, with their files and the caller's role on each."""
    files = shapes.files_of(work.session, [row.version_id for row in found])
    roles = _roles(work, [row.id for row in found if row.draft_number is not None])
    items = [shapes.shape(row, files[row.version_id], role=roles.get(row.id, 0)) for row in found]
    hide_unseen_sources(work, items)
    return items


_NOW: Any = bindparam("now", type_=Moment())
_ROLES = (
    select(col(Grant.resource_id), func.max(col(Grant.role)))
    .where(
        col(Grant.resource_id).in_(bindparam("ids", expanding=True)),
        col(Grant.audience).in_(bindparam("audiences", expanding=True)).is_(True),  # as VISIBLE_OF_FEW
        col(Grant.role) >= EDITOR,
        col(Grant.approved),
        in_force(_NOW),
    )
    .group_by(col(Grant.resource_id))
)


def _roles(work: Work, ids: list[str]) -> dict[str, int]:
    """The caller's editing roles on resources that she sees (viewers' are left out)."""
    if not ids:
        return {}
    return dict(fetch(work.session, _ROLES, seen_by(work.caller, work.now) | {"ids": ids}).all())


_SOURCES = select(col(Resource.id)).where(col(Resource.id).in_(bindparam("ids", expanding=True)), VISIBLE)


def hide_unseen_sources(work: Work, items: list[dict[str, Any]]) -> None:
    """`adapted_from` names a resource only to those who may see it."""
    sources = {item["adapted_from"] for item in items if item["adapted_from"]}
    if sources:
        seen = set(
            fetch(work.session, _SOURCES, seen_by(work.caller, work.now) | {"ids": sorted(sources)}).scalars()
        )
        for item in items:
            if item["adapted_from"] not in seen:
                item["adapted_from"] = None


def manager_grants(work: Work) -> Any:
    return select(col(Grant.resource_id)).where(
        col(Grant.audience).in_(sorted(work.caller.tokens)),
        col(Grant.role) >= MANAGER,
        col(Grant.approved),
        in_force(work.now),
    )


def binned(work: Work) -> list[dict[str, Any]]:
    """The caller's bin, newest first."""
    query = (
        shapes.rows()
        .where(col(Resource.deleted_at).is_not(None), col(Resource.id).in_(manager_grants(work)))
        .order_by(col(Resource.deleted_at).desc())
        .limit(200)
    )
    return shaped(work, work.session.execute(query).all())
