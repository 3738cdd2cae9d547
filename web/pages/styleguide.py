"""样式: every component in one place, for those who write pages. Development only."""

from fastapi import APIRouter, Request, Response

from service.errors import NotFound
from service.http import Reading, UnitRoute
from service.library import listing
from web.rendering import page

router = APIRouter(route_class=UnitRoute)


@router.get("/styleguide")
def styleguide(work: Reading, request: Request) -> Response:
    """Where `TONGKE_DEVELOPMENT` is set; elsewhere there is no such page."""
    if not work.settings.development:
        raise NotFound("没有找到这个页面。请核对地址，或从首页重新查找。")
    items = listing.page(work, limit=1).items
    return page(request, "styleguide.html", caller=work.caller, item=items[0] if items else None)
