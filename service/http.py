"""What every route shares: who asks, and the unit of work that is opened for her."""

import re
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial, wraps
from inspect import iscoroutinefunction
from typing import Annotated, Any, Protocol

from anyio import CapacityLimiter, to_thread
from fastapi import Depends, Request, Response
from fastapi.routing import APIRoute
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException

from service.answers import Once, done_once, tagged
from service.deprecation import deprecation
from service.errors import (
    FirstPassword,
    Unauthenticated,
)
from service.library import callers, csrf, embed_use, embedding, majors, use
from service.library.mirroring import showing
from service.library.rates import Rates
from service.library.tally import Tally
from service.library.waiting import Waiters
from service.permissions import Caller, as_reader
from service.settings import Settings
from service.work import Work

SESSION_COOKIE = "tongke_session"
HOST_COOKIE = "__Host-tongke_session"
JSON_BODY = 8 * 1024 * 1024
"""Bytes of a request's body outside of uploads: the longest `content`, written in escapes, fits."""
JSON_MEMBERS = 10_000
"""Members of all objects and lists of a body together; the fullest resource has a tenth of it."""
OPEN_PATHS = frozenset({"/password", "/sign-out"})
"""What somebody who still has her first password may open."""
UNTAGGED = frozenset({"search", "health"})
"""Tags of calls whose answers differ each time."""
CHANGES = CapacityLimiter(8)
"""Threads that change something, or wait for their turn to: apart from those that read, so that nobody who reads waits for a
long write. Most of them wait, so that they may be more than those (`service.app`)."""
HERE = frozenset({"127.0.0.1", "::1"})
"""Addresses of this machine itself."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Backends(Protocol):
    """What a request needs of the wiring."""

    def writing(self, caller: Caller = ...) -> AbstractContextManager[Work]: ...

    def reading(self, caller: Caller = ...) -> AbstractContextManager[Work]: ...

    def states(self) -> dict[str, str]: ...

    def clock(self) -> datetime: ...

    def write_uses(self) -> None: ...

    def share_rates(self) -> None: ...

    settings: Settings
    uses: Tally
    embed_uses: Tally
    rates: Rates
    waiters: Waiters


def backends(request: Request) -> Backends:
    """The back ends that the application was created with."""
    found: Backends = request.app.state.backends
    return found


def site(work: Work, request: Request) -> str:
    """Where this library is reached, without a trailing slash."""
    return work.settings.public_url.rstrip("/") or str(request.base_url).rstrip("/")


def over_https(request: Request) -> bool:
    """Whether browsers reach the service by https, so that a cookie may be `__Host-`."""
    return request.url.scheme == "https" or backends(request).settings.public_url.startswith("https://")


def session_secret(request: Request) -> str | None:
    """The secret of the page session. Over https none but a `__Host-` cookie carries it: a plain one may have been set
    by a neighbour of the same domain."""
    return request.cookies.get(HOST_COOKIE if over_https(request) else SESSION_COOKIE)


def client_address(request: Request) -> str:
    """The address that failed sign-ins are counted by."""
    return request.client.host if request.client else ""


def bearer(request: Request) -> str | None:
    """The secret of a bearer token (RFC 6750 2.1); None without one. Only such a request stands without the cookie:
    browsers send the credentials of another scheme by themselves."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else None


def authenticate(work: Work, request: Request) -> Caller:
    """Who asks. A bearer token that is not valid is refused; a page session that ended is nobody."""
    if work.settings.mirror:
        return showing.reader(work)
    link = request.query_params.get("link")
    secret = bearer(request)
    if secret is not None:
        caller = callers.identify(work, secret, "bearer")
        if caller is None:
            raise Unauthenticated(
                "令牌无效或已过期。请重新获取令牌后再试。",
                headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
                english="The token is not valid or has expired. Get a new one.",
            )
    else:
        cookie = session_secret(request)
        found = callers.identify(work, cookie, "session") if cookie else None
        caller = found or callers.anonymous()
    if caller.first_password and request.url.path not in OPEN_PATHS:
        raise FirstPassword(
            "这是别人给您的初始密码。请先设置自己的密码，再继续使用。",
            english="This is a first password. Set your own at /password, then go on.",
        )
    if link and re.fullmatch(r"[0-9a-z]{26}", link):
        caller = replace(caller, tokens=caller.tokens | {f"link:{link}"})
    return caller


def check_csrf(request: Request, token: str) -> None:
    """Refuse a change that rides on a page's cookie without the token that only the page knows."""
    cookie = session_secret(request)
    if cookie and request.method not in SAFE_METHODS and bearer(request) is None:
        csrf.require(cookie, token)


@contextmanager
def reading(request: Request) -> Iterator[Work]:
    """A unit of work that only reads, for the caller of this request."""
    with backends(request).reading() as work, under_way(request, work):
        work.caller = as_reader(authenticate(work, request))
        majors.refresh(work)
        yield work


@contextmanager
def under_way(request: Request, work: Work) -> Iterator[None]:
    """While this lasts, `beside` reads in the same unit of work."""
    request.state.reading = work
    try:
        yield
    finally:
        request.state.reading = None


