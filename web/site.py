"""Puts the pages into the application."""

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse

from service.errors import TongkeError


def install(app: FastAPI) -> None:
    """Add the pages' routes and static files."""


def render_error(request: Request, error: TongkeError) -> Response:
    """An error as a page."""
    return HTMLResponse(f"<!doctype html><title>{error.title}</title><p>{error.detail}", error.status)
