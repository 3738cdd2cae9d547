"""The first page of the administration: figures, each leading to its list."""

from fastapi import APIRouter, Request, Response

from service.http import Reading, UnitRoute
from service.library import administering, failures, integrity, reports, roster, storage_use
from web.pages.admin.frame import show

router = APIRouter(route_class=UnitRoute)


@router.get("/admin")
def overview(work: Reading, request: Request) -> Response:
    """What the caller administers, in figures."""
    within = administering.reach(work)
    return show(
        request,
        work,
        "overview.html",
        schools=administering.own_schools(work),
        people=roster.listing(work)[1],
        reports=reports.waiting(work),
        total=storage_use.total(work),
        withheld=integrity.count_withheld(work) if within.everything else 0,
        buried=failures.buried(work)[1] if within.everything else 0,
    )
