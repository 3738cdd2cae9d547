"""The audit log: rows are only added; a clock job seals them in hash-chained batches."""

import hashlib
import json
from datetime import timedelta

from sqlalchemy import select
from sqlmodel import col

from service.models import AuditEntry, AuditSeal, to_micros
from service.work import Work

BATCH = 1000
GRACE = timedelta(minutes=1)
"""Rows younger than this are not sealed yet: another process may still commit one with a smaller id."""


def refused(work: Work, action: str, subject: str) -> None:
    """A request that was refused, written after its own transaction was rolled back."""
    work.session.add(
        AuditEntry(
            id=work.ids(),
            at=work.now,
            actor=work.caller.actor,
            action=action,
            subject=subject[-40:],
            outcome="refused",
        )
    )


def _digest(former: str, entries: list[AuditEntry]) -> str:
    digest = hashlib.sha256(former.encode())
    for entry in entries:
        row = [
            entry.id,
            to_micros(entry.at),
            entry.actor,
            entry.action,
            entry.subject,
            entry.outcome,
            entry.detail,
        ]
        digest.update(json.dumps(row, ensure_ascii=False, sort_keys=True).encode() + b"\n")
    return digest.hexdigest()


def seal(work: Work) -> int:
    """Seal the rows since the last seal; returns how many."""
    last = work.session.scalars(select(AuditSeal).order_by(col(AuditSeal.last_id).desc()).limit(1)).first()
    entries = list(
        work.session.scalars(
            select(AuditEntry)
            .where(
                col(AuditEntry.id) > (last.last_id if last else ""), col(AuditEntry.at) <= work.now - GRACE
            )
            .order_by(col(AuditEntry.id))
            .limit(BATCH)
        )
    )
    if entries:
        digest = _digest(last.hash if last else "", entries)
        work.session.add(AuditSeal(last_id=entries[-1].id, rows=len(entries), hash=digest, at=work.now))
    return len(entries)


def broken_seals(work: Work) -> list[str]:
    """Ids of seals whose rows no longer give their hash: rows were changed, removed or slipped in."""
    broken, former, after = [], "", ""
    for sealed in work.session.scalars(select(AuditSeal).order_by(col(AuditSeal.last_id))):
        entries = list(
            work.session.scalars(
                select(AuditEntry)
                .where(col(AuditEntry.id) > after, col(AuditEntry.id) <= sealed.last_id)
                .order_by(col(AuditEntry.id))
            )
        )
        if _digest(former, entries) != sealed.hash:
            broken.append(sealed.last_id)
        former, after = sealed.hash, sealed.last_id
    return broken
