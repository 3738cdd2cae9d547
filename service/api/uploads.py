"""/uploads: tus 1.0.0 (tus.io/protocols/resumable-upload), and the limits told before an upload begins."""

from dataclasses import asdict
from functools import partial
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from service.api import tus
from service.api.pump import receive
from service.api.schemas import PROBLEMS
from service.errors import Malformed, TongkeError
from service.http import CHANGES, Backends, Reading, authenticate, backends, check_csrf
from service.library import receiving, uploads
from service.library.derived import Opens
from service.library.uploads import State
from service.permissions import Caller

router = APIRouter(prefix="/uploads", tags=["uploads"], route_class=tus.TusRoute, responses=PROBLEMS)

REFUSALS: dict[int | str, dict[str, Any]] = {
    status: PROBLEMS[404] | {"description": words}
    for status, words in (
        (400, "A header is missing or wrong."),
        (408, "The body stopped arriving; what came is kept."),
        (409, "Not the upload's offset; `Upload-Offset` says which."),
        (410, "Expired."),
        (412, "Not tus 1.0.0."),
        (413, "Larger than a file may be, or than the school's space."),
        (415, "Not application/offset+octet-stream."),
        (423, "Another request is writing it."),
        (460, "The bytes do not match Upload-Checksum; none were kept."),
        (507, "The server has no storage left."),
    )
}


def _refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    return {status: REFUSALS[status] for status in (412, *statuses)}


def _headers(**described: str) -> list[dict[str, Any]]:
    """OpenAPI parameters: tus speaks in headers. A name that ends in `_` is optional."""
    described = {"Tus_Resumable": tus.VERSION} | described
    return [
        {
            "name": name.rstrip("_").replace("_", "-"),
            "in": "header",
            "required": not name.endswith("_"),
            "description": words,
            "schema": {"type": "string"},
        }
        for name, words in described.items()
    ]


_BYTES = {"content": {tus.CONTENT_TYPE: {"schema": {"type": "string", "format": "binary"}}}}


class LimitsOut(BaseModel):
    """What the caller's school may upload; sizes in bytes."""

    max_size: int = Field(description="Of one file.")
    quota: int
    used: int = Field(description="Files kept, and uploads under way.")
    remaining: int
    chunk_size: int = Field(description="Advised length of one PATCH.")
    expires_days: int = Field(description="Days that an upload may take.")


@router.options("", status_code=204)
@router.options("/{upload_id}", status_code=204, include_in_schema=False)
def options(request: Request) -> Response:
    """What this server can do; needs no sign-in."""
    with backends(request).reading() as work:
        return Response(status_code=204, headers=tus.abilities(work.settings.max_upload_bytes))


@router.get("", response_model=LimitsOut)
def limits(work: Reading) -> dict[str, int]:
    """The limits for the caller's school, to be told before a file is chosen."""
    return asdict(uploads.limits(work))


@router.post(
    "",
    status_code=201,
    responses=_refusals(400, 408, 413, 415, 460, 507),
    openapi_extra={
        "parameters": _headers(
            Upload_Length="Bytes of the whole file.",
            Upload_Metadata_="`filename` and its name in Base64.",
            Upload_Checksum_="Algorithm and Base64, where bytes come along.",
        ),
        "requestBody": _BYTES,
    },
)
async def create(request: Request) -> Response:
    """Begin an upload, with its first bytes if there are any; `Location` says where it goes on."""
    length, checksum = tus.length(request), tus.checksum(request)
    has_body = tus.has_body(request)
    upload_metadata = request.headers.get("upload-metadata", "")
    name = tus.metadata(upload_metadata).get("filename", "")
    caller = await to_thread.run_sync(_caller, request)
    reading, writing = partial(backends(request).reading, caller), _writing(request, caller)
    state = await to_thread.run_sync(
        uploads.create, reading, writing, length, name, upload_metadata, limiter=CHANGES
    )
    if has_body:
        try:
            state = await _receive(request, writing, state.id, 0, checksum)
        except TongkeError:
            # Its address was never told, so nobody could go on with it.
            await to_thread.run_sync(uploads.terminate, writing, state.id, limiter=CHANGES)
            raise
    elif length == 0:
        state = await to_thread.run_sync(receiving.settle, writing, state.id, limiter=CHANGES)
    headers = tus.progress(state) | {"Location": f"{request.url.path.rstrip('/')}/{state.id}"}
    return Response(status_code=201, headers=headers)


