"""Grants: who a resource is opened to, in which role, until when; and the account of it."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import func, or_, select
from sqlmodel import col

from service.errors import Conflict, FieldError, Invalid, NotFound
from service.library import feed, notices, shapes, versions
from service.library.callers import active_partnership
from service.library.fields import Instant, invalid
from service.library.resources import load
from service.models import Grant, Organisation, Partnership, Person, Resource, Team, Version
from service.permissions import EDITOR, MANAGER, ROLE_NAMES, ROLES, Scope, Sight, require, require_scope
from service.work import Work

_AUDIENCE = re.compile(r"(public|paired|link)|(city|county|pair|school|team|person):([0-9a-z]{1,26})")


class Wanted(BaseModel):
    """What a caller asks for: an audience and what it may do, over [not_before, expires_at)."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"audience": "paired", "role": "viewer"}]}
    )

    audience: str = Field(
        max_length=40,
        description="public | paired | link | city:ID | county:ID | pair:ID | school:ID | team:ID | person:ID",
    )
    role: Literal["viewer", "commenter", "editor", "manager"] = "viewer"
    not_before: Instant | None = None
    expires_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class Reach:
    """How far an audience reaches: `near` is no wider than one school partnership; `open` is the world."""

    near: bool
    open: bool = False


def give(work: Work, resource_id: str, wanted: Wanted) -> dict[str, Any]:
    """Open the resource to an audience. Near audiences at once; wider ones once the school has approved them.

    Given again to the same audience it replaces the former grant. Returns the Grant of api.md.
    """
    require_scope(work.caller, Scope.SHARE)
    seen = require(work.session, work.caller, resource_id, work.now, "share")
    resource = load(work, resource_id)
    version = work.session.get_one(Version, resource.draft_id or resource.published_id)
    if ROLES[wanted.role] >= EDITOR:
        seen.require("entrust")
    reach = check(work, wanted, school_id=resource.school_id, stage=version.stage, subject=version.subject)
    if wanted.audience == "link":  # its id is ours, so that nobody can guess it
        wanted = wanted.model_copy(update={"audience": f"link:{work.ids()}"})
    approved = _approved(work, resource, seen, wanted.audience, reach)
    if reach.open and approved and resource.published_id:
        versions.refresh_children_clear(work, resource)
        if not resource.children_clear:
            raise versions.unclear(work, resource)
    for former in live(work, resource_id, wanted.audience):
        _keep_a_manager(work, former, becomes=ROLES[wanted.role])
        former.revoked_at = work.now
    grant = _row(work, resource, wanted, reach, approved=approved)
    work.session.add(grant)
    schedule(work, grant)
    notices.shared(work, grant)
    if not approved:
        resource.revision += 1  # what a review decides on has changed
        if resource.published_id is not None:
            versions.ask_for_review(work, resource)
    work.audit("grant.give", resource_id, audience=wanted.audience, role=wanted.role)
    feed.touch(work, resource_id)
    return shape(grant, resource, work.now)


def grant_at_once(work: Work, resource: Resource, wanted: Wanted, reach: Reach) -> None:
    """A checked grant of an operator's import: approved by who runs it."""
    grant = _row(work, resource, wanted, reach, approved=True)
    work.session.add(grant)
    schedule(work, grant)


def parse(data: Mapping[str, Any]) -> Wanted:
    """Raises Invalid naming each wrong field."""
    try:
        return Wanted.model_validate(data)
    except ValidationError as error:
        raise invalid(error) from error


def _row(work: Work, resource: Resource, wanted: Wanted, reach: Reach, *, approved: bool) -> Grant:
    return Grant(
        id=work.ids(),
        resource_id=resource.id,
        audience=wanted.audience,
        role=ROLES[wanted.role],
        near=reach.near,
        open=reach.open,
        approved=approved,
        not_before=wanted.not_before,
        expires_at=wanted.expires_at,
        granted_by=work.caller.actor,
        created_at=work.now,
        clocked=wanted.not_before is None and wanted.expires_at is None,
    )


def _check_term(work: Work, not_before: datetime | None, expires_at: datetime | None) -> None:
    if any(moment is not None and moment.tzinfo is None for moment in (not_before, expires_at)):
        raise Invalid(
            "请写明时区。",
            errors=[
                FieldError(
                    "expires_at",
                    "例如 2026-09-01T08:00:00+08:00。",
                    english="For example 2026-09-01T08:00:00+08:00.",
                )
            ],
            english="Give the time zone.",
        )
    if expires_at is not None and expires_at <= (not_before or work.now):
        raise Invalid(
            "结束时间要晚于开始时间和现在。",
            errors=[FieldError("expires_at", "请选一个以后的时间。", english="Choose a later time.")],
            english="The end must be after the start and in the future.",
        )


