"""问题反馈: what a reader finds wrong with a resource, told to those who can mend it, and their answer to her.

Those who mend are the ones who edit it and its school's administrators. Who reported is not shown to them: the answer
reaches her as a notice.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, func, select
from sqlmodel import col

from service.errors import Conflict, FieldError, Invalid, NotFound
from service.library import administering, notices, shapes, vocabulary
from service.models import Report, Resource, Version, fetch
from service.permissions import Scope, require, require_scope, sight
from service.work import Work

MOST = 200
LONGEST = 1000
"""Characters of a report and of an answer."""


@dataclass(frozen=True, slots=True)
class Open:
    """A report that nobody has answered yet."""

    id: str
    resource_id: str
    title: str
    reason: str
    """A code of the vocabulary `report_reason`."""
    text: str
    at: datetime


def report(work: Work, resource_id: str, reason: str, text: str) -> None:
    """Say what is wrong with a resource that the caller sees. A second time before the first is answered replaces it.

    Raises NotFound, Unauthenticated, Conflict for what is not published, Invalid for an unknown reason, or for `other`
    without words.
    """
    seen = require(work.session, work.caller, resource_id, work.now)
    require_scope(work.caller, Scope.WRITE)
    if not seen.published:
        raise Conflict(
            "它还没有发布，请直接告诉作者。", english="It is not published yet. Tell its authors directly."
        )
    words = text.strip()[:LONGEST]
    if not vocabulary.check("report_reason", reason):
        raise _wrong("reason", "请选一种问题。", "Choose one of the reasons.")
    if reason == "other" and not words:
        raise _wrong("text", "请写明是什么问题。", "Say what the problem is.")
    found = work.session.scalars(
        select(Report).where(
            col(Report.resource_id) == resource_id,
            col(Report.person_id) == work.caller.person_id,
            col(Report.closed_at).is_(None),
        )
    ).first() or Report(
        id=work.ids(), resource_id=resource_id, person_id=work.caller.person_id, reason=reason, at=work.now
    )
    found.reason, found.text, found.at = reason, words, work.now
    work.session.add(found)
    school = work.session.get_one(Resource, resource_id).school_id
    told = {*notices.authors(work, resource_id), *notices.administrators(work, [school])}
    label = vocabulary.label("report_reason", reason)
    notices.tell(work, told, "reported", resource_id=resource_id, reason=label, school=school)
    work.audit("report.make", resource_id, reason=reason)


def settle(work: Work, report_id: str, answer: str) -> str:
    """Close a report with an answer to who made it; returns the resource's id. NotFound for who cannot mend it."""
    require_scope(work.caller, Scope.WRITE)
    found = work.session.get(Report, report_id)
    if found is None or found.closed_at is not None or not _mends(work, found.resource_id):
        raise NotFound(
            "没有找到这条反馈，或已经有人处理过了。",
            english="There is no such report, or it was settled already.",
        )
    words = answer.strip()[:LONGEST]
    if not words:
        raise _wrong("answer", "请写一句处理结果，反映问题的老师会看到。", "Say in a sentence what was done.")
    found.closed_at, found.closed_by, found.answer = work.now, work.caller.person_id, words
    if not of_resource(work, found.resource_id):
        notices.done(work, found.resource_id, "reported")
    if found.person_id is not None:
        notices.tell(work, [found.person_id], "settled", resource_id=found.resource_id, answer=words)
    work.audit("report.settle", found.resource_id, report=report_id)
    return found.resource_id


def of_resource(work: Work, resource_id: str) -> list[Open]:
    """The open reports of a resource, oldest first; none for who cannot mend it."""
    return _open(work, _OF_RESOURCE, resource_id=resource_id) if _mends(work, resource_id) else []


def to_administer(work: Work) -> list[Open]:
    """The open reports in the schools that the caller administers, oldest first, at most MOST."""
    return _open(work, _OPEN.where(administering.reach(work).within(col(Resource.school_id))))


def waiting(work: Work) -> int:
    """How many there are of those."""
    query = (
        select(func.count()).select_from(Report).join(Resource, col(Resource.id) == col(Report.resource_id))
    )
    within = administering.reach(work).within(col(Resource.school_id))
    return int(work.session.execute(query.where(col(Report.closed_at).is_(None), within)).scalar_one())


_COLUMNS: tuple[Any, ...] = (
    col(Report.id),
    col(Report.resource_id),
    col(Version.title),
    col(Report.reason),
    col(Report.text),
    col(Report.at),
)
_OPEN = (
    select(*_COLUMNS)
    .join(Resource, col(Resource.id) == col(Report.resource_id))
    .join(Version, col(Version.id) == shapes.SHOWN)
    .where(col(Report.closed_at).is_(None))
    .order_by(col(Report.at), col(Report.id))
    .limit(MOST)
)


_OF_RESOURCE = _OPEN.where(col(Resource.id) == bindparam("resource_id"))


def _open(work: Work, query: Select[Any], **named: str) -> list[Open]:
    return [Open(*row) for row in fetch(work.session, query, named)]


def _mends(work: Work, resource_id: str) -> bool:
    seen = sight(work.session, work.caller, resource_id, work.now)
    if seen is None:  # her school's, though it is not shared with her
        resource = work.session.get_one(Resource, resource_id)
        return resource.school_id in work.caller.reviews or work.caller.platform_admin
    return seen.school_admin or seen.allows("edit") or work.caller.platform_admin


def _wrong(field: str, message: str, english: str) -> Invalid:
    return Invalid(message, errors=[FieldError(field, message, english)], english=english)
