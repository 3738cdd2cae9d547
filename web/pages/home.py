"""Home: search first; then what is new from the partners, one's drafts, and what waits for one's decision."""

from fastapi import APIRouter, Request, Response

from service.http import Reading, UnitRoute
from service.library import listing, organisations, versions
from web.rendering import page

router = APIRouter(route_class=UnitRoute)


@router.get("/")
def home(work: Reading, request: Request) -> Response:
    """For visitors: what is public, and the six pairs of cities."""
    caller = work.caller
    latest = listing.page(work, filters={"status": ["published"]}, limit=8).items
    drafts = listing.page(work, filters={"status": ["draft", "submitted"]}, mine=True, limit=5).items
    return page(
        request,
        "home.html",
        caller=caller,
        latest=latest,
        partners=[item for item in latest if item["school"]["id"] != caller.school_id]
        if caller.school_id
        else [],
        drafts=drafts if caller.signed_in else [],
        waiting=len(versions.queue(work)) if caller.reviews else 0,
        pairs=organisations.partnerships(work, level="city", status="active"),
    )
