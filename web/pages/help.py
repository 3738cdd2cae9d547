"""帮助: how the usual things are done, in a few words and pictures."""

from fastapi import APIRouter, Request, Response

from service.http import Reading, UnitRoute
from web.rendering import page

router = APIRouter(route_class=UnitRoute)


@router.get("/help")
def guide(work: Reading, request: Request) -> Response:
    """Open to everybody."""
    return page(request, "help.html", caller=work.caller)
