"""/searches: the searches that the caller keeps; what they find anew comes as a notice on her pages."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from service.api.schemas import PROBLEMS, Page
from service.http import Reading, UnitRoute, Writing
from service.library import saved
from service.permissions import Scope, require_scope

router = APIRouter(tags=["search"], route_class=UnitRoute, responses=PROBLEMS)


class Kept(BaseModel):
    """A saved search. `query` are parameters of GET /search: `q` is text, `literal` and the filters are lists."""

    id: str
    name: str
    query: dict[str, str | list[str]]
    created_at: datetime


class ToKeep(BaseModel):
    """`filters`: name of a filter of GET /search → its values."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "秋天的课", "q": "秋天", "filters": {"grade": ["3"]}}]}
    )

    name: str = Field("", max_length=100)
    q: str = Field("", max_length=200)
    literal: list[str] = Field([], max_length=10)
    filters: dict[str, list[str]] = Field({}, max_length=20)


class KeptId(BaseModel):
    """The id of a search that is kept."""

    id: str


@router.get("/searches", response_model=Page[Kept])
def listing(work: Reading) -> dict[str, Any]:
    """The caller's saved searches, newest first."""
    require_scope(work.caller, Scope.READ)
    return {"items": saved.listing(work), "next": None}


@router.post("/searches", status_code=201, response_model=KeptId)
def keep(work: Writing, body: ToKeep) -> dict[str, str]:
    """Keep a search: what becomes visible to the caller, be it by a partnership that begins, and is found by it is
    told on her pages. At most 30."""
    return {"id": saved.keep(work, body.name, body.q, body.filters, body.literal)}


@router.delete("/searches/{search_id}", status_code=204)
def forget(work: Writing, search_id: str) -> None:
    """Keep it no more: no notice comes of it."""
    saved.forget(work, search_id)
