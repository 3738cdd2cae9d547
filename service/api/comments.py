"""/resources/{resource_id}/comments: what those who may comment on a resource say about it."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from service.answers import link_pages
from service.api.schemas import PROBLEMS, Page, as_json
from service.http import Reading, UnitRoute, Writing
from service.library import comments

router = APIRouter(
    prefix="/resources/{resource_id}/comments", tags=["sharing"], route_class=UnitRoute, responses=PROBLEMS
)


class CommentOut(BaseModel):
    """评论."""

    id: str
    by: str | None = Field(description="Its writer's name; null for who is no more.")
    own: bool = Field(description="The caller wrote it.")
    removable: bool = Field(description="The caller may remove it.")
    text: str
    at: datetime


class CommentIn(BaseModel):
    """What is said."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": "导入部分可以再短一些。"}]})

    text: str = Field(max_length=comments.LONGEST)


class CommentId(BaseModel):
    """The id of what was said."""

    id: str


@router.get("", response_model=Page[CommentOut])
def listing(
    work: Reading,
    request: Request,
    resource_id: str,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = comments.AT_ONCE,
) -> Response:
    """The newest first, for a person with the role of a commenter or more, and the administrators of its school."""
    found = comments.listing(work, resource_id, cursor, limit)
    answer = as_json({"items": found.items, "next": found.next})
    link_pages(request, answer, next={"cursor": found.next} if found.next else None)
    return answer


@router.post("", status_code=201, response_model=CommentId)
def write(work: Writing, resource_id: str, body: CommentIn) -> dict[str, Any]:
    """Say something. Its authors, and who spoke before and may still read it, are told on their pages."""
    return {"id": comments.write(work, resource_id, body.text)}


@router.delete("/{comment_id}", status_code=204)
def remove(work: Writing, resource_id: str, comment_id: str) -> None:
    """Take it back: who wrote it, a manager of the resource, an administrator of its school."""
    comments.remove(work, resource_id, comment_id)
