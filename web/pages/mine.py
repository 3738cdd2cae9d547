"""My resources, by state, and the bin."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from service.errors import Unauthenticated
from service.http import Reading, UnitRoute
from service.library import listing
from web.rendering import page

router = APIRouter(route_class=UnitRoute)
TABS = {
    "": "全部",
    "draft": "草稿",
    "submitted": "待审核",
    "published": "已发布",
    "withdrawn": "已撤回",
    "bin": "回收站",
}


@router.get("/my")
def mine(
    work: Reading,
    request: Request,
    status: str = "",
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    """Newest change first."""
    if not work.caller.signed_in:
        raise Unauthenticated("请先登录。")
    if status == "bin":
        found = listing.Listing(listing.binned(work), None)
    else:
        filters = {"status": [status]} if status in TABS and status else {}
        found = listing.page(work, filters=filters, mine=True, cursor=cursor, limit=30)
    return page(request, "mine.html", caller=work.caller, listing=found, tab=status, tabs=TABS)
