"""通知: what others did that concerns a person, a line each, until she has read it.

A line keeps ids; what they are called is looked up when it is read, by what she may see then: a resource that is no
longer shared with her, a team she has left, a partner that is none any more are not named. Told are those whom it
concerns, never who did it herself.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, bindparam, delete, func, or_, select, update
from sqlmodel import col

from service.errors import Unauthenticated
from service.library import terms
from service.library.callers import in_term
from service.models import (
    Grant,
    Membership,
    Moment,
    Notice,
    Organisation,
    Partnership,
    Person,
    Resource,
    TeamMember,
    fetch,
)
from service.permissions import EDITOR, Scope, in_force, require_scope
from service.work import Work

KEPT = timedelta(days=180)
SHOWN = 100


# Telling -----------------------------------------------------------------------------------------------------------


def tell(
    work: Work, people: Iterable[str], kind: str, *, resource_id: str | None = None, at: datetime | None = None,
    **detail: str | list[str],
) -> None:  # fmt: skip
    """A line for each of these persons but the caller, from `at` on. It takes the place of an unread one of its kind
    about the same resource; what is older than KEPT goes."""
    told = sorted(set(people) - {work.caller.person_id or ""})
    if not told:
        return
    gone = col(Notice.at) < work.now - KEPT
    if resource_id is not None:
        gone = or_(gone, _unread_of(resource_id, kind))
    work.session.execute(delete(Notice).where(col(Notice.person_id).in_(told), gone))
    work.session.add_all(
        Notice(
            id=work.ids(),
            person_id=person_id,
            kind=kind,
            resource_id=resource_id,
            detail=detail,
            at=max(at or work.now, work.now),
        )
        for person_id in told
    )


def _unread_of(resource_id: str, kind: str) -> ColumnElement[bool]:
    return and_(
        col(Notice.resource_id) == resource_id, col(Notice.kind) == kind, col(Notice.read_at).is_(None)
    )


def done(work: Work, resource_id: str, kind: str) -> None:
    """What these lines asked for was done, by whomever: who has not read hers needs it no more."""
    work.session.execute(delete(Notice).where(_unread_of(resource_id, kind)))


def waits(work: Work, resource: Resource) -> None:
    """The school's administrators have something to review."""
    tell(work, administrators(work, [resource.school_id]), "submitted", resource_id=resource.id)


def decided(work: Work, resource_id: str, kind: str, reason: str = "") -> None:
    """`published`, `returned` or `withdrawn` by the school, to those who write it."""
    tell(work, authors(work, resource_id), kind, resource_id=resource_id, reason=reason)


def shared(work: Work, grant: Grant) -> None:
    """A resource was opened to a person by name; she is told when the grant begins."""
    kind, _, ident = grant.audience.partition(":")
    if kind == "person":
        by = work.caller.person_id or ""
        tell(work, [ident], "shared", resource_id=grant.resource_id, at=grant.not_before, by=by)


def teamed(work: Work, team_id: str, members: Iterable[str]) -> None:
    """Somebody made a team with them."""
    tell(work, members, "teamed", team=team_id, by=work.caller.person_id or "")


def proposed(work: Work, partnership: Partnership) -> None:
    """The other side's administrators have a proposal to answer."""
    sides = {partnership.helper_id, partnership.aided_id} - {partnership.proposed_by}
    tell(work, administrators(work, sides), "proposed", partnership=partnership.id)


def moved(work: Work, partnership: Partnership, step: str) -> None:
    """accept, suspend, resume, end or term (its last day was set) of a partnership as it stands before the step: to all
    at both sides; that a proposal was declined, to the administrators alone."""
    sides = [partnership.helper_id, partnership.aided_id]
    if step == "end" and partnership.status == "proposed":
        tell(work, administrators(work, sides), "declined", partnership=partnership.id)
    else:
        first = terms.first_day(partnership.starts) if partnership.starts > work.now else ""
        tell(work, _members(work, sides), "paired", partnership=partnership.id, step=step, first=first)


