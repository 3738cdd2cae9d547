"""What was typed when the session had ended: it is carried through signing in, and sent again by whoever typed it."""

from dataclasses import dataclass

from fastapi import Request, Response
from starlette.datastructures import FormData

from service.errors import TongkeError, Unauthenticated
from service.permissions import Caller
from web import work as units
from web.rendering import local, page

PREFIX = "kept."
NEVER = frozenset({"csrf", "current", "password", "again"})
"""Fields that are not carried: secrets, and the token of the session that ended."""
PATHS = ("/sign-out", "/password", "/account/sign-out-everywhere")
"""What nobody wants to do again in a new session."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A form that was not accepted: where it went, and its fields in their order."""

    path: str
    fields: list[tuple[str, str]]


def of(request: Request) -> Typed | None:
    """The form of this request; None where it has none, or where another site may have written it."""
    form = getattr(request.state, "typed", None)
    path = request.url.path
    if form is None or path in PATHS or not _from_here(request):
        return None
    return Typed(path, [(name, value) for name, value in _texts(form) if name not in NEVER])


def _texts(form: FormData) -> list[tuple[str, str]]:
    return [(name, value) for name, value in form.multi_items() if isinstance(value, str)]


def _from_here(request: Request) -> bool:
    """The browser's own word that a page of this site sent it (Fetch Metadata; Origin from those that lack it)."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    return request.headers.get("origin", "").split("//")[-1] == request.headers.get("host")


def carried(form: FormData) -> Typed | None:
    """What a sign-in brings along, of an earlier `shown`."""
    path = str(form.get("kept", ""))
    if not path or local(path) != path:
        return None
    fields = [(name.removeprefix(PREFIX), value) for name, value in _texts(form) if name.startswith(PREFIX)]
    return Typed(path, fields)


def shown(request: Request, typed: Typed, error: TongkeError) -> Response:
    """Signing in, with the form carried along; who is signed in again by now only confirms."""
    if isinstance(error, Unauthenticated):
        return page(
            request,
            "sign_in.html",
            status=error.status,
            next=typed.path,
            username="",
            error=None,
            typed=typed,
        )
    with units.reading(request) as work:
        caller = work.caller
    return again(request, typed, caller, status=error.status)


def again(
    request: Request, typed: Typed, caller: Caller | None, secret: str | None = None, status: int = 200
) -> Response:
    """The form once more, to be sent by a press: it may be another person who is signed in now."""
    return page(request, "kept.html", status=status, caller=caller, secret=secret, typed=typed)