@contextmanager
def beside(request: Request) -> Iterator[Work]:
    """To read something else for the same request: its unit of work where that reads, else one of its own. A second
    connection is never asked for while the first is held: many who do would wait for each other."""
    opened: Work | None = getattr(request.state, "reading", None)
    if opened is not None:
        yield opened
        return
    with backends(request).reading() as work:
        yield work


@contextmanager
def asking(request: Request, key_id: str, origin: str | None) -> Iterator[tuple[Work, embedding.Opened]]:
    """Read what is public through a school's key: cookies and tokens are not looked at, the question is counted.
    Raises what `embedding.find` and `embedding.admit` do."""
    opens = backends(request)
    with opens.reading(callers.anonymous()) as work:
        key, opened = embedding.find(work, key_id), None
        try:
            opened = embedding.admit(work, opens.rates, key, origin, site(work, request))
        finally:
            embed_use.note(opens.embed_uses, key.id, work.now, answered=opened is not None)
        yield work, opened


def answered(request: Request, answer: Response, opened: embedding.Opened) -> Response:
    """The answer, with what is left of the key's rate. Uses that have gathered are written after it was sent."""
    answer.headers.update(opened.allowance.headers)
    if backends(request).embed_uses.due(backends(request).clock()):
        written_after(request, answer)
    return answer


@contextmanager
def writing(request: Request) -> Iterator[Work]:
    """A unit of work that is committed before the answer is sent."""
    check_csrf(request, request.headers.get("x-csrf-token", ""))
    with backends(request).writing() as work:
        work.caller = authenticate(work, request)
        yield work


@dataclass(frozen=True, slots=True)
class _Unopened:
    """The unit of work of an endpoint that has not begun."""

    open: Callable[[], AbstractContextManager[Work]]
    once: Once | None = None


async def _to_read(request: Request) -> _Unopened:
    return _Unopened(partial(reading, request))


async def _to_read_what_is_public(request: Request) -> _Unopened:
    return _Unopened(partial(backends(request).reading, callers.anonymous()))


async def _to_write(request: Request, response: Response) -> _Unopened:
    return _Unopened(partial(writing, request), await done_once(request, response))


Reading = Annotated[Work, Depends(_to_read)]
Public = Annotated[Work, Depends(_to_read_what_is_public)]
"""Reads what is public, whoever asks: for answers that go on to everybody."""
Writing = Annotated[Work, Depends(_to_write)]


class UnitRoute(APIRoute):
    """A route whose unit of work begins and ends in the thread of its endpoint, around it. As a dependency that yields
    it would cross to a thread and back three times (scripts/bench/library: 0.3 ms of a list)."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        changes = not SAFE_METHODS.issuperset(options.get("methods") or SAFE_METHODS)
        if deprecation(endpoint):
            options["deprecated"] = True
        super().__init__(path, _around(endpoint, changes=changes), **options)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """As FastAPI's, with a body that is bounded in its members too."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            given = await handle(_Bounded(request.scope, request.receive))
            return (
                tagged(request, given) if request.method == "GET" and not UNTAGGED & {*self.tags} else given
            )

        return answer


class _Bounded(Request):
    """A request whose JSON has at most JSON_MEMBERS members: each that is wrong is an error with a sentence of its own,
    so that 8 MiB of them held the process for half a minute, for a caller who needed no account."""

    async def json(self) -> Any:
        """The body. HTTPException (400) for more."""
        body = await super().json()
        if not _few_members(body):
            raise HTTPException(400)
        return body


def _few_members(body: Any) -> bool:
    left, open_values = JSON_MEMBERS, [body]
    while open_values:
        value = open_values.pop()
        if isinstance(value, dict | list):
            left -= len(value)
            if left < 0:
                return False
            open_values.extend(value.values() if isinstance(value, dict) else value)
    return True


def _around(endpoint: Callable[..., Any], *, changes: bool) -> Callable[..., Any]:
    if iscoroutinefunction(endpoint):  # it opens its units itself, in threads
        return endpoint

    @wraps(endpoint)
    def call(**values: Any) -> Any:
        with ExitStack() as stack:
            once = None
            for name, value in values.items():
                if isinstance(value, _Unopened):
                    values[name] = stack.enter_context(value.open())
                    once = value.once and partial(value.once, values[name])
            return once(partial(endpoint, **values)) if once else endpoint(**values)

    @wraps(endpoint)
    async def change(**values: Any) -> Any:
        return await to_thread.run_sync(partial(call, **values), limiter=CHANGES)

    return change if changes else call


def written_after(request: Request, answer: Response) -> None:
    """Have the uses that have gathered written once the answer was sent."""
    write = backends(request).write_uses
    answer.background = BackgroundTask(partial(to_thread.run_sync, write, limiter=CHANGES))


def count_use(
    work: Work, request: Request, answer: Response, resource_id: str, *, download: bool
) -> Response:
    """The answer, once its reader is counted (`library.use`). What has gathered is written after it was sent."""
    if work.settings.mirror:
        return answer
    if use.note(work, backends(request).uses, resource_id, download=download):
        written_after(request, answer)
    return answer


def etag_of(response: Response, etag: str) -> None:
    """Say which state of the object the answer shows."""
    response.headers["ETag"] = etag