def _approved(work: Work, resource: Resource, seen: Sight, audience: str, reach: Reach) -> bool:
    """Whether the grant counts at once."""
    if seen.school_admin and resource.published_id is not None:
        return True
    if not reach.near:
        return False
    school = work.session.get_one(Organisation, resource.school_id)
    to_schools = audience.startswith(("school:", "pair:"))
    return not (school.reviews_sharing and to_schools and resource.published_id is None)


def schedule(work: Work, grant: Grant) -> None:
    """Have the clock job write the feed when the grant starts or ends."""
    moments = [at for at in (grant.not_before, grant.expires_at) if at is not None and at > work.now]
    if moments:
        work.enqueue("clock", grant.id, run_at=min(moments), priority=1)


def tick(work: Work, grant_id: str) -> None:
    """A grant has started or ended: write it to the feed and the index. A job; safe to run again."""
    grant = work.session.get(Grant, grant_id)
    if grant is None:
        return
    grant.clocked = grant.expires_at is None or grant.expires_at <= work.now
    feed.touch(work, grant.resource_id)
    schedule(work, grant)


def check(work: Work, wanted: Wanted, *, school_id: str, stage: str | None, subject: str | None) -> Reach:
    """Check the term, that the audience exists, and that what is of this school, stage and subject may be shared with
    it. Raises Invalid or Conflict."""
    _check_term(work, wanted.not_before, wanted.expires_at)
    match = _AUDIENCE.fullmatch(wanted.audience)
    if match is None:
        raise _wrong(
            "共享对象的写法不正确。例如 public、pair:编号、school:编号、person:编号。",
            "This is no audience. Write public, pair:ID, school:ID, person:ID or the like.",
        )
    kind, ident = match.group(1) or match.group(2), match.group(3)
    if kind == "pair":
        reach = _pair(work, ident, school_id, stage, subject)
    elif kind == "team":
        reach = _team(work, ident)
    else:
        reach = _PLACES[kind](work, ident)
    if not reach.near and ROLES[wanted.role] >= EDITOR:
        raise Invalid(
            "编辑权限只能给个人、团队、学校或一对结对学校。",
            errors=[
                FieldError(
                    "role",
                    "面向更大范围时请选查看或评论。",
                    english="Use viewer or commenter for wider audiences.",
                )
            ],
            english="Only a person, a team, a school or one pair of schools may be given editing.",
        )
    return reach


def _wrong(message: str, english: str) -> Invalid:
    return Invalid(message, english=english, errors=[FieldError("audience", message, english)])


def _organisation(level: str, near: bool) -> Callable[[Work, str], Reach]:
    def reach(work: Work, ident: str) -> Reach:
        found = work.session.get(Organisation, ident)
        if found is None or found.level != level:
            raise _wrong("没有找到这个单位，请核对编号。", "There is no such organisation.")
        return Reach(near=near)

    return reach


def _person(work: Work, ident: str) -> Reach:
    person = work.session.get(Person, ident)
    if person is None or person.disabled_at is not None:
        raise _wrong("没有找到这位老师，请核对编号。", "There is no such person.")
    return Reach(near=True)


def _team(work: Work, ident: str) -> Reach:
    if work.session.get(Team, ident) is None or f"team:{ident}" not in work.caller.tokens:
        raise _wrong("没有找到这个团队，或您不在其中。", "There is no such team, or you are not in it.")
    return Reach(near=True)


def _pair(work: Work, ident: str, school_id: str, stage: str | None, subject: str | None) -> Reach:
    """A partnership of this school, its county or city, in force, and open to its stage and subject."""
    school = work.session.get_one(Organisation, school_id)
    sides = {school.id, school.city_id, school.county_id}
    found = work.session.get(Partnership, ident)
    if found is None or not sides & {found.helper_id, found.aided_id}:
        raise _wrong(
            "没有找到这个结对关系，或本校不在其中。",
            "There is no such partnership, or the school is not in it.",
        )
    in_force_now = select(col(Partnership.id)).where(
        col(Partnership.id) == ident, active_partnership(work.now)
    )
    if work.session.execute(in_force_now).first() is None:
        raise Conflict(
            "这个结对关系现在没有生效（未开始、已暂停或已结束），不能用它共享。",
            english="The partnership is not in force, so nothing can be shared through it.",
        )
    for allowed, value, word in (
        (found.stages, stage, "学段"),
        (found.subjects, subject, "学科"),
    ):
        if allowed and value not in allowed:
            raise Conflict(
                f"这个结对关系限定了{word}，这份资源不在其中。请先填写或更改{word}，或选择别的共享对象。",
                english="The partnership is narrowed to some stages or subjects, and this resource is not among them.",
            )
    return Reach(near=found.level == "school")


