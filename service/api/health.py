"""/health: is it alive, is it ready."""

from typing import Any

from fastapi import APIRouter, Request, Response

from service.http import backends

router = APIRouter(prefix="/health", tags=["health"])


@router.get("/live", response_model=dict[str, str])
async def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/ready", response_model=dict[str, Any], responses={503: {"description": "A part is down."}})
def ready(request: Request, response: Response) -> dict[str, Any]:
    """Each part and its state: ok, down, or elsewhere for a worker that is a process of its own. What is behind (outbox),
    withheld (files) or low (room) wants somebody to look, and is no reason to answer 503."""
    parts: dict[str, str] = backends(request).states()
    good = "down" not in parts.values()
    if not good:
        response.status_code = 503
        response.headers["Retry-After"] = "5"
    return {"status": "ok" if good else "degraded", "parts": parts}
