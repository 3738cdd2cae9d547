"""Pages, style sheets and scripts go over the line compressed: on a slow one that is most of the time they take."""

from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

LEVEL = 6
"""zlib's own choice; 9 costs twice the time for a hundredth of the bytes."""


class Compression:
    """gzip (RFC 9110 8.4.1.3) for everything but the interface, whose bytes are files with lengths, ranges and digests
    and whose ETags are strong. Pure ASGI."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.compressed = GZipMiddleware(app, compresslevel=LEVEL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        api = scope["type"] != "http" or scope["path"].startswith("/api/")
        await (self.app if api else self.compressed)(scope, receive, send)
