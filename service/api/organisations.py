"""/schools, /partnerships, /teams, /vocabularies: who is paired with whom, who works with whom, and the codes."""

from datetime import date, datetime, time
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from service.answers import link_pages
from service.api.schemas import CONFLICT, PROBLEMS, Page
from service.http import Reading, UnitRoute, Writing
from service.library import cursors, organisations, teams, vocabulary
from service.library import partnerships as pairs
from service.library.fields import Day, Instant
from service.work import SHANGHAI

router = APIRouter(tags=["organisations"], route_class=UnitRoute, responses=PROBLEMS)

Cursor = Annotated[str | None, Query(max_length=4000)]
Code = Annotated[str, Field(max_length=40)]
"""An id or a code of a vocabulary. The bound also keeps out lone surrogates, which no database takes."""
Limit = Annotated[int, Query(ge=1, le=200)]


@router.get("/vocabularies", response_model=dict[str, Any])
def vocabularies(response: Response) -> dict[str, Any]:
    """Codes, labels and aliases of every vocabulary."""
    response.headers["Cache-Control"] = "public, max-age=3600"
    return vocabulary.as_json()


@router.get("/schools", response_model=Page[dict[str, Any]])
def schools(
    work: Reading,
    request: Request,
    response: Response,
    city: str | None = None,
    q: Annotated[str, Query(max_length=100)] = "",
    cursor: Cursor = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """Schools by pinyin; `q` finds a part of the name, former names too."""
    after = "".join(cursors.decode(cursor, str)) if cursor is not None else ""
    rows = organisations.schools(work, city=city, text=q.strip(), after=after, limit=limit + 1)
    items = [organisations.school_shape(school, city_name) for school, city_name in rows[:limit]]
    more = len(rows) > limit
    last = rows[limit - 1][0] if more else None
    following = cursors.encode(last.name_order, last.id) if last else None
    link_pages(request, response, next={"cursor": following} if following else None)
    return {"items": items, "next": following}


@router.get("/partnerships", response_model=Page[dict[str, Any]])
def partnerships(
    work: Reading,
    request: Request,
    response: Response,
    organisation: str | None = None,
    level: Literal["city", "county", "school"] | None = None,
    status: Literal["proposed", "active", "suspended", "ended"] | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """Who is paired with whom."""
    after = cursors.decode(cursor, str)[1] if cursor is not None else ""
    found = pairs.listing(
        work, organisation=organisation, level=level, status=status, after=after, limit=limit + 1
    )
    more = len(found) > limit
    following = cursors.encode("", found[limit - 1]["id"]) if more else None
    link_pages(request, response, next={"cursor": following} if following else None)
    return {"items": found[:limit], "next": following}


class PartnershipIn(BaseModel):
    """A school partnership; starts and ends are days in Asia/Shanghai, `ends` the first day no longer in force."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"helper": "ID", "aided": "ID", "starts": "2026-09-01", "subjects": ["chinese"]}]
        },
    )

    helper: Code
    aided: Code
    starts: Day
    ends: Day | None = None
    stages: list[Code] = Field(default_factory=list, max_length=100)
    subjects: list[Code] = Field(default_factory=list, max_length=100)


@router.post("/partnerships", status_code=201, response_model=dict[str, Any], responses=CONFLICT)
def propose(work: Writing, body: PartnershipIn) -> dict[str, Any]:
    """A school's administrator proposes; the other school's accepts."""
    partnership_id = pairs.propose(
        work,
        body.helper,
        body.aided,
        _midnight(body.starts),
        _midnight(body.ends) if body.ends else None,
        body.stages,
        body.subjects,
    )
    return pairs.one(work, partnership_id)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI)


@router.post("/partnerships/{partnership_id}/{step}", response_model=dict[str, Any], responses=CONFLICT)
def move(
    work: Writing, partnership_id: str, step: Literal["accept", "suspend", "resume", "end"]
) -> dict[str, Any]:
    """Accept a proposal; suspend, resume or end a partnership, at once. Who suspended it resumes it."""
    pairs.move(work, partnership_id, step)
    return pairs.one(work, partnership_id)


@router.get("/teams", response_model=Page[dict[str, Any]])
def my_teams(work: Reading) -> dict[str, Any]:
    """The teams that the caller is in."""
    return {"items": teams.listing(work), "next": None}


class TeamIn(BaseModel):
    """团队: the caller leads it; `members` are person ids."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "三年级语文教学团队", "kind": "teaching"}]}
    )

    name: str = Field(max_length=100)
    kind: str = Field("teaching", max_length=16)
    members: list[Code] = Field(default_factory=list, max_length=200)
    starts: Instant | None = None
    ends: Instant | None = None


@router.post("/teams", status_code=201, response_model=dict[str, Any])
def create_team(work: Writing, body: TeamIn) -> dict[str, Any]:
    """A team that writes together; share a draft with `team:ID`."""
    team_id = teams.create(work, body.name, body.kind, body.members, starts=body.starts, ends=body.ends)
    return teams.one(work, team_id)
