"""Pages, style sheets, scripts and the interface's JSON go over the line compressed: on a slow one that is most of the time
they take."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette_compress import CompressMiddleware

_AS_IT_IS = "as-it-is"  # "identity" would be taken for nothing said


class Compression:
    """zstd, Brotli or gzip (RFC 9110 8.4.1) for what is text. What has a strong ETag goes as it is: files, with their
    lengths, ranges and digests, and single objects, whose tag comes back in `If-Match`. Pure ASGI."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.compressed = CompressMiddleware(self._marked)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def unmarked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-encoding") == _AS_IT_IS:
                    del headers["content-encoding"]
            await send(message)

        await self.compressed(scope, receive, unmarked)

    async def _marked(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The application, where an answer with a strong ETag says that it is encoded: so it is left alone."""

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("etag", "").startswith('"'):
                    headers["content-encoding"] = _AS_IT_IS
            await send(message)

        await self.app(scope, receive, marked)
