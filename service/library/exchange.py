"""往来: what each side of a partnership gave the other, and what the other made of it.

Counted is only what the caller may see, so that a figure tells nobody of a resource that is closed to her; and the
figures are for the two sides alone.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, exists, func, select
from sqlmodel import col

from service.library import callers, organisations
from service.models import Grant, Organisation, Partnership, Resource, Use
from service.permissions import VISIBLE, opens, seen_by
from service.work import SHANGHAI, Work

MONTHS = 12


@dataclass(frozen=True, slots=True)
class Given:
    """What one side gave."""

    organisation: str
    """Its name."""
    resources: int
    """Published, and open to the other side."""
    opened: int
    downloaded: int
    """Both by people of the other side."""
    adapted: int
    """How many resources the other side published that were adapted from this side's."""
    months: tuple[int, ...]
    """Openings and downloads by the other side in each of the last MONTHS months, this one last."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """Both directions, and the months of their charts (YYYY-MM)."""

    helper: Given
    aided: Given
    months: tuple[str, ...]

    @property
    def most(self) -> int:
        """The highest month of either side; 0 where nothing was used."""
        return max((*self.helper.months, *self.aided.months))


def belongs(work: Work, pair: Partnership) -> bool:
    """Whether the caller is of one of the two sides, or administers the platform; who only proposed is none yet."""
    if pair.status == "proposed":
        return False
    sides = {f"{pair.level}:{pair.helper_id}", f"{pair.level}:{pair.aided_id}"}
    return work.caller.platform_admin or not sides.isdisjoint(work.caller.tokens)


def of(work: Work, partnership_id: str) -> Exchange | None:
    """The figures of a partnership; None for a caller of neither side."""
    pair = work.session.get_one(Partnership, partnership_id)
    if not belongs(work, pair):
        return None
    helper = work.session.get_one(Organisation, pair.helper_id)
    aided = work.session.get_one(Organisation, pair.aided_id)
    months = _last_months(work.now)
    return Exchange(_given(work, helper, aided, months), _given(work, aided, helper, months), months)


def _last_months(now: datetime) -> tuple[str, ...]:
    local = now.astimezone(SHANGHAI)
    counted = [local.year * 12 + local.month - 1 - back for back in reversed(range(MONTHS))]
    return tuple(f"{number // 12:04}-{number % 12 + 1:02}" for number in counted)


def _given(work: Work, giver: Organisation, taker: Organisation, months: tuple[str, ...]) -> Given:
    parameters = seen_by(work.caller, work.now)
    givers, takers = (organisations.schools_of(work, side.id) for side in (giver, taker))
    seen = (col(Resource.status) == "published") & VISIBLE & col(Resource.school_id).in_(givers)

    def count(query: Select[Any]) -> int:
        return int(work.session.execute(query, parameters).scalar_one())

    sources = select(col(Resource.id)).where(VISIBLE, col(Resource.school_id).in_(givers)).cte()
    open_to_taker = exists().where(
        col(Grant.resource_id) == col(Resource.id),
        col(Grant.audience).in_(sorted(callers.organisation_tokens(work.session, taker, work.now))),
        opens(work.now),
    )
    uses = work.session.execute(
        select(col(Use.month), func.sum(col(Use.views)), func.sum(col(Use.downloads)))
        .join(Resource, col(Resource.id) == col(Use.resource_id))
        .where(seen, col(Use.school_id).in_(takers))
        .group_by(col(Use.month)),
        parameters,
    ).all()
    by_month = {month: views + downloads for month, views, downloads in uses}
    return Given(
        organisation=giver.name,
        resources=count(select(func.count()).select_from(Resource).where(seen, open_to_taker)),
        opened=sum(views for _month, views, _downloads in uses),
        downloaded=sum(downloads for _month, _views, downloads in uses),
        adapted=count(
            select(func.count())
            .select_from(Resource)
            .join(sources, sources.c.id == col(Resource.adapted_from))
            .where(col(Resource.status) == "published", VISIBLE, col(Resource.school_id).in_(takers))
        ),
        months=tuple(by_month.get(month, 0) for month in months),
    )
