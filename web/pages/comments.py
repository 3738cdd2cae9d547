"""评论: said, and taken back, on the resource's page."""

from fastapi import APIRouter, Request, Response

from service.http import UnitRoute
from service.library import comments
from web import work as units
from web.addresses import link_of
from web.forms import Form, text
from web.rendering import redirect

router = APIRouter(prefix="/resources/{resource_id}/comments", route_class=UnitRoute)


@router.post("")
def write(request: Request, resource_id: str, form: Form) -> Response:
    """Say something."""
    with units.writing(request) as work:
        comments.write(work, resource_id, text(form, "text"))
        link = link_of(work.caller)
    return redirect(f"/resources/{resource_id}", "commented", part="comments", **link)


@router.post("/{comment_id}/remove")
def remove(request: Request, resource_id: str, comment_id: str) -> Response:
    """Take it back."""
    with units.writing(request) as work:
        comments.remove(work, resource_id, comment_id)
        link = link_of(work.caller)
    return redirect(f"/resources/{resource_id}", "uncommented", part="comments", **link)
