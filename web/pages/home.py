"""Home: search first; then what she teaches, what is new from the partners, her drafts, what waits for her."""

from typing import Any

from fastapi import APIRouter, Request, Response

from service.http import Reading, UnitRoute
from service.library import listing, organisations, partnerships, profile, reports, versions
from service.work import Work
from web.rendering import page

router = APIRouter(route_class=UnitRoute)
SHOWN = 6


@router.get("/")
def home(work: Reading, request: Request) -> Response:
    """For visitors: what is public, and the six pairs of cities."""
    caller = work.caller
    partners = organisations.partner_schools(work)
    teaching = profile.teaching(work)
    return page(
        request,
        "home.html",
        caller=caller,
        partner_ids=partners,
        partners=_newest(work, school=sorted(partners)) if partners else [],
        latest=[] if partners else _newest(work),
        teaching=teaching,
        mine=_newest(work, subject=list(teaching.subjects), grade=list(teaching.grades)) if teaching else [],
        drafts=listing.page(work, filters={"status": ["draft", "submitted"]}, mine=True, limit=5).items
        if caller.signed_in
        else [],
        waiting=len(versions.queue(work)) if caller.reviews else 0,
        invited=_invited(work) if caller.reviews else [],
        reported=reports.waiting(work) if caller.reviews else 0,
        pairs=organisations.partnerships(work, level="city", status="active"),
    )


def _newest(work: Work, **filters: list[str]) -> list[dict[str, Any]]:
    return listing.page(work, filters={"status": ["published"], **filters}, limit=SHOWN).items


def _invited(work: Work) -> list[dict[str, Any]]:
    """Partnerships that the other side has proposed."""
    proposed, _total = partnerships.listing(work, status="proposed")
    return [pair for pair in proposed if "accept" in pair["moves"]]
