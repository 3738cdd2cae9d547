"""/schools/{id}/webhooks: addresses that are told when `/changes` has something new, for the school's administrator."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from service.answers import condition, link_pages, not_modified
from service.api.schemas import CONFLICT, PRECONDITIONS, PROBLEMS, Page
from service.http import Reading, UnitRoute, Writing, etag_of
from service.library import webhooks

router = APIRouter(
    prefix="/schools/{school_id}/webhooks", tags=["webhooks"], route_class=UnitRoute, responses=PROBLEMS
)


class WebhookOut(BaseModel):
    """推送地址. Its secret is told once, where it is made."""

    id: str
    school_id: str
    name: str
    url: str
    created_at: str
    failing_since: str | None = Field(description="Since when no message has arrived; null while they do.")
    disabled_at: str | None = Field(
        description="It failed for five days, or answered 410. `PUT` turns it on again."
    )


class WebhookMade(WebhookOut):
    """With the secret that messages are signed with (`whsec_…`)."""

    secret: str


class Secret(BaseModel):
    """The new secret."""

    secret: str


class DeliveryOut(BaseModel):
    """推送: one message and how far it came. `webhook-id` is `msg_` and its id."""

    id: str
    at: str
    state: Literal["waiting", "sending", "delivered", "failed"]
    tries: int
    status: int | None = Field(description="HTTP status of the last answer.")
    error: Literal["", "address", "connection", "timeout", "tls", "status"]
    sent_at: str | None
    took_ms: int | None


@router.get("", response_model=Page[WebhookOut])
def listing(work: Reading, school_id: str) -> dict[str, Any]:
    """The school's addresses; for its administrator (scope `admin`)."""
    return {"items": webhooks.listing(work, school_id), "next": None}


@router.post("", status_code=201, response_model=WebhookMade, responses=CONFLICT)
def create(
    work: Writing, request: Request, response: Response, school_id: str, body: webhooks.Wanted
) -> dict[str, Any]:
    """Register an address. The secret is in this answer alone, and a first message is sent at once."""
    webhook_id, secret = webhooks.create(work, school_id, body)
    response.headers["Location"] = f"{request.url.path}/{webhook_id}"
    return _one(work, response, school_id, webhook_id) | {"secret": secret}


def _one(work: Reading | Writing, response: Response, school_id: str, webhook_id: str) -> dict[str, Any]:
    work.session.flush()
    found, etag = webhooks.one(work, school_id, webhook_id)
    etag_of(response, etag)
    return found


@router.get("/{webhook_id}", response_model=WebhookOut)
def read(work: Reading, request: Request, response: Response, school_id: str, webhook_id: str) -> Any:
    """One address."""
    found = _one(work, response, school_id, webhook_id)
    if not_modified(request, response.headers["ETag"]):
        return Response(status_code=304, headers={"ETag": response.headers["ETag"]})
    return found


@router.put("/{webhook_id}", response_model=WebhookOut, responses=PRECONDITIONS)
def replace(
    work: Writing,
    request: Request,
    response: Response,
    school_id: str,
    webhook_id: str,
    body: webhooks.Wanted,
) -> dict[str, Any]:
    """Another name or address; needs `If-Match`. One that was disabled is on again, and a message is sent."""
    webhooks.change(work, school_id, webhook_id, body, condition(request, required=True))
    return _one(work, response, school_id, webhook_id)


@router.post("/{webhook_id}/secret", response_model=Secret)
def renew_secret(work: Writing, school_id: str, webhook_id: str) -> dict[str, Any]:
    """A new secret, in this answer alone; the former one signs nothing any more."""
    return {"secret": webhooks.renew_secret(work, school_id, webhook_id)}


@router.delete("/{webhook_id}", status_code=204)
def remove(work: Writing, school_id: str, webhook_id: str) -> None:
    """Forget it and its deliveries."""
    webhooks.remove(work, school_id, webhook_id)


@router.get("/{webhook_id}/deliveries", response_model=Page[DeliveryOut])
def deliveries(
    work: Reading,
    request: Request,
    response: Response,
    school_id: str,
    webhook_id: str,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """What it was told in the last 30 days, the newest first."""
    items, following = webhooks.deliveries(work, school_id, webhook_id, cursor, limit)
    link_pages(request, response, next={"cursor": following} if following else None)
    return {"items": items, "next": following}


@router.post(
    "/{webhook_id}/deliveries/{delivery_id}/replay",
    status_code=202,
    response_model=DeliveryOut,
    responses=CONFLICT,
)
def replay(work: Writing, school_id: str, webhook_id: str, delivery_id: str) -> dict[str, Any]:
    """Send a message once more, under its own id."""
    return webhooks.replay(work, school_id, webhook_id, delivery_id)
