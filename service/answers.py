"""What helps the client of every answer: what it has already is not sent again (RFC 9110 13.1.2), what it repeats is not
done twice (draft-ietf-httpapi-idempotency-key-header), and a list says where it goes on (RFC 8288)."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from fastapi import Request, Response
from fastapi.encoders import jsonable_encoder

from service.errors import ConditionMissing, Stale
from service.library import idempotency
from service.work import Work

TAGGED = ("application/json", "application/xml", "application/atom+xml", "application/rss+xml", "text/xml")
"""Types of answers that get an ETag made of their bytes, where their object has none of its own."""
KEPT = (
    "etag",
    "vary",
    "cache-control",
    "link",
    "access-control-allow-origin",
    "ratelimit",
    "ratelimit-policy",
)
"""Headers that a 304 carries as the 200 would."""


def condition(request: Request, *, required: bool = False) -> Callable[[str], None]:
    """A check of `If-Match` (RFC 9110 13.1.1) for a use-case to call with the current ETag.

    Raises ConditionMissing (428) now where it is required and absent, Stale (412) where it does not hold.
    """
    header = request.headers.get("if-match")
    if header is None:
        if required:
            raise ConditionMissing(
                "修改前需要说明依据的版本：请在 If-Match 中带上读取时得到的 ETag。",
                english="Say which state you change: send the ETag that you read in If-Match.",
            )
        return lambda _etag: None
    wanted = {tag.strip() for tag in header.split(",")}

    def check(etag: str) -> None:
        if "*" not in wanted and etag not in wanted:
            raise Stale(
                "在您修改期间，别人已经改动了这份内容，您的修改没有覆盖它。请重新打开，核对后再保存。",
                headers={"ETag": etag},
                english="Somebody else changed it meanwhile, and your change was not saved. Read it again, compare, then save.",
            )

    return check


def not_modified(request: Request, etag: str) -> bool:
    """Whether the caller has this state already (`If-None-Match`)."""
    header = request.headers.get("if-none-match", "")
    tags = {tag.strip().removeprefix("W/") for tag in header.split(",")}
    return etag.removeprefix("W/") in tags or header.strip() == "*"


def tagged(request: Request, answer: Response) -> Response:
    """The answer of a GET with a weak ETag; 304 where the client has it. Streams, and what has a tag, stay as they are."""
    kind = answer.headers.get("content-type", "").partition(";")[0]
    body = getattr(answer, "body", None)
    if answer.status_code != 200 or "etag" in answer.headers or not body or kind not in TAGGED:
        return answer
    answer.headers["ETag"] = f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'
    if not not_modified(request, answer.headers["ETag"]):
        return answer
    headers = {name: value for name, value in answer.headers.items() if name in KEPT}
    return Response(status_code=304, headers=headers, background=answer.background)


def link_pages(request: Request, answer: Response, **others: Mapping[str, str | int] | None) -> None:
    """Say in `Link` where a list goes on: a relation (`next`, `prev`) and the parameters that lead there, None for none.
    The address is relative, so that it is right behind every proxy."""
    asked = request.query_params.multi_items()
    found = [
        f'<{request.url.path}?{urlencode([*(pair for pair in asked if pair[0] not in query), *query.items()])}>; rel="{name}"'
        for name, query in others.items()
        if query is not None
    ]
    if found:
        answer.headers["Link"] = ", ".join(found)


@dataclass(frozen=True, slots=True)
class Once:
    """A request that carries an `Idempotency-Key`: its answer is kept in the transaction that it is made in."""

    key: str
    fingerprint: str
    response: Response

    def __call__(self, work: Work, answer: Callable[[], Any]) -> Any:
        """The answer, or the one that was given before. Raises Invalid where the key came with another request."""
        if not work.caller.signed_in:
            return answer()
        former = idempotency.recall(work, self.key, self.fingerprint)
        if former is not None:
            if former.status is not None:
                self.response.status_code = former.status
            self.response.headers.update(former.headers | {"Idempotency-Replayed": "true"})
            return json.loads(former.body)
        found = answer()
        headers = {
            name: self.response.headers[name]
            for name in ("location", "etag")
            if name in self.response.headers
        }
        body = json.dumps(jsonable_encoder(found), ensure_ascii=False)
        idempotency.remember(work, self.key, self.fingerprint, self.response.status_code, headers, body)
        return found


async def done_once(request: Request, response: Response) -> Once | None:
    """How this request is done once; None without the header."""
    key = request.headers.get("idempotency-key")
    if key is None:
        return None
    asked = f"{request.method} {request.url.path}?{request.url.query}\n".encode() + await request.body()
    return Once(key, hashlib.sha256(asked).hexdigest(), response)