# Whom --------------------------------------------------------------------------------------------------------------


def administrators(work: Work, schools: Iterable[str]) -> list[str]:
    """Persons who administer these schools now; a merged school, those of its successor."""
    heirs = select(func.coalesce(col(Organisation.succeeded_by), col(Organisation.id))).where(
        col(Organisation.id).in_(list(schools))
    )
    return _members(work, work.session.scalars(heirs), "school_admin")


def _members(work: Work, organisations: Iterable[str], role: str | None = None) -> list[str]:
    """Persons with a post there now; those of a merged school are its successor's."""
    ids = list(organisations)
    query = (
        select(col(Membership.person_id))
        .join(Organisation, col(Organisation.id) == col(Membership.organisation_id))
        .join(Person, col(Person.id) == col(Membership.person_id))
        .where(
            or_(col(Organisation.id).in_(ids), col(Organisation.succeeded_by).in_(ids)),
            in_term(col(Membership.starts), col(Membership.ends), work.now),
            col(Person.disabled_at).is_(None),
        )
    )
    if role is not None:  # a merged school's have no role at its successor
        query = query.where(col(Membership.role) == role, col(Organisation.succeeded_by).is_(None))
    return list(work.session.scalars(query))


def authors(work: Work, resource_id: str) -> list[str]:
    """Persons who may edit it by name or by their team."""
    audiences = work.session.scalars(
        select(col(Grant.audience)).where(
            col(Grant.resource_id) == resource_id, col(Grant.role) >= EDITOR, in_force(work.now)
        )
    )
    found: dict[str, list[str]] = {"person": [], "team": []}
    for audience in audiences:
        kind, _, ident = audience.partition(":")
        found.setdefault(kind, []).append(ident)
    team = select(col(TeamMember.person_id)).where(col(TeamMember.team_id).in_(found["team"]))
    wanted = [*found["person"], *work.session.scalars(team)]
    return list(work.session.scalars(select(col(Person.id)).where(col(Person.id).in_(wanted))))


# Reading -----------------------------------------------------------------------------------------------------------

_UNREAD = select(func.count()).where(
    col(Notice.person_id) == bindparam("person_id"),
    col(Notice.at) <= bindparam("now", type_=Moment()),
    col(Notice.read_at).is_(None),
)


def unread(work: Work, person_id: str) -> int:
    """How many lines she has not read; asked by every page."""
    return int(fetch(work.session, _UNREAD, {"person_id": person_id, "now": work.now}).scalar_one())


_COLUMNS: tuple[Any, ...] = (
    *(col(getattr(Notice, name)) for name in ("id", "kind", "resource_id", "detail", "at", "read_at")),
)
_ROWS = (
    select(*_COLUMNS)
    .where(
        col(Notice.person_id) == bindparam("person_id"), col(Notice.at) <= bindparam("now", type_=Moment())
    )
    .order_by(col(Notice.at).desc(), col(Notice.id).desc())
    .limit(SHOWN)
)


def rows(work: Work) -> Sequence[Row[Any]]:
    """The caller's lines that have begun, newest first, at most SHOWN."""
    return fetch(work.session, _ROWS, {"person_id": _own(work), "now": work.now}).all()


def mark_read(work: Work, notice_id: str = "") -> None:
    """One of the caller's lines, or all of them; another's is left alone."""
    require_scope(work.caller, Scope.WRITE)
    mine = [col(Notice.person_id) == _own(work), col(Notice.at) <= work.now, col(Notice.read_at).is_(None)]
    if notice_id:
        mine.append(col(Notice.id) == notice_id)
    work.session.execute(update(Notice).where(*mine).values(read_at=work.now))


def _own(work: Work) -> Any:
    if work.caller.person_id is None:
        raise Unauthenticated("请先登录。", english="Sign in first.")
    return work.caller.person_id
