"""How far a caller administers: her schools, or all of the platform. Who administers nothing learns of nothing (404)."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, true
from sqlalchemy.orm import Mapped

from service.errors import Denied, NotFound
from service.models import Organisation
from service.permissions import Scope, require_scope
from service.work import Work


@dataclass(frozen=True, slots=True)
class Reach:
    """The schools of a school_admin, or everything of the platform_admin."""

    everything: bool
    schools: frozenset[str]

    def covers(self, organisation_id: str) -> bool:
        """Whether this school or bureau is administered."""
        return self.everything or organisation_id in self.schools

    def within(self, column: Mapped[str]) -> ColumnElement[bool]:
        """SQL: the column names a school or bureau that is administered."""
        return true() if self.everything else column.in_(sorted(self.schools))


def reach(work: Work) -> Reach:
    """What the caller administers. Unauthenticated for nobody, Denied for a token without the scope, else NotFound."""
    require_scope(work.caller, Scope.ADMIN)
    if not (work.caller.platform_admin or work.caller.reviews):
        raise _nothing()
    return Reach(work.caller.platform_admin, work.caller.reviews)


def require_platform(work: Work) -> None:
    """The platform's administrator alone; a school's gets NotFound as everybody else does."""
    if not reach(work).everything:
        raise _nothing()


def organisation(work: Work, organisation_id: str) -> Organisation:
    """A school or bureau that the caller administers; NotFound otherwise."""
    found = work.session.get(Organisation, organisation_id) if reach(work).covers(organisation_id) else None
    if found is None:
        raise _no_school()
    return found


def school(work: Work, school_id: str) -> Organisation:
    """A school that the caller administers; NotFound otherwise."""
    found = organisation(work, school_id)
    if found.level != "school":
        raise _no_school()
    return found


def own_schools(work: Work) -> list[Organisation]:
    """The schools that the caller administers herself, by pinyin."""
    reach(work)
    rows = [work.session.get_one(Organisation, school_id) for school_id in work.caller.reviews]
    return sorted(rows, key=lambda row: (row.name_order, row.id))


def not_herself(work: Work, person_id: str) -> None:
    """Denied where an administrator would shut herself out: another one does that."""
    if person_id == work.caller.person_id:
        raise Denied(
            "不能停用自己或改动自己的任职。请另一位管理员来做。",
            english="You cannot disable yourself or change your own membership. Ask another administrator.",
        )


def _nothing() -> NotFound:
    return NotFound(
        "没有找到这个页面。请核对地址，或从首页重新查找。",
        english="There is no such page. Check the address, or start again from the home page.",
    )


def _no_school() -> NotFound:
    return NotFound(
        "没有找到这所学校，或您不是它的管理员。",
        english="There is no such school, or you do not administer it.",
    )
