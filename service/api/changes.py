"""/changes: the ordered feed for programs that keep a copy."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from service.api.schemas import PROBLEMS, ResourceOut, as_json
from service.http import Reading, UnitRoute
from service.library import changes

router = APIRouter(tags=["changes"], route_class=UnitRoute, responses=PROBLEMS)


class Upsert(BaseModel):
    """Put it in the copy, or replace it there."""

    op: Literal["upsert"]
    resource: ResourceOut


class Removed(BaseModel):
    """Take it out of the copy: the caller may no longer see it."""

    op: Literal["removed"]
    id: str


class ChangesPage(BaseModel):
    """Apply the items in their order, keep `next_cursor` with the copy, ask again at once while `has_more`."""

    items: list[Upsert | Removed]
    next_cursor: str
    has_more: bool


@router.get("/changes", response_model=ChangesPage)
def read_changes(
    work: Reading,
    cursor: Annotated[str | None, Query(max_length=8000)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> Response:
    """What changed for this caller since the cursor, in order; without one, everything visible first. 410: begin anew."""
    found = changes.page(work, cursor, limit)
    return as_json({"items": found.items, "next_cursor": found.next_cursor, "has_more": found.has_more})
