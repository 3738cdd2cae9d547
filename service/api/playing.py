"""/play: the files of a learning package, as a sandbox may have them.

What plays here is somebody's program. It runs in an origin of its own (`sandbox allow-scripts`, HTML 7.6.5): no cookie, no
storage, no page of ours can be reached from it, and its policy lets it load nothing but its own files. Where
TONGKE_PLAY_ORIGIN is set it runs on that other host, with its own origin, which many packages with frames need.

H5P has no page of its own: its content and libraries are played by h5p-standalone, which comes from our static files and
is loaded nowhere else. Nor have questions (QTI): `qti/` shows their items one after another, and runs nothing of theirs.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from service.api.schemas import PROBLEMS
from service.api.sending import generated
from service.errors import NotFound
from service.http import UnitRoute, backends, site
from service.library import playing

router = APIRouter(tags=["playing"], route_class=UnitRoute, responses=PROBLEMS)
SHIM = b"<script>" + (Path(__file__).parent / "scorm.js").read_bytes() + b"</script>"
"""What SCORM content looks for (RTE 1.2 and 2004): it answers, and keeps nothing."""
PLAYER = "/static/play/h5p-standalone-3.8.2"
"""Where scripts/build-frontend puts the player of H5P; the version is that of web/frontend/package.json."""
H5P_PAGE = (Path(__file__).parent / "h5p.html").read_text("utf-8")
QTI = Path(__file__).parent / "qti"
QTI_STYLE = (QTI / "style.css").read_text("utf-8")
QTI_PARTS = ("reading", "values", "scoring", "content", "interactions", "places", "older", "player")
QTI_SCRIPT = "".join(
    [
        '(function () {\n"use strict";\n',
        *((QTI / f"{part}.js").read_text("utf-8") for part in QTI_PARTS),
        "})();",
    ]
)
QTI_PAGE = (QTI / "page.html").read_text("utf-8").replace("STYLE", QTI_STYLE).replace("SCRIPT", QTI_SCRIPT)
PAGE = 8 * 1024 * 1024
"""Bytes of an HTML page that the shim is put into; a larger one is sent as it is."""
_HEAD = re.compile(rb"<head(\s[^>]*)?>|<html(\s[^>]*)?>|<!doctype[^>]*>", re.IGNORECASE)
_WIDE = (b"\xff\xfe", b"\xfe\xff")
"""Of UTF-16, which ASCII cannot be put into."""


@router.get("/play/{ticket}/{path:path}", response_class=StreamingResponse)
def play(request: Request, ticket: str, path: str) -> Response:
    """A file of the package that the ticket opens (a page of the library makes it), for a frame without our origin."""
    with backends(request).reading() as work:
        elsewhere = work.settings.play_origin.rstrip("/")
        base = elsewhere or site(work, request)
        if elsewhere and request.headers.get("host", "") != elsewhere.partition("//")[2]:
            raise NotFound("没有找到这个页面。", english="There is no such page.")
        found = playing.member(work, ticket, path) if path else None
        items = playing.items(work, ticket) if found is None else None
    own = f"{base}/api/v1/play/{ticket}/"
    sources = own if found else f"{own} {base}{PLAYER}/"
    headers = {
        "Content-Security-Policy": policy(sources, own_origin=bool(elsewhere)),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Access-Control-Allow-Origin": "*",
        "Cache-Control": "private, max-age=3600",
    }
    if items is not None:
        headers["Content-Security-Policy"] = questions_policy(own)
        return Response(questions(items), 200, headers, "text/html")
    if found is None:
        return Response(H5P_PAGE.replace("PLAYER", base + PLAYER), 200, headers, "text/html")
    if found.media_type == "text/html" and found.size <= PAGE:
        return Response(shimmed(b"".join(found.blocks)), 200, headers, "text/html")
    headers["Content-Length"] = str(found.size)
    answer = StreamingResponse(generated(found.blocks), 200, headers)
    answer.headers["Content-Type"] = found.media_type
    return answer


def policy(sources: str, *, own_origin: bool) -> str:
    """What the content may do: run, and load its own files, and those of its player."""
    sandbox = "allow-scripts allow-same-origin" if own_origin else "allow-scripts"
    return (
        f"sandbox {sandbox}; default-src {sources} data: blob: 'unsafe-inline' 'unsafe-eval'; "
        "form-action 'none'; base-uri 'none'"
    )


def questions_policy(own: str) -> str:
    """What the page of questions may do: run its own script, read items, and show what lies beside them."""
    script, style = ("sha256-" + _sha256(text) for text in (QTI_SCRIPT, QTI_STYLE))
    return (
        f"sandbox allow-scripts; default-src 'none'; script-src '{script}'; style-src '{style}'; "
        f"connect-src {own}; img-src {own} data:; media-src {own} data:; form-action 'none'; base-uri 'none'"
    )


def _sha256(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def questions(items: list[str]) -> str:
    """The page that shows these items, which are addresses within the package."""
    return QTI_PAGE.replace("ITEMS", json.dumps(items).replace("<", "\\u003c"))


def shimmed(page: bytes) -> bytes:
    """The page with the shim before its first script."""
    if page.startswith(_WIDE):
        return page
    places: Iterator[re.Match[bytes]] = _HEAD.finditer(page[:BEGINNING])
    last = max((match.end() for match in places), default=0)
    return page[:last] + SHIM + page[last:]


BEGINNING = 16 * 1024
"""Bytes in which a page's head begins."""
