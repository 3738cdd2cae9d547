"""What every request has to keep within, before a route sees it. Pure ASGI, so that nothing is buffered."""

import re
from functools import partial

from anyio import to_thread
from fastapi import Request
from python_multipart.multipart import parse_options_header
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.errors import Throttled, Unavailable
from service.http import (
    CHANGES,
    HERE,
    JSON_BODY,
    Backends,
    bearer,
    client_address,
    session_secret,
)
from service.library.callers import fingerprint
from service.library.rates import Allowance
from service.problems import Renderer, answered_with, problem, translated

BY_ADDRESS = 10
"""So many times what one caller has is all callers' of one address: a school goes out by one."""
MOST = 2000
"""Requests that a process has under way at once. Two hundred people who open a page at the same moment are 1,200, six
connections each; 200 more may wait for the feed."""
ALWAYS = frozenset({"/api/v1/health/live", "/metrics"})
"""What is answered however many there are: who watches must not take a full house for a dead one."""
_UPLOADS = re.compile(r"/api/v1/uploads(/.*)?|/resources/[^/]+/upload")


def _in_utf8(request: Request) -> bool:
    """Whether a multipart form is in UTF-8, as browsers send it. Another charset could be one of Python's that makes lone
    surrogates, which nothing after it takes, or one that is none."""
    _kind, parameters = parse_options_header(request.headers.get("content-type", ""))
    return parameters.get(b"charset", b"utf-8").lower() in (b"utf-8", b"utf8")


PLAY = ("/api/v1/play/", "/static/play/")
"""What the host of learning packages answers: their files, and those of their player."""


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


class BoundedRate:
    """Counts calls of the interface by their caller (the token or page session that they carry) and by their address,
    tells what is left of the minute (`RateLimit`, draft-ietf-httpapi-ratelimit-headers), and refuses what is more (429).

    Who asks from this machine itself is told and never refused: the operator's own programs, and a proxy that hides
    whom it speaks for, who would all be one caller.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        opens: Backends | None = scope["app"].state.backends if scope["type"] == "http" else None
        if opens is None or not opens.settings.api_per_minute or not scope["path"].startswith("/api/"):
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        allowance = _taken(request, opens)

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if "ratelimit" not in headers:  # a web site's key has a rate of its own
                    headers.update(allowance.headers)
            await send(message)

        if allowance.used_up and client_address(request) not in HERE:
            await problem(request, _too_often(allowance))(scope, receive, send)
        else:
            await self.app(scope, receive, told)
        if opens.rates.due(opens.clock()):
            await to_thread.run_sync(opens.share_rates, limiter=CHANGES)


def _taken(request: Request, opens: Backends) -> Allowance:
    """What is left: to the caller, or to her address, whichever is less."""
    now, most = opens.clock(), opens.settings.api_per_minute
    left = opens.rates.take(fingerprint(client_address(request)), BY_ADDRESS * most, now)
    secret = bearer(request) or session_secret(request)
    return min(left, opens.rates.take(fingerprint(secret), most, now), key=_left) if secret else left


def _left(allowance: Allowance) -> int:
    return allowance.left


def _too_often(allowance: Allowance) -> Throttled:
    return Throttled(
        f"请求太频繁（每分钟最多 {allowance.most} 次）。请等 {allowance.resets} 秒再继续。",
        headers=allowance.headers,
        english=f"Too many requests: at most {allowance.most} in a minute. Go on in {allowance.resets} seconds.",
    )


class BoundedCrowd:
    """Refuses what comes while MOST requests are under way (503, with words for a person): each would wait longer than
    anybody does, and take memory meanwhile. Pure ASGI."""

    def __init__(self, app: ASGIApp, render_page: Renderer) -> None:
        self.app = app
        self._answer = partial(answered_with, render_page)
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if self._under_way >= MOST and scope["path"] not in ALWAYS:
            await self._answer(Request(scope), _full())(scope, receive, send)
            return
        self._under_way += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self._under_way -= 1


def _full() -> Unavailable:
    return Unavailable(
        "现在同时打开的人太多，服务器忙不过来。请等几秒再试。",
        english="Too many requests at once. Try again in a few seconds.",
    )


class PlayHost:
    """On the host that learning packages run on nothing answers but their files: a page of ours there would share its
    origin with them. Pure ASGI."""

    def __init__(self, app: ASGIApp, origin: str) -> None:
        self.app = app
        self.host = origin.rstrip("/").partition("//")[2]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not scope["path"].startswith(PLAY):
            request = Request(scope)
            if request.headers.get("host", "") == self.host:
                refused = problem(request, translated(HTTPException(404)))
                await refused(scope, receive, send)
                return
        await self.app(scope, receive, send)
