"""/embed: what other sites ask through a school's key; and the keys, for the school's administrator."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from service.answers import condition, not_modified
from service.api.schemas import PRECONDITIONS, PROBLEMS, Page, as_json, problems
from service.api.search import Many, Relaxation
from service.http import Reading, UnitRoute, Writing, answered, asking, etag_of, site
from service.library import embed_keys, embedding
from service.library.embedding import Opened

router = APIRouter(tags=["embedding"], route_class=UnitRoute, responses=PROBLEMS)
THROUGH = problems(_410="The key was revoked.", _429="Too often; see Retry-After.")


class Place(BaseModel):
    """The school that a card names."""

    name: str
    city: str | None


class Card(BaseModel):
    """What another site shows of a public resource. `place` are words (年级, 学科 …), `highlights` escaped HTML with hits
    in `<mark>`."""

    id: str
    url: str
    kind: str
    title: str
    summary: str
    place: list[str]
    school: Place
    updated_at: str
    highlights: dict[str, str]


class Cards(BaseModel):
    """A page of hits; `total` is null while counts are being updated."""

    total: int | None
    page: int
    items: list[Card]
    relaxed: list[Relaxation]


@router.get("/embed/{key}/search", response_model=Cards, responses=THROUGH)
def search(
    request: Request,
    key: str,
    kind: Many = [],
    stage: Many = [],
    grade: Many = [],
    subject: Many = [],
    type: Many = [],
    school: Many = [],
    q: Annotated[str, Query(max_length=2000)] = "",
    sort: Literal["relevance", "newest"] = "relevance",
    page: Annotated[int, Query(ge=1, le=500)] = 1,
    per_page: Annotated[int, Query(ge=1, le=50)] = 10,
) -> Response:
    """Search what is public, within what the key's school chose; CORS for the key's origins."""
    asked = {"kind": kind, "stage": stage, "grade": grade, "subject": subject, "type": type, "school": school}
    with asking(request, key, request.headers.get("origin")) as (work, opened):
        found = embedding.search(
            work, opened.key, site(work, request), q, asked, sort=sort, page=page, per_page=per_page
        )
        return _shared(request, found, opened)


@router.get("/embed/{key}/resources/{resource_id}", response_model=Card, responses=THROUGH)
def resource(request: Request, key: str, resource_id: str) -> Response:
    """One public resource, for a card on another site."""
    with asking(request, key, request.headers.get("origin")) as (work, opened):
        return _shared(
            request, embedding.resource(work, opened.key, site(work, request), resource_id), opened
        )


def _shared(request: Request, found: dict[str, Any], opened: Opened) -> Response:
    """The answer, readable by the origin that asked: `admit` has let it through."""
    answer = as_json(found)
    answer.headers["Vary"] = "Origin"
    if (origin := request.headers.get("origin")) is not None:
        answer.headers["Access-Control-Allow-Origin"] = origin
        answer.headers["Access-Control-Expose-Headers"] = "RateLimit, RateLimit-Policy, Retry-After"
    return answered(request, answer, opened)


# Keys --------------------------------------------------------------------------------------------------------------


class Used(BaseModel):
    """In the last 30 days."""

    answered: int
    refused: int
    last_day: str | None


class EmbedKeyOut(BaseModel):
    """嵌入密钥. It is no secret: it stands in the pages of the school's web site."""

    key: str
    school_id: str
    name: str
    origins: list[str]
    within: Literal["all", "school", "partnership"]
    partnership_id: str | None
    subjects: list[str]
    per_minute: int
    created_at: str
    revoked_at: str | None
    used: Used


KEYS = "/schools/{school_id}/embed-keys"


@router.get(KEYS, response_model=Page[EmbedKeyOut])
def listing(work: Reading, school_id: str) -> dict[str, Any]:
    """The school's keys and how often they were used; for its administrator (scope `admin`)."""
    return {"items": embed_keys.listing(work, school_id), "next": None}


@router.post(KEYS, status_code=201, response_model=EmbedKeyOut)
def create(
    work: Writing, request: Request, response: Response, school_id: str, body: embed_keys.Wanted
) -> Any:
    """Make a key."""
    key = embed_keys.create(work, school_id, body)
    response.headers["Location"] = f"{request.url.path}/{key}"
    return _one(work, response, school_id, key)


def _one(work: Reading | Writing, response: Response, school_id: str, key: str) -> dict[str, Any]:
    work.session.flush()
    found, etag = embed_keys.one(work, school_id, key)
    etag_of(response, etag)
    return found


@router.get(KEYS + "/{key}", response_model=EmbedKeyOut)
def read(work: Reading, request: Request, response: Response, school_id: str, key: str) -> Any:
    """One key."""
    found = _one(work, response, school_id, key)
    if not_modified(request, response.headers["ETag"]):
        return Response(status_code=304, headers={"ETag": response.headers["ETag"]})
    return found


@router.put(KEYS + "/{key}", response_model=EmbedKeyOut, responses=PRECONDITIONS)
def replace(
    work: Writing, request: Request, response: Response, school_id: str, key: str, body: embed_keys.Wanted
) -> dict[str, Any]:
    """Other origins, limits or name; needs `If-Match`. Counts from the next question on."""
    embed_keys.change(work, school_id, key, body, condition(request, required=True))
    return _one(work, response, school_id, key)


@router.delete(KEYS + "/{key}", status_code=204)
def revoke(work: Writing, school_id: str, key: str) -> None:
    """Revoke it, at once and for good."""
    embed_keys.revoke(work, school_id, key)