@router.head(
    "/{upload_id}",
    responses=_refusals(410, 423),
    openapi_extra={"parameters": _headers()},
)
async def head(request: Request, upload_id: str) -> Response:
    """Where to go on: `Upload-Offset` bytes are durable."""
    caller = await to_thread.run_sync(_caller, request)
    state = await to_thread.run_sync(_state, backends(request), caller, upload_id, limiter=CHANGES)
    headers = tus.progress(state) | {"Upload-Length": str(state.length)}
    if state.upload_metadata:
        headers["Upload-Metadata"] = state.upload_metadata
    return Response(status_code=200, headers=headers)


@router.patch(
    "/{upload_id}",
    status_code=204,
    responses=_refusals(400, 408, 409, 410, 413, 415, 423, 460, 507),
    openapi_extra={
        "parameters": _headers(
            Upload_Offset="Where the bytes begin.", Upload_Checksum_="Algorithm and Base64."
        ),
        "requestBody": _BYTES,
    },
)
async def patch(request: Request, upload_id: str) -> Response:
    """Send bytes. They are durable part by part, so that a broken connection loses next to nothing."""
    tus.require_body(request)
    offset, checksum = tus.number(request, "Upload-Offset"), tus.checksum(request)
    writing = _writing(request, await to_thread.run_sync(_caller, request))
    state = await _receive(request, writing, upload_id, offset, checksum)
    return Response(status_code=204, headers=tus.progress(state))


@router.delete(
    "/{upload_id}", status_code=204, responses=_refusals(410, 423), openapi_extra={"parameters": _headers()}
)
async def delete(request: Request, upload_id: str) -> Response:
    """Cancel it; what was received goes."""
    writing = _writing(request, await to_thread.run_sync(_caller, request))
    await to_thread.run_sync(uploads.terminate, writing, upload_id, limiter=CHANGES)
    return Response(status_code=204)


@router.post("/{upload_id}", include_in_schema=False)
async def override(request: Request, upload_id: str) -> Response:
    """PATCH and DELETE for clients behind a proxy that knows neither (X-HTTP-Method-Override)."""
    wanted = request.headers.get("x-http-method-override", "").upper()
    if wanted == "PATCH":
        return await patch(request, upload_id)
    if wanted == "DELETE":
        return await delete(request, upload_id)
    raise Malformed(
        "这个地址只接受 PATCH 和 DELETE。请在 X-HTTP-Method-Override 中写明是哪一个。",
        english="Only PATCH and DELETE can be named in X-HTTP-Method-Override here.",
    )


async def _receive(
    request: Request, writing: Opens, upload_id: str, offset: int, checksum: receiving.Checksum | None
) -> State:
    begun = await to_thread.run_sync(receiving.begin, writing, upload_id, offset, checksum, limiter=CHANGES)
    return await receive(request, begun)


def _caller(request: Request) -> Caller:
    """Who asks is found once, in a short session of its own: none is held while bytes arrive."""
    check_csrf(request, request.headers.get("x-csrf-token", ""))
    with backends(request).reading() as work:
        return authenticate(work, request)


def _writing(request: Request, caller: Caller) -> Opens:
    return partial(backends(request).writing, caller)


def _state(opens: Backends, caller: Caller, upload_id: str) -> State:
    with opens.reading(caller) as work:
        state = uploads.state(work, upload_id)
    if state.offset == state.length and not state.complete:
        return receiving.settle(partial(opens.writing, caller), upload_id)
    return state
