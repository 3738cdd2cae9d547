"""What every request has to keep within, before a route sees it. Pure ASGI, so that nothing is buffered."""

import re

from fastapi import Request
from python_multipart.multipart import parse_options_header
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.http import JSON_BODY, problem, translated

_UPLOADS = re.compile(r"/api/v1/uploads(/.*)?|/resources/[^/]+/upload")


def _in_utf8(request: Request) -> bool:
    """Whether a multipart form is in UTF-8, as browsers send it. Another charset could be one of Python's that makes lone
    surrogates, which nothing after it takes, or one that is none."""
    _kind, parameters = parse_options_header(request.headers.get("content-type", ""))
    return parameters.get(b"charset", b"utf-8").lower() in (b"utf-8", b"utf8")


class BoundedBody:
    """Refuses a body beyond JSON_BODY bytes (RFC 9110 413), of the interface or a form, before it fills the memory, and
    one in another charset than UTF-8; uploads stream and have bounds of their own. Pure ASGI, so that nothing is
    buffered."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        if not _in_utf8(request):
            await problem(request, translated(HTTPException(400)))(scope, receive, send)
            return
        if _UPLOADS.fullmatch(scope["path"]):
            await self.app(scope, receive, send)
            return
        length = request.headers.get("content-length", "0")
        if len(length) > 18 or int(length) > JSON_BODY:  # the server has checked that it is a number
            refused = problem(request, translated(HTTPException(413)))
            await refused(scope, receive, send)
            return
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > JSON_BODY:
                raise HTTPException(413)
            return message

        await self.app(scope, counted, send)
