"""/resources/{id}/files: attachments, their bytes, and what was made of them."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from service import departing
from service.answers import condition, not_modified
from service.api.ranges import parse_range
from service.api.safety import content_headers
from service.api.schemas import CONFLICT, PROBLEMS, STALE, FileOut, Page
from service.api.sending import Files, blocks
from service.http import Reading, UnitRoute, Writing, count_use
from service.library import contents, files, retrying
from service.library.contents import Content
from service.library.fields import Day
from service.work import Work

router = APIRouter(
    prefix="/resources/{resource_id}/files", tags=["files"], route_class=UnitRoute, responses=PROBLEMS
)

BLOCK = 960 * 1024
"""Less than what the C library takes from the system and gives back each time (`service.cli`): of 1 MiB a download of 1 GB took
1.4 s of the processor. Of 512 KiB it takes 0.7, since each block is handed from a thread to the loop: of this, 0.55."""


class AttachIn(BaseModel):
    """A finished upload."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"upload_id": "ID", "name": "教案.docx"}]}
    )

    upload_id: str = Field(max_length=40)
    name: str | None = Field(None, max_length=1000)
    shows_children: Literal["yes", "no", "unasked"] = "unasked"


class ConversionOut(BaseModel):
    """What becomes of a document or a film."""

    state: Literal["waiting", "running", "ready", "failed", "absent"] = Field(
        description="absent: this machine has no program for it."
    )
    step: int = Field(description="Under way or next, from 1.")
    steps: int
    doing: str = Field(description="The step in words; empty at the end.")
    reason: str = Field(description="Why it failed; empty otherwise.")
    pages: int | None = Field(description="Of the PDF.")


class AboutIn(BaseModel):
    """What only people know of a file. What is left out stays as it is."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"shows_children": "no", "alt": "操场上的旗杆"}]}
    )

    shows_children: Literal["yes", "no", "unasked"] | None = Field(
        None, description="`yes` needs the day of the guardians' consent."
    )
    consent_on: Day | None = None
    alt: str | None = Field(None, max_length=files.LONGEST_ALT, description="What a picture shows, in words.")


class AttachedOut(FileOut):
    """The File, and whether the draft had one of these bytes already: then it is that one, under its own name."""

    existing: bool


@router.post("", status_code=201, response_model=AttachedOut, responses=STALE | CONFLICT)
def attach(work: Writing, request: Request, resource_id: str, body: AttachIn) -> dict[str, Any]:
    """Add a finished upload to the draft. Equal bytes attached twice are one file: the answer is the former, `existing`."""
    found, new = files.attach(
        work,
        resource_id,
        body.upload_id,
        body.name,
        shows_children=body.shows_children,
        if_match=condition(request),
    )
    return found | {"existing": not new}


@router.get("", response_model=Page[FileOut])
def listing(work: Reading, resource_id: str, version: str | None = None) -> dict[str, Any]:
    """The files of the version that the caller may read."""
    return {"items": files.listing(work, resource_id, version), "next": None}


@router.delete("/{file_id}", status_code=204, responses=STALE | CONFLICT)
def detach(work: Writing, request: Request, resource_id: str, file_id: str) -> None:
    """Take a file out of the draft; published versions keep it."""
    files.detach(work, resource_id, file_id, condition(request))


@router.patch("/{file_id}", response_model=FileOut, responses=CONFLICT)
def describe(work: Writing, resource_id: str, file_id: str, body: AboutIn) -> dict[str, Any]:
    """Say what a picture shows, and whether it or a recording shows children. No `If-Match`: it stands by itself."""
    if body.alt is not None:
        files.describe(work, resource_id, file_id, body.alt)
    if body.shows_children is not None:
        files.answer_children(work, resource_id, file_id, body.shows_children, body.consent_on)
    return files.one(work, resource_id, file_id)


@router.get("/{file_id}/content", response_class=StreamingResponse, responses={206: {}, 304: {}, 416: {}})
@router.head("/{file_id}/content", include_in_schema=False)
def content(
    work: Reading, request: Request, resource_id: str, file_id: str, download: bool = False
) -> Response:
    """The bytes: Range, If-Range, strong ETag = sha256, `Repr-Digest`, RFC 6266 name. `download` is counted."""
    answer = send(work, request, contents.original(work, resource_id, file_id), download=download)
    first = _UNREACHED not in request.headers and answer.status_code == 200  # not the rest of a broken one
    if download and request.method == "GET" and first:
        return count_use(work, request, answer, resource_id, download=True)
    return answer


@router.get("/{file_id}/preview", response_class=StreamingResponse)
def preview(work: Reading, request: Request, resource_id: str, file_id: str) -> Response:
    """What a page can show at once: the picture of the first page, or the thumbnail."""
    return send(work, request, contents.preview(work, resource_id, file_id))


@router.get("/{file_id}/thumbnail", response_class=StreamingResponse)
def thumbnail(work: Reading, request: Request, resource_id: str, file_id: str) -> Response:
    """WebP, at most 480 px wide and high."""
    return send(work, request, contents.made(work, resource_id, file_id, "thumbnail"))


@router.get("/{file_id}/pages/{n}", response_class=StreamingResponse)
def page(
    work: Reading, request: Request, resource_id: str, file_id: str, n: Annotated[int, Path(ge=1, le=100_000)]
) -> Response:
    """The image of page `n`: WebP, 720 px wide."""
    return send(work, request, contents.made(work, resource_id, file_id, "page", n))


@router.get("/{file_id}/pdf", response_class=StreamingResponse)
@router.head("/{file_id}/pdf", include_in_schema=False)
def pdf(work: Reading, request: Request, resource_id: str, file_id: str) -> Response:
    """A document as PDF."""
    return send(work, request, contents.made(work, resource_id, file_id, "pdf"))


@router.get("/{file_id}/film", response_class=StreamingResponse, responses={206: {}, 304: {}, 416: {}})
@router.head("/{file_id}/film", include_in_schema=False)
def film(work: Reading, request: Request, resource_id: str, file_id: str, small: bool = False) -> Response:
    """What every browser plays (MP4, H.264, AAC), with Range; the file itself until that is made. `small`: for a slow
    line, where there is such a one."""
    return send(work, request, contents.film(work, resource_id, file_id, small=small))


@router.get("/{file_id}/conversion", response_model=ConversionOut)
def conversion(work: Reading, resource_id: str, file_id: str) -> dict[str, Any]:
    """How far the making of a document's pages, or of a film, has come. 404 for a file that needs none."""
    return contents.conversion(work, resource_id, file_id)


