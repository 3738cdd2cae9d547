"""/resources: metadata, versions and their life."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from service.answers import condition, link_pages, not_modified
from service.api.schemas import (
    CONFLICT,
    PRECONDITIONS,
    PROBLEMS,
    STALE,
    Page,
    ResourceItem,
    ResourceOut,
    as_json,
)
from service.http import Reading, UnitRoute, Writing, etag_of
from service.library import bykey, resources, versions
from service.library import listing as found
from service.library.fields import NewResource

router = APIRouter(prefix="/resources", tags=["resources"], route_class=UnitRoute, responses=PROBLEMS)

Kind = Literal["lesson_case", "joint_course", "training_material"]
Status = Literal["draft", "submitted", "published", "withdrawn"]
Many = Annotated[list[str], Query()]


class NewResourceIn(NewResource):
    """`kind` and `title` are needed; the school is the caller's."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "lesson_case",
                    "title": "秋天的雨",
                    "grade": "3",
                    "subject": "chinese",
                    "tags": ["秋天"],
                }
            ]
        }
    )

    adapted_from: str | None = Field(None, description="Id of the resource that this one is made from.")


@router.post("", status_code=201, response_model=ResourceOut)
def create(work: Writing, request: Request, response: Response, body: NewResourceIn) -> dict[str, Any]:
    """Make a draft. Only the caller sees it until it is shared."""
    data = body.model_dump(exclude_unset=True, exclude={"adapted_from"})
    resource_id = resources.create(work, data, adapted_from=body.adapted_from)
    response.headers["Location"] = f"{request.url.path}/{resource_id}"
    return _answer(work, response, resource_id)


def _answer(
    work: Reading | Writing, response: Response, resource_id: str, version: str | None = None
) -> dict[str, Any]:
    work.session.flush()
    found, etag = resources.view(work, resource_id, version)
    etag_of(response, etag)
    return found


@router.get("", response_model=Page[ResourceItem])
def listing(
    work: Reading,
    request: Request,
    kind: Annotated[list[Kind], Query()] = [],
    status: Annotated[list[Status], Query()] = [],
    school: Many = [],
    system: Many = [],
    stage: Many = [],
    grade: Many = [],
    subject: Many = [],
    edition: Many = [],
    volume: Many = [],
    type: Many = [],
    major: Many = [],
    mine: bool = False,
    deleted: bool = False,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 20,
) -> Any:
    """What the caller may see, newest change first. `mine`: made by the caller; `deleted`: the caller's bin."""
    if deleted:
        return {"items": found.binned(work), "next": None}
    filters: dict[str, list[str]] = {
        "kind": list(kind), "status": list(status), "school": school, "system": system, "stage": stage,
        "grade": grade, "subject": subject, "edition": edition, "volume": volume, "type": type, "major": major,
    }  # fmt: skip
    listing = found.page(work, filters=filters, mine=mine, cursor=cursor, limit=limit)
    answer = as_json({"items": listing.items, "next": listing.next})
    link_pages(request, answer, next={"cursor": listing.next} if listing.next else None)
    return answer


@router.put(
    "/by-key/{key}",
    response_model=ResourceOut,
    responses={201: {"model": ResourceOut}} | PRECONDITIONS | CONFLICT,
)
def put_by_key(
    work: Writing,
    request: Request,
    response: Response,
    key: Annotated[str, "the school's own id"],
    body: bykey.Keyed,
) -> dict[str, Any]:
    """Create or update by the school's own id. Unchanged content writes nothing."""
    must_be_new = request.headers.get("if-none-match") == "*"
    if_match = None if must_be_new else condition(request, required=True)
    resource_id, made = bykey.put(work, key, body, if_match=if_match, must_be_new=must_be_new)
    if made:
        response.status_code = 201
        response.headers["Location"] = f"/api/v1/resources/{resource_id}"
    return _answer(work, response, resource_id, "draft" if made else None)


@router.get("/{resource_id}", response_model=ResourceOut)
def read(
    work: Reading, request: Request, response: Response, resource_id: str, version: str | None = None
) -> Any:
    """What this caller may read: the newest published version, else the draft shared with her; `?version=draft`,
    `?version=3`."""
    found = _answer(work, response, resource_id, version)
    if not_modified(request, response.headers["ETag"]):
        return Response(status_code=304, headers={"ETag": response.headers["ETag"]})
    return found


@router.patch("/{resource_id}", response_model=ResourceOut, responses=PRECONDITIONS | CONFLICT)
def update(
    work: Writing,
    request: Request,
    response: Response,
    resource_id: str,
    body: Annotated[dict[str, Any], Body(openapi_examples={"title": {"value": {"title": "秋天的雨"}}})],
) -> dict[str, Any]:
    """Change the fields that are sent, on the draft; needs `If-Match`."""
    resources.update(work, resource_id, body, condition(request, required=True))
    return _answer(work, response, resource_id, "draft")


@router.delete("/{resource_id}", status_code=204, responses=STALE | CONFLICT)
def remove(work: Writing, request: Request, resource_id: str) -> None:
    """Withdraw what is published (it can be restored); a draft goes to the bin for 30 days."""
    resources.remove(work, resource_id, condition(request))


@router.get("/{resource_id}/versions", response_model=Page[dict[str, Any]])
def history(work: Reading, resource_id: str) -> dict[str, Any]:
    """The versions that the caller may read, newest first."""
    return {"items": versions.history(work, resource_id), "next": None}


class ReasonIn(BaseModel):
    """Why it is returned."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "请补充教学目标。"}]})

    reason: str = Field("", max_length=2000)


@router.post("/{resource_id}/submit", response_model=ResourceOut, responses=STALE | CONFLICT)
def submit(work: Writing, request: Request, response: Response, resource_id: str) -> dict[str, Any]:
    """Send the draft to the school's administrator."""
    versions.submit(work, resource_id, condition(request))
    return _answer(work, response, resource_id, "draft")


@router.post("/{resource_id}/publish", response_model=ResourceOut, responses=STALE | CONFLICT)
def publish(work: Writing, request: Request, response: Response, resource_id: str) -> dict[str, Any]:
    """Approve what was submitted, and the wider audiences that wait; readers have it from the answer on."""
    versions.publish(work, resource_id, condition(request))
    return _answer(work, response, resource_id)


@router.post("/{resource_id}/return", status_code=204, responses=STALE | CONFLICT)
def give_back(work: Writing, request: Request, resource_id: str, body: ReasonIn | None = None) -> None:
    """Return what was submitted, with a reason."""
    versions.give_back(work, resource_id, body.reason if body else "", condition(request))


@router.post("/{resource_id}/withdraw", status_code=204, responses=STALE | CONFLICT)
def withdraw(work: Writing, request: Request, resource_id: str) -> None:
    """Take a published resource back from its readers."""
    resources.withdraw(work, resource_id, condition(request))


@router.post("/{resource_id}/restore", response_model=ResourceOut, responses=CONFLICT)
def restore(work: Writing, response: Response, resource_id: str) -> dict[str, Any]:
    """Undo a withdrawal, or take a draft out of the bin."""
    resources.restore(work, resource_id)
    return _answer(work, response, resource_id)