_PLACES: dict[str, Callable[[Work, str], Reach]] = {
    "public": lambda _work, _ident: Reach(near=False, open=True),
    "link": lambda _work, _ident: Reach(near=False, open=True),
    "paired": lambda _work, _ident: Reach(near=False),
    "city": _organisation("city", near=False),
    "county": _organisation("county", near=False),
    "school": _organisation("school", near=True),
    "person": _person,
}


def live(work: Work, resource_id: str, audience: str | None = None) -> Sequence[Grant]:
    query = select(Grant).where(
        col(Grant.resource_id) == resource_id,
        col(Grant.revoked_at).is_(None),
        or_(col(Grant.expires_at).is_(None), col(Grant.expires_at) > work.now),
    )
    if audience is not None:
        query = query.where(col(Grant.audience) == audience)
    return work.session.scalars(query.order_by(col(Grant.role).desc(), col(Grant.id))).all()


def _keep_a_manager(work: Work, grant: Grant, becomes: int = 0) -> None:
    if grant.role < MANAGER or becomes >= MANAGER:
        return
    others = select(func.count()).where(
        col(Grant.resource_id) == grant.resource_id,
        col(Grant.role) >= MANAGER,
        col(Grant.id) != grant.id,
        col(Grant.revoked_at).is_(None),
        col(Grant.expires_at).is_(None),
    )
    if work.session.execute(others).scalar_one() == 0:
        raise Conflict(
            "每份资源至少要有一位负责人。请先把负责人权限交给另一位老师，再移除自己。",
            english="A resource needs a manager. Give that role to somebody else first.",
        )


def take_back(work: Work, resource_id: str, grant_id: str) -> None:
    """Revoke: counts from the commit, everywhere."""
    require_scope(work.caller, Scope.SHARE)
    seen = require(work.session, work.caller, resource_id, work.now, "share")
    grant = work.session.get(Grant, grant_id)
    if grant is None or grant.resource_id != resource_id or grant.revoked_at is not None or _inner(grant):
        raise NotFound(
            "没有找到这条共享。它可能已经被收回。",
            english="There is no such grant. It may have been revoked.",
        )
    if grant.role >= EDITOR:
        seen.require("entrust")
    _keep_a_manager(work, grant)
    grant.revoked_at = work.now
    work.audit("grant.revoke", resource_id, audience=grant.audience)
    feed.touch(work, resource_id)


def _inner(grant: Grant) -> bool:
    """Rows the review keeps for itself; nobody shares with them or takes them back by hand."""
    return grant.audience.startswith(("review:", "client:"))


def listing(work: Work, resource_id: str) -> list[dict[str, Any]]:
    """Grants not revoked and not over, for those who may share."""
    require(work.session, work.caller, resource_id, work.now, "share")
    resource = load(work, resource_id)
    return [shape(grant, resource, work.now) for grant in live(work, resource_id) if not _inner(grant)]


def waiting(work: Work, resource_id: str) -> list[str]:
    """Audiences that await the school's approval, for its reviewer."""
    require(work.session, work.caller, resource_id, work.now, "share")
    return [grant.audience for grant in live(work, resource_id) if not grant.approved]


def state(grant: Grant, resource: Resource, now: datetime) -> str:
    """active; scheduled (not begun); waiting (for the school's approval); sleeping (until publication); blocked (may
    show children)."""
    if grant.not_before is not None and grant.not_before > now:
        return "scheduled"
    if not grant.approved:
        return "waiting"
    if (
        grant.role < EDITOR
        and resource.status != "published"
        and not (grant.near and not resource.published_id)
    ):
        return "sleeping"
    return "blocked" if grant.open and not resource.children_clear else "active"


def shape(grant: Grant, resource: Resource, now: datetime) -> dict[str, Any]:
    """The Grant of api.md, with its state."""
    return {
        "id": grant.id,
        "audience": grant.audience,
        "role": ROLE_NAMES[grant.role],
        "not_before": grant.not_before and shapes.instant(grant.not_before),
        "expires_at": grant.expires_at and shapes.instant(grant.expires_at),
        "state": state(grant, resource, now),
    }
