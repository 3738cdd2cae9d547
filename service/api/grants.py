"""/resources/{id}/grants and /audience: who may see it, and why."""

from typing import Any

from fastapi import APIRouter

from service.api.schemas import CONFLICT, PROBLEMS, GrantOut, Page
from service.http import Reading, UnitRoute, Writing
from service.library import audience, sharing

router = APIRouter(
    prefix="/resources/{resource_id}", tags=["sharing"], route_class=UnitRoute, responses=PROBLEMS
)


@router.get("/grants", response_model=Page[GrantOut])
def listing(work: Reading, resource_id: str) -> dict[str, Any]:
    """Grants that are not revoked and not over."""
    return {"items": sharing.listing(work, resource_id), "next": None}


@router.post("/grants", status_code=201, response_model=GrantOut, responses=CONFLICT)
def give(work: Writing, resource_id: str, body: sharing.Wanted) -> dict[str, Any]:
    """Open it to an audience. Audiences wider than one school partnership wait for the school's approval."""
    return sharing.give(work, resource_id, body)


@router.delete("/grants/{grant_id}", status_code=204, responses=CONFLICT)
def take_back(work: Writing, resource_id: str, grant_id: str) -> None:
    """Revoke at once."""
    sharing.take_back(work, resource_id, grant_id)


@router.get("/audience", response_model=dict[str, Any])
def account(work: Reading, resource_id: str) -> dict[str, Any]:
    """Who can see it and why, in a sentence and a table."""
    return audience.account(work, resource_id)
