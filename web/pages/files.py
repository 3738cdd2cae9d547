"""What surrounds a resource's files: a PDF opened in the page, captions, the whole as ZIP, the page's QR code."""

import io
from typing import Annotated

import segno
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from service.errors import Malformed, NotFound
from service.http import Reading, UnitRoute, site
from service.library import captions, contents, packages, playing, previews, resources, retrying
from service.library.derived import PAGE_IMAGES
from service.permissions import require
from web import work as units
from web.addresses import keeping_link
from web.forms import Form
from web.headers import PAGE_POLICY
from web.rendering import page, redirect

router = APIRouter(prefix="/resources/{resource_id}", route_class=UnitRoute)
LONGEST = 500
"""Characters of an address that is drawn; a host's name has at most 253 (RFC 1035 2.3.4)."""


@router.get("/files.zip")
def download_all(work: Reading, resource_id: str, version: str | None = None) -> Response:
    """All files at once; the interface has them (api.md)."""
    at = keeping_link(work.caller)
    return RedirectResponse(at(f"/api/v1/resources/{resource_id}/files.zip", version=version), 307)


@router.get("/qr.svg")
def qr(work: Reading, request: Request, resource_id: str) -> Response:
    """The address of the resource's page as a QR code (ISO/IEC 18004), for those who may see the page."""
    require(work.session, work.caller, resource_id, work.now)
    address = site(work, request) + keeping_link(work.caller)(f"/resources/{resource_id}")
    if len(address) > LONGEST:
        raise Malformed(
            "这个地址太长，画不成二维码。请从正常的地址打开。", english="The address is too long."
        )
    drawn = io.BytesIO()
    segno.make_qr(address, error="m").save(
        drawn, kind="svg", scale=4, border=4, dark="#000", light="#fff", nl=False
    )
    return Response(drawn.getvalue(), media_type="image/svg+xml")


@router.get("/files/{file_id}/text")
def text(work: Reading, request: Request, resource_id: str, file_id: str) -> Response:
    """The text of a file by page, for those who cannot open it, and the listing of an archive."""
    found, _etag = resources.view(work, resource_id)
    return page(
        request,
        "file_text.html",
        caller=work.caller,
        resource=found,
        file=contents.original(work, resource_id, file_id),
        file_id=file_id,
        text=contents.text(work, resource_id, file_id),
        at=keeping_link(work.caller),
    )


@router.get("/files/{file_id}/view")
def view(work: Reading, request: Request, resource_id: str, file_id: str) -> Response:
    """A PDF in the page: drawn by pdf.js, and without script its page images with their text."""
    found, _etag = resources.view(work, resource_id)
    file = contents.original(work, resource_id, file_id)
    if file.media_type != "application/pdf":
        raise NotFound(
            "只有 PDF 可以在页面内打开。其他附件请下载后查看，或看它的文字版。",
            english="Only a PDF opens in the page. Download the file, or read its text.",
        )
    shown = {"id": file_id, "name": file.name, "media_type": file.media_type}
    return page(
        request,
        "file_view.html",
        caller=work.caller,
        resource=found,
        file=file,
        file_id=file_id,
        preview=previews.of(work, resource_id, [shown], PAGE_IMAGES)[file_id],
        at=keeping_link(work.caller),
    )


@router.get("/files/{file_id}/play")
def play(
    work: Reading,
    request: Request,
    resource_id: str,
    file_id: str,
    n: Annotated[int, Query(ge=1, le=packages.PAGES)] = 1,
) -> Response:
    """A learning package in a frame without our origin; `n` is the page of those that it offers."""
    found, _etag = resources.view(work, resource_id)
    file = contents.original(work, resource_id, file_id)
    pages = packages.starts(work, file)
    if n > len(pages):
        raise NotFound("这个课件包没有这么多页。", english="The package has fewer pages.")
    origin = work.settings.play_origin.rstrip("/")
    ticket = playing.ticket(work, resource_id, file_id)
    return page(
        request,
        "file_play.html",
        caller=work.caller,
        headers={
            "Content-Security-Policy": PAGE_POLICY.replace(
                "frame-src 'self'", f"frame-src 'self' {origin}".rstrip()
            )
        },
        resource=found,
        file=file,
        file_id=file_id,
        pages=pages,
        n=n,
        source=f"{origin}/api/v1/play/{ticket}/{pages[n - 1].href}",
        sandbox="allow-scripts allow-same-origin" if origin else "allow-scripts",
        at=keeping_link(work.caller),
    )


@router.post("/files/{file_id}/retry")
def retry(request: Request, resource_id: str, file_id: str, form: Form) -> Response:
    """Read or convert a file once more."""
    with units.writing(request) as work:
        retrying.retry(work, resource_id, file_id)
    return redirect(f"/resources/{resource_id}", "retried")


@router.get("/files/{file_id}/captions.vtt")
def captions_vtt(work: Reading, resource_id: str, file_id: str) -> Response:
    """A caption file, SubRip or WebVTT, as the WebVTT that players take."""
    return Response(
        captions.vtt(captions.cues(work, resource_id, file_id)), media_type="text/vtt; charset=utf-8"
    )
