"""What waits for the decision of a school's administrator."""

from fastapi import APIRouter, Request, Response

from service.errors import Denied, Unauthenticated
from service.http import Reading, UnitRoute
from service.library import audience, sharing, versions
from web.rendering import page

router = APIRouter(route_class=UnitRoute)


@router.get("/reviews")
def reviews(work: Reading, request: Request) -> Response:
    """Longest waiting first, with the audiences that would be opened."""
    if not work.caller.signed_in:
        raise Unauthenticated("请先登录。")
    if not work.caller.reviews:
        raise Denied("只有学校管理员可以审核。如需审核权限，请联系平台管理员。")
    queue = versions.queue(work)
    waiting = {item["id"]: sharing.waiting(work, item["id"]) for item in queue}
    words = audience.labels(work, [token for tokens in waiting.values() for token in tokens])
    return page(request, "reviews.html", caller=work.caller, queue=queue, waiting=waiting, words=words)
