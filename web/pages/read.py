"""A resource's page, the text of its files, and what its readers may do with it."""

from fastapi import APIRouter, Request, Response

from service.errors import NotFound
from service.http import Reading, UnitRoute
from service.library import files, organisations, resources, sharing, versions
from service.permissions import require
from web import work as units
from web.forms import Form, text
from web.rendering import page, redirect

router = APIRouter(route_class=UnitRoute)


@router.get("/resources/{resource_id}")
def read(work: Reading, request: Request, resource_id: str, version: str | None = None) -> Response:
    """What it is at a glance, its content and files, and what the caller may do."""
    found, _etag = resources.view(work, resource_id, version)
    sight = require(work.session, work.caller, resource_id, work.now)
    source = None
    if found["adapted_from"]:
        source = _source(work, found["adapted_from"])
    return page(
        request,
        "resource.html",
        caller=work.caller,
        resource=found,
        sight=sight,
        history=versions.history(work, resource_id),
        waiting=sharing.waiting(work, resource_id) if sight.reviewer else [],
        source=source,
        version=version,
    )


def _source(work: Reading, resource_id: str) -> dict[str, object] | None:
    """The resource it was adapted from, where the reader may see it."""
    try:
        return resources.view(work, resource_id)[0]
    except NotFound:
        return None


@router.get("/resources/{resource_id}/files/{file_id}/text")
def file_text(work: Reading, request: Request, resource_id: str, file_id: str) -> Response:
    """The text of a file by page, for those who cannot open it, and the listing of an archive."""
    found, _etag = resources.view(work, resource_id)
    file = files.content(work, resource_id, file_id)
    return page(
        request,
        "file_text.html",
        caller=work.caller,
        resource=found,
        file=file,
        file_id=file_id,
        text=files.text(work, resource_id, file_id),
    )


@router.post("/resources/{resource_id}/submit")
def submit(request: Request, resource_id: str, form: Form) -> Response:
    """Send it to the school's administrator."""
    with units.writing(request) as work:
        versions.submit(work, resource_id)
    return redirect(f"/resources/{resource_id}", "submitted")


@router.post("/resources/{resource_id}/publish")
def publish(request: Request, resource_id: str, form: Form) -> Response:
    """Approve, or publish where the school waives review."""
    with units.writing(request) as work:
        versions.publish(work, resource_id)
    return redirect(
        "/reviews" if text(form, "back") == "reviews" else f"/resources/{resource_id}", "published"
    )


@router.post("/resources/{resource_id}/return")
def give_back(request: Request, resource_id: str, form: Form) -> Response:
    """Return it with a reason."""
    with units.writing(request) as work:
        versions.give_back(work, resource_id, text(form, "reason"))
    return redirect(
        "/reviews" if text(form, "back") == "reviews" else f"/resources/{resource_id}", "returned"
    )


@router.post("/resources/{resource_id}/remove")
def remove(request: Request, resource_id: str, form: Form) -> Response:
    """Withdraw what is published; put a draft into the bin."""
    with units.writing(request) as work:
        published = require(work.session, work.caller, resource_id, work.now).published
        resources.remove(work, resource_id)
    return redirect("/my", "withdrawn" if published else "binned")


@router.post("/resources/{resource_id}/restore")
def restore(request: Request, resource_id: str, form: Form) -> Response:
    """Undo either."""
    with units.writing(request) as work:
        resources.restore(work, resource_id)
    return redirect(f"/resources/{resource_id}", "restored")


@router.get("/partnerships")
def partnerships(work: Reading, request: Request) -> Response:
    """Who is paired with whom; one's own first."""
    own = (
        organisations.partnerships(work, organisation=work.caller.school_id) if work.caller.school_id else []
    )
    return page(
        request,
        "partnerships.html",
        caller=work.caller,
        own=own,
        pairs=organisations.partnerships(work, level="city"),
        schools=organisations.partnerships(work, level="school", status="active", limit=200),
    )


@router.post("/partnerships/{partnership_id}/{step}")
def move_partnership(request: Request, partnership_id: str, step: str, form: Form) -> Response:
    """Accept, suspend, resume or end a partnership of one's school."""
    if step not in ("accept", "suspend", "resume", "end"):
        raise NotFound("没有这个操作。")
    with units.writing(request) as work:
        organisations.move(work, partnership_id, step)
    return redirect("/partnerships", "partnership")
