"""The audit log as administrators read it: the platform's all of it, a school's what was done to her school, to its
resources, and to people who belong nowhere else."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlmodel import col

from service.library import administering, audience, sheets, terms
from service.library.audit_words import ACTIONS, details
from service.library.callers import in_term
from service.models import AuditEntry, Membership, Organisation, Person, Resource
from service.work import SHANGHAI, Work

PER_PAGE = 50
MOST = 20_000
"""Rows of an export."""
NOBODY = {"system": "系统", "anonymous": "访客"}
"""Actors that are no persons."""
PLACES = ("place", "school", "into")
"""Details that are schools or bureaus."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the log is narrowed by; empty values are not asked. `first` and `last` are days."""

    actor: str = ""
    action: str = ""
    subject: str = ""
    first: str = ""
    last: str = ""


def page(
    work: Work, wanted: Wanted, number: int, fields: Mapping[str, str]
) -> tuple[list[dict[str, Any]], bool]:
    """A page of the log, newest first, and whether more follow; `fields` is what those of a resource are called. Invalid
    for days that are none."""
    rows = _rows(work, wanted, PER_PAGE + 1, (number - 1) * PER_PAGE)
    return _shapes(work, rows[:PER_PAGE], fields), len(rows) > PER_PAGE


def export(work: Work, wanted: Wanted, fields: Mapping[str, str]) -> sheets.Sheet:
    """The log as a sheet, newest first, at most MOST rows; that it was exported is written down."""
    found = _shapes(work, _rows(work, wanted, MOST, 0), fields)
    work.audit("audit.export", rows=len(found))
    return sheets.Sheet(
        ["时间", "操作人", "操作人编号", "操作", "对象", "对象编号", "结果", "详情"],
        [
            (
                item["at"].astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S"), item["actor_name"], item["actor"],
                item["words"], item["subject_name"], item["subject"], "拒绝" if item["refused"] else "完成", item["detail"],
            )
            for item in found
        ],
    )  # fmt: skip


def _rows(work: Work, wanted: Wanted, limit: int, offset: int) -> list[AuditEntry]:
    query = select(AuditEntry).where(*_where(work, wanted))
    return list(
        work.session.scalars(
            query.order_by(col(AuditEntry.at).desc(), col(AuditEntry.id).desc()).limit(limit).offset(offset)
        )
    )


def _where(work: Work, wanted: Wanted) -> list[ColumnElement[bool]]:
    found = _reach(work)
    if wanted.actor:
        found.append(col(AuditEntry.actor).in_(_actors(work, wanted.actor)))
    if wanted.action:
        found.append(col(AuditEntry.action) == wanted.action)
    if wanted.subject:
        found.append(col(AuditEntry.subject).in_(_subjects(work, wanted.subject)))
    starts, ends = terms.parse(wanted.first, wanted.last, ("first", "last"))
    if starts is not None:
        found.append(col(AuditEntry.at) >= starts)
    if ends is not None:
        found.append(col(AuditEntry.at) < ends)
    return found


def _reach(work: Work) -> list[ColumnElement[bool]]:
    within = administering.reach(work)
    if within.everything:
        return []
    schools = sorted(within.schools)
    present = in_term(col(Membership.starts), col(Membership.ends), work.now)
    place = col(Membership.organisation_id)
    elsewhere = select(col(Membership.person_id)).where(place.not_in(schools), present)
    people = select(col(Membership.person_id)).where(
        place.in_(schools), col(Membership.person_id).not_in(elsewhere)
    )
    resources = select(col(Resource.id)).where(col(Resource.school_id).in_(schools))
    subject = col(AuditEntry.subject)
    return [or_(subject.in_(schools), subject.in_(resources), subject.in_(people))]


def _people(work: Work, text: str) -> list[str]:
    return list(
        work.session.scalars(
            select(col(Person.id))
            .where(or_(col(Person.name) == text, col(Person.username) == text.lower()))
            .limit(100)
        )
    )


def _actors(work: Work, text: str) -> list[str]:
    """Actors of a name, a sign-in name, or as they are written (person:…, client:…, system)."""
    return [text, *(f"person:{ident}" for ident in _people(work, text))]


def _subjects(work: Work, text: str) -> list[str]:
    """Ids of a person's name or sign-in name, of a school's name, or as it is written."""
    schools = work.session.scalars(
        select(col(Organisation.id)).where(col(Organisation.name) == text).limit(100)
    )
    return [text, *_people(work, text), *schools]


def _shapes(work: Work, rows: list[AuditEntry], fields: Mapping[str, str]) -> list[dict[str, Any]]:
    ids = {row.actor.removeprefix("person:") for row in rows} | {row.subject for row in rows}
    ids |= {str(row.detail[name]) for row in rows for name in PLACES if row.detail.get(name)}
    names = _names(work, sorted(ids))
    audiences = sorted({str(row.detail["audience"]) for row in rows if row.detail.get("audience")})
    known = {**names, **audience.labels(work, audiences)}
    return [
        {
            "at": row.at,
            "actor": row.actor,
            "actor_name": names.get(row.actor.removeprefix("person:"), NOBODY.get(row.actor, "")),
            "action": row.action,
            "words": ACTIONS.get(row.action, row.action),
            "subject": row.subject,
            "subject_name": names.get(row.subject, ""),
            "refused": row.outcome == "refused",
            "detail": details(row.detail, known, fields),
        }
        for row in rows
    ]


def _names(work: Work, ids: list[str]) -> Mapping[str, str]:
    """Names of the persons and schools among the ids; titles of resources are their authors' own."""
    found: dict[str, str] = {}
    for start in range(0, len(ids), 500):
        part = ids[start : start + 500]
        for table in (Person, Organisation):
            rows = work.session.execute(select(col(table.id), col(table.name)).where(col(table.id).in_(part)))
            found.update((ident, name) for ident, name in rows)
    return found
