"""/resources/{id}/files.zip: all files of a version at once."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from service.api.safety import SANDBOX, disposition
from service.api.schemas import PROBLEMS
from service.api.sending import generated
from service.http import Reading, UnitRoute, count_use
from service.library import bundles

router = APIRouter(
    prefix="/resources/{resource_id}", tags=["files"], route_class=UnitRoute, responses=PROBLEMS
)


@router.get("/files.zip", response_class=StreamingResponse)
def download_all(work: Reading, request: Request, resource_id: str, version: str | None = None) -> Response:
    """All files of the version as one ZIP archive, made while it is sent; `Content-Length` where it is known."""
    found = bundles.bundle(work, resource_id, version)
    headers = {
        "Content-Disposition": disposition(found.name, inline=False),
        "Content-Security-Policy": SANDBOX,
        "Cache-Control": "private, no-store",
    }
    if found.size is not None:
        headers["Content-Length"] = str(found.size)
    answer = StreamingResponse(generated(found.blocks), 200, headers, media_type="application/zip")
    return count_use(work, request, answer, resource_id, download=True)
