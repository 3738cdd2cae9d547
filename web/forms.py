"""Form posts: bounded, and only from a page of the caller's own session."""

from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import FormData

from service.errors import Denied
from service.http import check_csrf

MAX_FIELDS = 500
MAX_PART = 2 * 1024 * 1024


async def checked(request: Request) -> FormData:
    """The form, once its CSRF token is found to be the session's."""
    form = await request.form(max_files=0, max_fields=MAX_FIELDS, max_part_size=MAX_PART)
    request.state.typed = form  # a session that has ended does not eat it (web.kept)
    check_csrf(request, str(form.get("csrf", "")))
    return form


async def from_here(request: Request) -> FormData:
    """A form of somebody who has no session yet: the browser's own word says that it comes from this site."""
    site, origin = request.headers.get("sec-fetch-site", ""), request.headers.get("origin", "")
    foreign = site not in ("", "same-origin", "none") or (
        origin and origin.split("//")[-1] != request.headers.get("host")
    )
    if foreign:
        raise Denied("这个请求来自别的网站，所以没有执行。请从本站的页面登录。")
    return await request.form(max_files=0, max_fields=MAX_FIELDS, max_part_size=MAX_PART)


Form = Annotated[FormData, Depends(checked)]
OpenForm = Annotated[FormData, Depends(from_here)]


def text(form: FormData, name: str) -> str:
    """A field as text; empty where it is absent."""
    value = form.get(name, "")
    return value.strip() if isinstance(value, str) else ""


def lines(form: FormData, name: str) -> list[str]:
    """A field as its lines or parts (、 ， , ； ;), empty ones left out."""
    raw = text(form, name)
    for mark in "、，,；;\r":
        raw = raw.replace(mark, "\n")
    return [part.strip() for part in raw.split("\n") if part.strip()]
