"""/resources/{id}/grants and /audience: who may see it, and why."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from service.api.schemas import PROBLEMS, GrantOut, Page
from service.http import Reading, Writing
from service.library import audience, sharing

router = APIRouter(prefix="/resources/{resource_id}", tags=["sharing"], responses=PROBLEMS)


class GrantIn(BaseModel):
    """An audience and what it may do, over [not_before, expires_at)."""

    model_config = ConfigDict(extra="forbid")

    audience: Annotated[str, Field(max_length=40)] = Field(
        description="public | paired | link | city:ID | county:ID | pair:ID | school:ID | team:ID | person:ID"
    )
    role: Literal["viewer", "commenter", "editor", "manager"] = "viewer"
    not_before: AwareDatetime | None = None
    expires_at: AwareDatetime | None = None


@router.get("/grants", response_model=Page[GrantOut])
def listing(work: Reading, resource_id: str) -> dict[str, Any]:
    """Grants that are not revoked and not over."""
    return {"items": sharing.listing(work, resource_id), "next": None}


@router.post("/grants", status_code=201, response_model=GrantOut)
def give(work: Writing, resource_id: str, body: GrantIn) -> dict[str, Any]:
    """Open it to an audience. Audiences wider than one school partnership wait for the school's approval."""
    return sharing.give(
        work,
        resource_id,
        body.audience,
        body.role,
        not_before=body.not_before,
        expires_at=body.expires_at,
    )


@router.delete("/grants/{grant_id}", status_code=204)
def take_back(work: Writing, resource_id: str, grant_id: str) -> None:
    """Revoke at once."""
    sharing.take_back(work, resource_id, grant_id)


@router.get("/audience", response_model=dict[str, Any])
def account(work: Reading, resource_id: str) -> dict[str, Any]:
    """Who can see it and why, in a sentence and a table."""
    return audience.account(work, resource_id)
