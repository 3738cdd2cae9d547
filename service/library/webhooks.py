"""推送: addresses that a school's administrator registers, so that the school's program learns that `/changes` has
something new, and need not ask all the time. The message says nothing else.

Messages are signed as Standard Webhooks 1.0 has it (standardwebhooks.com); `library.delivering` sends them.
"""

import base64
import secrets
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import delete, func, select
from sqlmodel import col

from service.errors import Conflict, FieldError, NotFound, wrong_fields
from service.library import administering, callers, changes, cursors, outgoing, shapes
from service.library.fields import Text, invalid
from service.library.resources import Condition, unconditional
from service.models import Delivery, Webhook
from service.work import Work

MOST = 10
"""Addresses of a school."""
_WORDS = {
    "form": ("请写完整的地址，例如 https://www.example.cn/tongke。", "Write an address like https://www.example.cn/tongke."),
    "scheme": ("地址要以 https:// 开头。", "The address must begin with https://."),
    "private": ("不能推送到内网地址，请写互联网上的地址。", "An address of a private network is not accepted."),
}  # fmt: skip


class Wanted(BaseModel):
    """An address as its school wants it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"name": "教务系统", "url": "https://www.example.cn/tongke"}]},
    )

    name: Annotated[Text, Field(min_length=1, max_length=100)]
    url: str = Field(
        min_length=1, max_length=outgoing.LONGEST, description="https; no address of a private network."
    )


def parse(data: Mapping[str, Any]) -> Wanted:
    """Raises Invalid naming each wrong field."""
    try:
        return Wanted.model_validate(data)
    except ValidationError as error:
        raise invalid(error) from error


def listing(work: Work, school_id: str) -> list[dict[str, Any]]:
    """The school's addresses, the newest first. NotFound for who does not administer the school."""
    administering.school(work, school_id)
    rows = work.session.scalars(
        select(Webhook).where(col(Webhook.school_id) == school_id).order_by(col(Webhook.id).desc())
    )
    return [shape(row) for row in rows]


def one(work: Work, school_id: str, webhook_id: str) -> tuple[dict[str, Any], str]:
    """An address of the school, and its ETag."""
    row = _row(work, school_id, webhook_id)
    return shape(row), etag(row)


def etag(row: Webhook) -> str:
    """Of what can be changed of it."""
    return shapes.etag(row.revision)


def shape(row: Webhook) -> dict[str, Any]:
    """The Webhook of docs/api.md; never its secret."""
    return {
        "id": row.id,
        "school_id": row.school_id,
        "name": row.name,
        "url": row.url,
        "created_at": shapes.instant(row.created_at),
        "failing_since": row.failing_since and shapes.instant(row.failing_since),
        "disabled_at": row.disabled_at and shapes.instant(row.disabled_at),
    }


def create(work: Work, school_id: str, wanted: Wanted) -> tuple[str, str]:
    """Register it and send it a first message; returns its id and the secret, which is told this once."""
    school = administering.school(work, school_id)
    _check(work, wanted)
    number = work.session.execute(
        select(func.count()).select_from(Webhook).where(col(Webhook.school_id) == school_id)
    ).scalar_one()
    if number >= MOST:
        raise Conflict(
            f"一所学校最多登记 {MOST} 个推送地址，请先删除不用的。",
            english=f"A school has at most {MOST} addresses. Delete one first.",
        )
    row = Webhook(
        id=work.ids(),
        school_id=school_id,
        name=wanted.name,
        url=wanted.url,
        secret=_secret(),
        told_at=changes.newest_number(work),
        held=sorted(callers.organisation_tokens(work.session, school, work.now)),
        created_by=work.caller.actor,
        created_at=work.now,
    )
    work.session.add(row)
    work.audit("webhook.create", school_id, webhook=row.id)
    work.session.flush()
    begin(work, row)
    work.enqueue("announce", "rights", run_at=work.now)
    return row.id, row.secret


