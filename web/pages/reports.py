"""反映问题: a reader says what is wrong; who can mend it answers."""

from fastapi import APIRouter, Request, Response

from service.http import Reading, UnitRoute
from service.library import reports
from web import work as units
from web.forms import Form, text
from web.pages.admin.frame import show
from web.rendering import redirect

router = APIRouter(route_class=UnitRoute)


@router.post("/resources/{resource_id}/report")
def report(request: Request, resource_id: str, form: Form) -> Response:
    """Tell those who can mend it."""
    with units.writing(request) as work:
        reports.report(work, resource_id, text(form, "reason"), text(form, "text"))
    return redirect(f"/resources/{resource_id}", "reported")


@router.post("/reports/{report_id}/settle")
def settle(request: Request, report_id: str, form: Form) -> Response:
    """Answer it."""
    with units.writing(request) as work:
        resource_id = reports.settle(work, report_id, text(form, "answer"))
    back = "/admin/reports" if text(form, "back") == "reports" else f"/resources/{resource_id}"
    return redirect(back, "settled")


@router.get("/admin/reports")
def waiting(work: Reading, request: Request) -> Response:
    """What nobody has answered yet in the schools that the caller administers."""
    return show(request, work, "reports.html", reports=reports.to_administer(work))
