"""How far the reading of a resource's files has come, told as it happens (server-sent events, HTML 9.2)."""

import json
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass

import anyio
from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from service.errors import NotFound
from service.library import resources
from web import work as units

router = APIRouter()
PAUSE = 1.0
"""Seconds between two looks."""
LOOKS = 120
"""Then the browser asks anew, so that no connection is kept for ever."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Of the files of the newest version that the caller may read."""

    ready: int
    failed: int
    waiting: int


def _look(request: Request, resource_id: str) -> Progress:
    with units.reading(request) as work:
        found = resources.view(work, resource_id)[0]
        if found["draft"]:
            found = resources.view(work, resource_id, "draft")[0]
    states = [file["state"] for file in found["files"]]
    ready, failed = states.count("ready"), states.count("failed")
    return Progress(ready, failed, len(states) - ready - failed)


@router.get("/resources/{resource_id}/progress.events")
async def progress(request: Request, resource_id: str) -> Response:
    """A `message` whenever something changed, `done` when nothing waits any more."""
    first = await anyio.to_thread.run_sync(_look, request, resource_id)
    return StreamingResponse(
        _told(request, resource_id, first),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _told(request: Request, resource_id: str, now: Progress) -> AsyncIterator[str]:
    last = None
    for _look_number in range(LOOKS):
        if now != last:
            yield f"data: {json.dumps(asdict(now))}\n\n"
        if not now.waiting:
            yield "event: done\ndata: {}\n\n"
            return
        last = now
        await anyio.sleep(PAUSE)
        if await request.is_disconnected():
            return
        try:
            now = await anyio.to_thread.run_sync(_look, request, resource_id)
        except NotFound:
            return  # she sees it no more