def change(
    work: Work, school_id: str, webhook_id: str, wanted: Wanted, if_match: Condition = unconditional
) -> None:
    """Another name or address, from the next message on; one that was disabled is on again."""
    row = _row(work, school_id, webhook_id)
    if_match(etag(row))
    _check(work, wanted)
    row.name, row.url = wanted.name, wanted.url
    was_off, row.failing_since, row.disabled_at = row.disabled_at is not None, None, None
    row.revision += 1
    work.audit("webhook.change", school_id, webhook=row.id)
    if was_off:
        begin(work, row)


def renew_secret(work: Work, school_id: str, webhook_id: str) -> str:
    """A new secret, from the next message on; the former one signs nothing any more."""
    row = _row(work, school_id, webhook_id)
    row.secret = _secret()
    row.revision += 1
    work.audit("webhook.secret", school_id, webhook=row.id)
    return row.secret


def remove(work: Work, school_id: str, webhook_id: str) -> None:
    """It is told nothing any more; its deliveries are forgotten."""
    row = _row(work, school_id, webhook_id)
    work.session.execute(delete(Delivery).where(col(Delivery.webhook_id) == row.id))
    work.session.delete(row)
    work.audit("webhook.remove", school_id, webhook=row.id)


def deliveries(
    work: Work, school_id: str, webhook_id: str, cursor: str | None = None, limit: int = 50
) -> tuple[list[dict[str, Any]], str | None]:
    """A page of what it was told, the newest first, and where the next one begins."""
    row = _row(work, school_id, webhook_id)
    query = select(Delivery).where(col(Delivery.webhook_id) == row.id)
    if cursor is not None:
        _number, last_id = cursors.decode(cursor, int)
        query = query.where(col(Delivery.id) < last_id)
    found = list(work.session.scalars(query.order_by(col(Delivery.id).desc()).limit(limit + 1)))
    shown = found[:limit]
    following = cursors.encode(0, shown[-1].id) if len(found) > limit else None
    return [delivery_shape(item) for item in shown], following


def delivery_shape(row: Delivery) -> dict[str, Any]:
    """The Delivery of docs/api.md."""
    return {
        "id": row.id,
        "at": shapes.instant(row.at),
        "state": row.state,
        "tries": row.tries,
        "status": row.status,
        "error": row.error,
        "sent_at": row.sent_at and shapes.instant(row.sent_at),
        "took_ms": row.took_ms,
    }


def replay(work: Work, school_id: str, webhook_id: str, delivery_id: str) -> dict[str, Any]:
    """Send a message once more, at once and under its own id. Conflict while it is on its way, or while the address is
    disabled."""
    row = _row(work, school_id, webhook_id)
    found = work.session.get(Delivery, delivery_id)
    if found is None or found.webhook_id != row.id:
        raise NotFound("没有找到这次推送。", english="There is no such delivery.")
    if row.disabled_at is not None:
        raise Conflict(
            "这个推送地址已停用。请先核对地址并保存，再重发。",
            english="This address is disabled. Save it again first.",
        )
    if found.state in ("waiting", "sending"):
        raise Conflict("这次推送还在进行，不用重发。", english="This delivery is still on its way.")
    found.state, found.tries = "waiting", 0
    work.enqueue("deliver", found.id)
    work.audit("webhook.replay", school_id, webhook=row.id)
    return delivery_shape(found)


def begin(work: Work, row: Webhook) -> None:
    """One message to this address, unless one that has not left yet will say the same."""
    waits = select(col(Delivery.id)).where(
        col(Delivery.webhook_id) == row.id, col(Delivery.state) == "waiting"
    )
    if work.session.execute(waits.limit(1)).first() is None:
        message = Delivery(id=work.ids(), webhook_id=row.id, at=work.now)
        work.session.add(message)
        work.enqueue("deliver", message.id)


def _secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def _check(work: Work, wanted: Wanted) -> None:
    if why := outgoing.wrong(wanted.url, local=work.settings.webhooks_local):
        words, english = _WORDS[why]
        raise wrong_fields([FieldError("url", words, english)])


def _row(work: Work, school_id: str, webhook_id: str) -> Webhook:
    administering.school(work, school_id)
    row = work.session.get(Webhook, webhook_id)
    if row is None or row.school_id != school_id:
        raise NotFound("没有找到这个推送地址。", english="There is no such address.")
    return row
