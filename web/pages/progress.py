"""How far the reading and the conversion of a resource's files have come, told as it happens (server-sent events,
HTML 9.2)."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict, dataclass

import anyio
from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from service.errors import NotFound
from service.library import conversions, resources
from web import media
from web import work as units

router = APIRouter()
PAUSE = 1.0
"""Seconds between two looks."""
LOOKS = 120
"""Then the browser asks anew, so that no connection is kept for ever."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Of the files of a version that the caller may read: how many were read, and what is still made of which."""

    ready: int
    failed: int
    waiting: int
    files: Mapping[str, str]
    """File id → what is being made of it, in words; of those that are finished, nothing."""


def _look(request: Request, resource_id: str, version: str | None) -> Progress:
    with units.reading(request) as work:
        found = resources.view(work, resource_id, version)[0]
        if version is None and found["draft"]:
            found = resources.view(work, resource_id, "draft")[0]
        converted = conversions.of(work, [file["id"] for file in found["files"]])
    states = [file["state"] for file in found["files"]]
    ready, failed = states.count("ready"), states.count("failed")
    words = {file["id"]: media.waits(file, converted.get(file["id"])) for file in found["files"]}
    return Progress(
        ready, failed, len(states) - ready - failed, {ident: said for ident, said in words.items() if said}
    )


@router.get("/resources/{resource_id}/progress.events")
async def progress(request: Request, resource_id: str, version: str | None = None) -> Response:
    """A `message` whenever something changed, `done` when nothing waits any more. Of the version that is named, else of
    the draft where she edits one."""
    first = await anyio.to_thread.run_sync(_look, request, resource_id, version)
    return StreamingResponse(
        _told(request, resource_id, version, first),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _told(request: Request, resource_id: str, version: str | None, now: Progress) -> AsyncIterator[str]:
    last = None
    for _look_number in range(LOOKS):
        if now != last:
            yield f"data: {json.dumps(asdict(now), ensure_ascii=False)}\n\n"
        if not now.files:
            yield "event: done\ndata: {}\n\n"
            return
        last = now
        await anyio.sleep(PAUSE)
        if await request.is_disconnected():
            return
        try:
            now = await anyio.to_thread.run_sync(_look, request, resource_id, version)
        except NotFound:
            return  # she sees it no more
