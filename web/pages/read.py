"""What is done with a resource from its page."""

from fastapi import APIRouter, Request, Response

from service.errors import Stale
from service.http import UnitRoute
from service.library import adapting, resources, versions
from service.library.resources import Condition
from service.permissions import require
from web import work as units
from web.forms import Form, text
from web.rendering import redirect

router = APIRouter(route_class=UnitRoute)


@router.post("/resources/{resource_id}/submit")
def submit(request: Request, resource_id: str, form: Form) -> Response:
    """Send it to the school's administrator."""
    with units.writing(request) as work:
        versions.submit(work, resource_id)
    return redirect(f"/resources/{resource_id}", "submitted")


def _as_shown(form: Form) -> Condition:
    """That the resource is still as the page showed it (`etag`): nobody approves what she has not seen."""

    def check(etag: str) -> None:
        if text(form, "etag") not in ("", etag):
            raise Stale("在您审核期间，作者又改动了这份资源。", english="It was changed meanwhile.")

    return check


def _look_again(form: Form, resource_id: str) -> Response:
    if text(form, "back") == "reviews":
        return redirect("/reviews", "changed", show=resource_id)
    return redirect(f"/resources/{resource_id}", "changed", version="draft")


@router.post("/resources/{resource_id}/publish")
def publish(request: Request, resource_id: str, form: Form) -> Response:
    """Approve, or publish where the school waives review."""
    try:
        with units.writing(request) as work:
            versions.publish(work, resource_id, _as_shown(form))
    except Stale:
        return _look_again(form, resource_id)
    return redirect(
        "/reviews" if text(form, "back") == "reviews" else f"/resources/{resource_id}", "published"
    )


@router.post("/resources/{resource_id}/return")
def give_back(request: Request, resource_id: str, form: Form) -> Response:
    """Return it with a reason."""
    try:
        with units.writing(request) as work:
            versions.give_back(work, resource_id, text(form, "reason"), _as_shown(form))
    except Stale:
        return _look_again(form, resource_id)
    return redirect(
        "/reviews" if text(form, "back") == "reviews" else f"/resources/{resource_id}", "returned"
    )


@router.post("/resources/{resource_id}/adapt")
def adapt(request: Request, resource_id: str, form: Form) -> Response:
    """Make a draft of one's own school from it."""
    made = adapting.adapt(lambda: units.reading(request), lambda: units.writing(request), resource_id)
    return redirect(f"/resources/{made.id}/edit", "adapted-part" if made.left_out else "adapted")


@router.post("/resources/{resource_id}/remove")
def remove(request: Request, resource_id: str, form: Form) -> Response:
    """Withdraw what is published; put a draft into the bin."""
    with units.writing(request) as work:
        published = require(work.session, work.caller, resource_id, work.now).published
        resources.remove(work, resource_id)
    return redirect("/my", "withdrawn" if published else "binned", undo=resource_id)


@router.post("/resources/{resource_id}/restore")
def restore(request: Request, resource_id: str, form: Form) -> Response:
    """Undo either."""
    with units.writing(request) as work:
        resources.restore(work, resource_id)
    return redirect(f"/resources/{resource_id}", "restored")
