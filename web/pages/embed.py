"""What other sites load from here: the module of elements, and a page for a frame or a plain form."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse

from service.errors import ForeignOrigin, Gone, NotFound, Throttled
from service.http import UnitRoute, answered, asking, backends, site
from service.library import embed_keys, embedding
from service.library.callers import anonymous
from web import embedding as modules
from web.headers import framed_by
from web.rendering import page

router = APIRouter(route_class=UnitRoute)
PER_PAGE = 10


@router.get("/embed/tongke-{version}.js")
def module(version: str) -> Response:
    """A released version of the module; it never changes. Every site may load it."""
    if version not in modules.RELEASED:
        raise NotFound("没有这个版本。新的网页代码在“管理 › 嵌入”里。", english="There is no such version.")
    return FileResponse(
        modules.module(version),
        media_type="text/javascript; charset=utf-8",
        headers={
            "Access-Control-Allow-Origin": "*",
            "Cross-Origin-Resource-Policy": "cross-origin",
            "Cache-Control": "public, max-age=31536000, immutable",
        },
    )


@router.get("/embed/{key}")
def framed(
    request: Request,
    key: str,
    q: Annotated[str, Query(max_length=2000)] = "",
    page_number: Annotated[int, Query(alias="page", ge=1, le=500)] = 1,
) -> Response:
    """Search of what is public, without script or cookie, in a frame of the key's sites or a window of its own."""
    with backends(request).reading(anonymous()) as work:
        row = embedding.find(work, key)
        shared: dict[str, Any] = {"key": key, "q": q, "page_number": page_number, "site": site(work, request)}
    policy = {"Content-Security-Policy": framed_by(row.origins), "X-Robots-Tag": "noindex"}
    try:
        with asking(request, key, _came_from(request)) as (work, opened):
            found = embedding.search(
                work, opened.key, shared["site"], q, {}, sort="relevance" if q else "newest", page=page_number,
                per_page=PER_PAGE,
            )  # fmt: skip
            last = max(1, -(-found["total"] // PER_PAGE)) if found["total"] is not None else None
            answer = page(
                request, "embed.html", caller=work.caller, found=found, last_page=last, refusal=None,
                headers=policy, **shared,
            )  # fmt: skip
            return answered(request, answer, opened)
    except (Gone, ForeignOrigin, Throttled) as refusal:
        return page(
            request, "embed.html", caller=anonymous(), found=None, last_page=None, refusal=refusal,
            status=refusal.status, headers=policy | refusal.headers, **shared,
        )  # fmt: skip


def _came_from(request: Request) -> str | None:
    """The site that frames the page or whose form led to it, where the browser says so (`Referer`)."""
    return embed_keys.origin(request.headers.get("referer", ""))
