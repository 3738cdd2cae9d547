"""What waits for the decision of a school's administrator: the queue, and beside it what is to be decided on."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from service.errors import Denied, Unauthenticated
from service.http import Reading, UnitRoute
from service.library import audience, comparing, previews, resources, sharing, versions
from service.work import Work
from web.addresses import keeping_link
from web.pages.resource import FIELD_NAMES
from web.rendering import page

router = APIRouter(route_class=UnitRoute)


@router.get("/reviews")
def reviews(work: Reading, request: Request, show: Annotated[str, Query(max_length=40)] = "") -> Response:
    """Longest waiting first; one of them (`show`, else the first) is laid open beside the decision."""
    if not work.caller.signed_in:
        raise Unauthenticated("请先登录。")
    if not work.caller.reviews:
        raise Denied("只有学校管理员可以审核。如需审核权限，请联系平台管理员。")
    queue = versions.queue(work)
    chosen = next((item for item in queue if item["id"] == show), queue[0] if queue else None)
    return page(
        request,
        "reviews.html",
        caller=work.caller,
        queue=queue,
        asked_for=show,
        names=FIELD_NAMES,
        at=keeping_link(work.caller),
        **(_desk(work, chosen) if chosen else {"resource": None}),
    )


def _desk(work: Work, waiting: dict[str, Any]) -> dict[str, Any]:
    """All that the decision needs: the version, what is new in it, its files, the audiences that would be opened."""
    history = {one["status"] for one in versions.history(work, waiting["id"])}
    draft = "draft" if "submitted" in history else None
    found, etag = resources.view(work, waiting["id"], draft)
    tokens = sharing.waiting(work, waiting["id"])
    return {
        "resource": found,
        "etag": etag,
        "version": draft,
        "changes": comparing.between(resources.view(work, found["id"])[0], found)
        if draft and "published" in history
        else None,
        "previews": previews.of(work, found["id"], found["files"]),
        "waiting": tokens,
        "words": audience.labels(work, tokens),
    }
