"""The application: lifespan, routers, error handlers, and the pages beside the API."""

import signal
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from types import FrameType
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, FastAPI
from starlette.routing import Match
from starlette.types import Scope

from service import bounds, copyonly, problems, traffic
from service.api import (
    accounts,
    bundles,
    changes,
    comments,
    copies,
    described,
    embedding,
    exporting,
    files,
    grants,
    health,
    metrics,
    oai,
    oembed,
    organisations,
    playing,
    resources,
    saved,
    search,
    uploads,
    webhooks,
)
from service.settings import Settings
from service.wiring import Backends, open_backends
from service.worker import Worker
from web import site

API = "/api/v1"
ENDPOINTS = 4
"""Threads for what reads: few, since only one runs Python at a time, and each holds a connection to the database. What
changes something has threads of its own (`service.http`), and so have bytes (`service.api.sending`)."""
VERSION = "0.1.0"
ROUTERS = (
    search,
    accounts,
    organisations,
    exporting,
    resources,
    files,
    playing,
    bundles,
    grants,
    comments,
    saved,
    embedding,
    changes,
    webhooks,
    copies,
    uploads,
    health,
    oembed,
    oai,
)
"""Compared with an address in this order: first what is asked most, while somebody types."""

DESCRIPTION = """\
同课 Tongke: the library in which paired schools keep and write their lessons together.

Errors are RFC 9457 `application/problem+json`. What a caller may not see answers 404, what it may see but not do 403.
Objects have an `ETag`; `PATCH` needs `If-Match`.
"""


class _Interface(APIRouter):
    """All calls. Looked through for their own addresses alone: a page would be compared with a hundred patterns first."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        return super().matches(scope) if scope["path"].startswith(API) else (Match.NONE, {})


def create_app(settings: Settings, backends: Backends | None = None, *, with_worker: bool = True) -> FastAPI:
    """The ASGI application. It opens the back ends that the settings name, unless it is handed open ones."""
    opened = backends or open_backends(settings)
    worker = Worker(opened) if with_worker and settings.embedded and not settings.mirror else None

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        to_thread.current_default_thread_limiter().total_tokens = ENDPOINTS
        if worker is not None:
            worker.start()
        _tell_of_the_end(opened.waiters.end)
        yield
        if worker is not None:
            worker.stop()
        if backends is None:
            opened.close()

    app = FastAPI(
        title="同课 Tongke",
        version=VERSION,
        description=DESCRIPTION,
        openapi_url=f"{API}/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.openapi = partial(described.complete, app)  # type: ignore[method-assign]
    app.state.backends = opened
    interface = _Interface()
    for module in ROUTERS:
        interface.include_router(module.router)
    app.include_router(interface, prefix=API)
    app.include_router(metrics.router, include_in_schema=False)
    app.add_middleware(bounds.BoundedBody)
    if settings.play_origin:
        app.add_middleware(bounds.PlayHost, origin=settings.play_origin)
    app.add_middleware(bounds.BoundedRate)
    if settings.mirror:
        app.add_middleware(copyonly.CopyAlone, render_page=site.render_error)
    site.install(app, settings.language, changing=settings.development)
    app.add_middleware(bounds.BoundedCrowd, render_page=site.render_error)
    app.add_middleware(traffic.Traffic)
    problems.install_error_handler(app, site.render_error)
    return app


def _tell_of_the_end(told: Callable[[], None]) -> None:
    """Have a signal that ends the server call this as well. The server itself tells the application only when the last
    request is answered, for which those that wait would let it wait."""
    if threading.current_thread() is not threading.main_thread():
        return
    for number in (signal.SIGINT, signal.SIGTERM):
        handler = signal.getsignal(number)
        if callable(handler):
            signal.signal(number, partial(_both, told, handler))


def _both(
    told: Callable[[], None],
    handler: Callable[[int, FrameType | None], object],
    number: int,
    frame: FrameType | None,
) -> None:
    told()
    handler(number, frame)


def from_environment() -> Any:
    """For `uvicorn --factory service.app:from_environment`."""
    return create_app(Settings())
