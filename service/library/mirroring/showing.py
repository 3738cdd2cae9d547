"""Who reads at a mirror, and what its pages say of themselves."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Executable, select
from sqlmodel import col

from service.models import Mirror, Organisation, fetch
from service.permissions import ANONYMOUS, Caller
from service.work import Work

LAPSE = timedelta(days=30)
"""After the last contact, what is not public is no longer shown."""

_ROW: Executable = select(
    col(Mirror.url),
    col(Mirror.school_id),
    col(Mirror.contact_at),
    col(Mirror.complete_at),
    col(Organisation.name).label("school"),
).outerjoin(Organisation, col(Organisation.id) == col(Mirror.school_id))


@dataclass(frozen=True, slots=True)
class Shown:
    """What the pages say of the copy."""

    url: str
    contact_at: datetime | None
    complete: bool
    lapsed: bool
    """Too long without contact: only what is public is shown."""


def reader(work: Work) -> Caller:
    """Everybody on the school's network: a teacher of the school, as far as reading goes; after LAPSE without contact,
    who reads what is public. A folder that was never filled has nothing to show."""
    row = fetch(work.session, _ROW, {}).first()
    if row is None:
        return ANONYMOUS
    tokens = {"public"} if _lapsed(row, work.now) else {"public", f"school:{row.school_id}"}
    return replace(ANONYMOUS, tokens=frozenset(tokens), school_id=row.school_id, name=row.school or "")


def _lapsed(row: Any, now: datetime) -> bool:
    return row.contact_at is None or row.contact_at + LAPSE <= now


def shown(work: Work) -> Shown | None:
    """For the head of every page; None for a folder that was never filled."""
    row = fetch(work.session, _ROW, {}).first()
    if row is None:
        return None
    return Shown(row.url, row.contact_at, row.complete_at is not None, _lapsed(row, work.now))
