"""How often a resource is opened and downloaded, by month and school, never by whom.

Counted is what readers do with what is published: those who write it are no readers. Counts gather in the process
(`library.tally`) and are written after an answer was sent; a download is written at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, case, distinct, func, select
from sqlmodel import col

from service.library.tally import Tally
from service.models import Resource, Use, fetch
from service.permissions import sight
from service.work import SHANGHAI, Work

Key = tuple[str, ...]
"""resource, school (empty: a visitor, or somebody of no school), month, `views` or `downloads`."""


def month_of(moment: datetime) -> str:
    """YYYY-MM in Asia/Shanghai."""
    return moment.astimezone(SHANGHAI).strftime("%Y-%m")


def note(work: Work, tally: Tally, resource_id: str, *, download: bool = False) -> bool:
    """Count that this caller opened or downloaded the resource, if she is one of its readers; whether it is time to
    `write` what has gathered."""
    seen = sight(work.session, work.caller, resource_id, work.now)
    if seen is None or not seen.published or seen.allows("edit"):
        return False
    key = (
        resource_id,
        work.caller.school_id or "",
        month_of(work.now),
        "downloads" if download else "views",
    )
    tally.add(key, work.now)
    return download or tally.due(work.now)


def write(work: Work, counts: Mapping[Key, int]) -> None:
    """Add the counts to the rows. Those of resources that are gone meanwhile are let go."""
    ids = {key[0] for key in counts}
    known = set(work.session.scalars(select(col(Resource.id)).where(col(Resource.id).in_(ids))))
    for (resource_id, school_id, month, what), number in sorted(counts.items()):
        if resource_id in known:
            row = work.session.get(Use, (resource_id, school_id, month))
            if row is None:
                row = Use(resource_id=resource_id, school_id=school_id, month=month)
                work.session.add(row)
            setattr(row, what, getattr(row, what) + number)


@dataclass(frozen=True, slots=True)
class Total:
    """Of one resource since it exists."""

    views: int
    downloads: int
    schools: int
    """How many other schools' people used it."""


_TOTAL = (
    select(
        func.coalesce(func.sum(col(Use.views)), 0),
        func.coalesce(func.sum(col(Use.downloads)), 0),
        func.count(
            distinct(case((col(Use.school_id).not_in(["", col(Resource.school_id)]), col(Use.school_id))))
        ),
    )
    .join(Resource, col(Resource.id) == col(Use.resource_id))
    .where(col(Use.resource_id) == bindparam("resource_id"))
)


def total(work: Work, resource_id: str) -> Total:
    """What its authors are shown; they were authorised before."""
    return Total(*fetch(work.session, _TOTAL, {"resource_id": resource_id}).one())
