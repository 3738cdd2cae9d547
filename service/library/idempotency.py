"""Requests that a client may repeat without their being done twice: their answers are kept for a day."""

import hashlib
from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import delete
from sqlmodel import col

from service.errors import Invalid
from service.models import Answered
from service.work import Work

KEPT = timedelta(hours=24)
LONGEST = 255
"""Characters of a key."""


def recall(work: Work, key: str, fingerprint: str) -> Answered | None:
    """The answer that this caller was given for the key; None where it is new. Invalid where the key came with another
    request (the fingerprint says which), or is none."""
    if not 0 < len(key) <= LONGEST:
        raise Invalid(
            f"Idempotency-Key 应为 1 到 {LONGEST} 个字符。",
            english=f"Idempotency-Key must have 1 to {LONGEST} characters.",
        )
    found = work.session.get(Answered, _hash(work, key))
    if found is None or found.at <= work.now - KEPT:
        return None
    if found.fingerprint != fingerprint:
        raise Invalid(
            "这个 Idempotency-Key 已经用在另一个请求上。请换一个新的。",
            english="This Idempotency-Key came with another request. Use a new one.",
        )
    return found


def remember(
    work: Work, key: str, fingerprint: str, status: int | None, headers: Mapping[str, str], body: str
) -> None:
    """Keep the answer (JSON), in the transaction that it was made in. `status` is None for the usual one of the call."""
    work.session.merge(
        Answered(
            hash=_hash(work, key),
            fingerprint=fingerprint,
            status=status,
            headers=dict(headers),
            body=body,
            at=work.now,
        )
    )


def expire(work: Work) -> None:
    """Forget the answers whose day is over."""
    work.session.execute(delete(Answered).where(col(Answered.at) <= work.now - KEPT))


def _hash(work: Work, key: str) -> str:
    return hashlib.sha256(f"{work.caller.actor}\n{key}".encode()).hexdigest()