@router.post("/{file_id}/retry", status_code=204, responses=CONFLICT)
def retry(work: Writing, resource_id: str, file_id: str) -> None:
    """Read or convert a file once more after that failed. 409 where nothing failed."""
    retrying.retry(work, resource_id, file_id)


@router.get("/{file_id}/text", response_model=dict[str, Any])
def text(work: Reading, resource_id: str, file_id: str) -> dict[str, Any]:
    """The text by page, and the listing of an archive."""
    return contents.text(work, resource_id, file_id)


def send(work: Work, request: Request, found: Content, *, download: bool = False) -> Response:
    """Stream the bytes that were authorised. The stream opens before the answer begins, so that a missing object is
    still an error; no database session is held while it runs."""
    headers = content_headers(found, download=download)
    etag = headers["ETag"]
    if not_modified(request, etag):
        return Response(status_code=304, headers={"ETag": etag, "Cache-Control": headers["Cache-Control"]})
    span = parse_range(request.headers.get("range"), request.headers.get("if-range"), etag, found.size)
    if span is not None and span.stop <= span.start:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{found.size}"})
    start, stop = (span.start, span.stop) if span else (0, found.size)
    headers["Content-Length"] = str(stop - start)
    if span is not None:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{found.size}"
    status = 206 if span is not None else 200
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=headers["Content-Type"])
    understood = span is not None or "range" not in request.headers
    if work.settings.nginx and understood and not _OWN & set(request.headers):
        del headers["Accept-Ranges"]  # nginx says that itself
        return Response(status_code=status, headers=headers | _carried(work, found))
    source = contents.open_bytes(work, found, start, stop)
    if departing.sendable(source):
        return Files(departing.whole(source), status, headers, headers["Content-Type"])
    body = blocks(lambda: source.read(BLOCK) or None, source.close)
    return StreamingResponse(body, status, headers, media_type=headers["Content-Type"])


_UNREACHED = "x-objects-unreached"
"""Where nginx asks once more because it did not get the bytes: they leave from here, or it is said why not."""
_OWN = frozenset({"if-range", "if-match", "if-unmodified-since", "if-modified-since", _UNREACHED})
"""Headers of a request that nginx would judge by its own lights: such an answer, and one to a `Range` that is none,
leaves from here."""


def _carried(work: Work, found: Content) -> dict[str, str]:
    """What has nginx send the bytes itself; it takes these headers out."""
    inside = contents.internal(work, found)
    names = {"Authorization": "Authorization", "X-Amz-Date": "Date", "X-Amz-Content-SHA256": "Digest"}
    headers = {f"X-Objects-{names[name]}": value for name, value in inside.headers.items()}
    return headers | {"X-Accel-Redirect": inside.path, "Content-Length": "0"}
