"""What is told of every request: an id, a line in the log, and its time among the figures; and to who called what will go,
that it will (`service.deprecation`). Pure ASGI, so that nothing is buffered.

A line holds the route's template and no address: paths name people's schools and keys, queries what they look for.
"""

import re
import secrets
from functools import lru_cache
from time import perf_counter

import structlog
from prometheus_client import Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service import logs, metrics
from service.deprecation import deprecation

log = structlog.get_logger()

HEADER = b"x-request-id"
_GIVEN = re.compile(rb"[A-Za-z0-9._-]{8,64}")
"""An id that a proxy or a program may give to its request; what is none is not repeated to anybody."""
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
LEFT = 499
"""The status in log and figures where the client went before there was an answer (nginx's)."""


class Traffic:
    """Around the whole application."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        ident = _id(scope)
        scope.setdefault("state", {})["request_id"] = ident
        status, begun = LEFT, perf_counter()

        async def told(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                going = deprecation(scope.get("endpoint"))
                message["headers"] = [
                    *message.get("headers", ()),
                    *(going.headers if going else ()),
                    (HEADER, ident.encode()),
                ]
            await send(message)

        metrics.UNDER_WAY.inc()
        with logs.about(request_id=ident):
            try:
                await self.app(scope, receive, told)
            except Exception as error:
                status = 500 if status == LEFT else status
                log.error("unexpected error", exc_info=error)
                raise
            finally:
                metrics.UNDER_WAY.dec()
                _tell(scope, status, perf_counter() - begun)


def _id(scope: Scope) -> str:
    given = next((value for name, value in scope["headers"] if name == HEADER), b"")
    return given.decode() if _GIVEN.fullmatch(given) else secrets.token_hex(8)


def _tell(scope: Scope, status: int, seconds: float) -> None:
    method = scope["method"] if scope["method"] in _METHODS else "other"
    route = template(scope)
    _seconds(method, route, status).observe(seconds)
    write = log.warning if status >= 500 else log.info
    write("request", method=method, route=route, status=status, ms=round(seconds * 1000, 1))


@lru_cache(maxsize=2000)
def _seconds(method: str, route: str, status: int) -> Histogram:
    """The figure of these labels, which are looked up under a lock."""
    return metrics.REQUEST_SECONDS.labels(method, route, status)


def template(scope: Scope) -> str:
    """The route that answers, with the names of its parameters in place of their values; "none" where there is none."""
    found = scope.get("fastapi", {}).get("effective_route_context") or scope.get("route")
    return getattr(found, "path", "none")
