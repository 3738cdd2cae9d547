"""/schools/{id}/export.zip: a school's own resources, to be taken elsewhere."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from service.api.safety import SANDBOX, disposition
from service.api.schemas import PROBLEMS
from service.api.sending import generated
from service.http import UnitRoute, backends, reading
from service.library import exporting

router = APIRouter(tags=["organisations"], route_class=UnitRoute, responses=PROBLEMS)


@router.get("/schools/{school_id}/export.zip", response_class=StreamingResponse)
def export(request: Request, school_id: str) -> Response:
    """The school's published resources with their files, for its administrator (scope `admin`), made while it is sent."""
    with reading(request) as work:
        found, caller = exporting.archive(work, school_id), work.caller
    with backends(request).writing(caller) as work:
        work.audit("school.export", school_id)
    headers = {
        "Content-Disposition": disposition(found.name, inline=False),
        "Content-Security-Policy": SANDBOX,
        "Cache-Control": "private, no-store",
    }
    return StreamingResponse(generated(found.blocks), 200, headers, media_type="application/zip")
