"""通知: what others did that concerns the caller."""

from fastapi import APIRouter, Request, Response

from service.http import Reading, UnitRoute
from service.library import notices, noticing
from web import work as units
from web.forms import Form, text
from web.rendering import page, redirect

router = APIRouter(route_class=UnitRoute)


@router.get("/notices")
def listing(work: Reading, request: Request) -> Response:
    """Newest first."""
    return page(request, "notices.html", caller=work.caller, lines=noticing.listing(work))


@router.post("/notices/read")
def read(request: Request, form: Form) -> Response:
    """One of them (`id`), or all."""
    with units.writing(request) as work:
        notices.mark_read(work, text(form, "id"))
    return redirect("/notices")
