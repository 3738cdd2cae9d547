"""Telling schools' programs that there is more: whom the feed concerns, the signed message, and what follows a failure.

The schedule of the tries is that of Standard Webhooks 1.0 ("Deliverability and reliability"), and so is what 410 means.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlmodel import col

from service.library import callers, changes, notices, outgoing, shapes, webhooks
from service.library.derived import Opens
from service.models import Change, Delivery, Organisation, Webhook
from service.work import Work

RIGHTS_EVERY = timedelta(minutes=1)
"""Between looks whether a school's rights have changed by themselves: a partnership that begins, a term that ends."""
AT_ONCE = 500
"""Changes read at once."""
AGAIN = tuple(
    timedelta(seconds=seconds) for seconds in (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
"""After each try that failed until the next one."""
GIVE_UP = timedelta(days=5)
"""Of failures and nothing else, after which an address is disabled."""
KEPT = timedelta(days=30)
"""How long a delivery stays in the log."""
GONE = 410


def announce(work: Work, subject: str) -> None:
    """Begin a message to each address whose school has something new. A job: `changes` after a change, `rights` for what
    changes with time; while there are addresses it has itself done again."""
    rows = work.session.scalars(
        select(Webhook).where(col(Webhook.disabled_at).is_(None)).order_by(col(Webhook.id))
    ).all()
    newest = changes.newest_number(work)
    for row in rows:
        school = work.session.get_one(Organisation, row.school_id)
        tokens = callers.organisation_tokens(work.session, school, work.now)
        if tokens != set(row.held) or _concerned(work, tokens, row.told_at, newest):
            webhooks.begin(work, row)
        row.told_at, row.held = newest, sorted(tokens)
    if rows and subject == "rights":
        work.enqueue("announce", subject, run_at=work.now + RIGHTS_EVERY)
        work.session.execute(delete(Delivery).where(col(Delivery.at) < work.now - KEPT))


def _concerned(work: Work, tokens: frozenset[str], at: int, newest: int) -> bool:
    """Whether a change in (at, newest] is one of what these tokens open, or did before it."""
    while at < newest:
        rows = work.session.execute(
            select(col(Change.number), col(Change.before), col(Change.after))
            .where(col(Change.number) > at, col(Change.number) <= newest)
            .order_by(col(Change.number))
            .limit(AT_ONCE)
        ).all()
        if any(not tokens.isdisjoint(before) or not tokens.isdisjoint(after) for _n, before, after in rows):
            return True
        at = rows[-1][0] if rows else newest
    return False


# Sending -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent to where."""

    id: str
    url: str
    body: bytes
    headers: dict[str, str]


def signed(webhook_id: str, secret: str, at: datetime, body: bytes) -> dict[str, str]:
    """The headers of a message (Standard Webhooks 1.0, "Signature scheme": v1, HMAC-SHA256)."""
    stamp = str(int(at.timestamp()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    told = f"{webhook_id}.{stamp}.".encode() + body
    signature = base64.b64encode(hmac.new(key, told, hashlib.sha256).digest()).decode()
    return {"webhook-id": webhook_id, "webhook-timestamp": stamp, "webhook-signature": f"v1,{signature}"}


def deliver(reading: Opens, writing: Opens, delivery_id: str) -> None:
    """One try of a message, and what follows. A job; no transaction is open while it waits for the answer."""
    with writing() as work:
        message = _taken(work, delivery_id)
        local = work.settings.webhooks_local
    if message is None:
        return
    status, took, error = None, None, ""
    try:
        answer = outgoing.post(message.url, message.body, message.headers, local=local)
        status, took = answer.status, answer.took_ms
        error = "" if 200 <= status < 300 else "status"
    except outgoing.Unreachable as unreachable:
        error = unreachable.reason
    with writing() as work:
        _settle(work, delivery_id, status, took, error)


def _taken(work: Work, delivery_id: str) -> Message | None:
    found = work.session.get(Delivery, delivery_id)
    if found is None or found.state not in ("waiting", "sending"):
        return None
    row = work.session.get_one(Webhook, found.webhook_id)
    if row.disabled_at is not None:
        found.state = "failed"
        return None
    found.state, found.tries, found.sent_at = "sending", found.tries + 1, work.now
    told = {"type": "changes.available", "timestamp": shapes.instant(found.at), "data": {}}
    body = json.dumps(told, separators=(",", ":")).encode()
    headers = signed(f"msg_{found.id}", row.secret, work.now, body)
    headers |= {"Content-Type": "application/json", "User-Agent": "Tongke"}
    return Message(found.id, row.url, body, headers)


def _settle(work: Work, delivery_id: str, status: int | None, took: int | None, error: str) -> None:
    """Write down how the try ended; have it tried again, or give up."""
    found = work.session.get(Delivery, delivery_id)
    if found is None:  # the address was removed meanwhile
        return
    row = work.session.get_one(Webhook, found.webhook_id)
    found.status, found.took_ms, found.error = status, took, error
    if not error:
        found.state, row.failing_since = "delivered", None
        return
    row.failing_since = row.failing_since or work.now
    if status == GONE or work.now - row.failing_since >= GIVE_UP:
        found.state = "failed"
        _disable(work, row)
    elif found.tries > len(AGAIN) or _others_wait(work, row, found.id):
        found.state = "failed"  # another message will say the same
    else:
        found.state = "waiting"
        work.enqueue("deliver", found.id, run_at=work.now + AGAIN[found.tries - 1])


def _others_wait(work: Work, row: Webhook, delivery_id: str) -> bool:
    others: Sequence[str] = work.session.scalars(
        select(col(Delivery.id)).where(
            col(Delivery.webhook_id) == row.id,
            col(Delivery.state) == "waiting",
            col(Delivery.id) != delivery_id,
        )
    ).all()
    return bool(others)


def _disable(work: Work, row: Webhook) -> None:
    """Tell it nothing more until its school has looked at it."""
    row.disabled_at = work.now
    row.revision += 1
    work.audit("webhook.disable", row.school_id, webhook=row.id)
    told = notices.administrators(work, [row.school_id])
    notices.tell(work, told, "webhook", webhook=row.id, school=row.school_id, name=row.name)
