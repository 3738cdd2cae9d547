"""Puts the pages into the application: routes, static files, security headers, errors as pages."""

from fastapi import FastAPI, Request, Response

from service.errors import FirstPassword, PageExpired, TongkeError, Unauthenticated
from service.problems import request_id
from web import assets, kept, rendering, texts
from web.compression import Compression
from web.headers import SecurityHeaders
from web.pages import (
    account,
    admin,
    browse,
    comments,
    developers,
    discovery,
    edit,
    embed,
    files,
    help,
    home,
    mine,
    notices,
    places,
    progress,
    read,
    reports,
    resource,
    reviews,
    saved,
    search,
    share,
    styleguide,
)

PAGES = (
    home,
    account,
    search,
    saved,
    browse,
    edit,
    share,
    resource,
    comments,
    files,
    read,
    reviews,
    reports,
    help,
    developers,
    styleguide,
    progress,
    mine,
    notices,
    places,
    *admin.PAGES,
    embed,
    discovery,
    assets,
)


def install(app: FastAPI, language: str, *, changing: bool = False) -> None:
    """Add the pages' routes, static files, headers and compression, in a language that has a catalogue. `changing`:
    somebody works on the templates, so that their files are looked at whenever one is rendered."""
    texts.use(language)
    rendering.environment.auto_reload = changing
    for page in PAGES:
        app.include_router(page.router, include_in_schema=False)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(Compression)


def render_error(request: Request, error: TongkeError) -> Response:
    """What happened, why, and what to do next. Who has to sign in is led there and back."""
    if isinstance(error, Unauthenticated) and request.method == "GET" and request.url.path != "/sign-in":
        return rendering.to_sign_in(request)
    if isinstance(error, FirstPassword) and request.method == "GET":
        return rendering.redirect("/password", next=request.url.path)
    if isinstance(error, Unauthenticated | PageExpired) and (typed := kept.of(request)) is not None:
        return kept.shown(request, typed, error)
    return rendering.page(
        request, "error.html", status=error.status, headers=error.headers, error=error, request_id=request_id(request)
    )  # fmt: skip
