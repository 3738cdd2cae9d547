"""The life of a version: submitted, published or returned, replaced; and of its resource: withdrawn and back."""

from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, func, or_, select
from sqlmodel import col

from service.errors import Conflict, Denied, FieldError, Invalid
from service.library import notices, shapes
from service.library.fields import visible
from service.library.listing import shaped
from service.library.resources import Condition, changed_now, load, system_grant, unconditional
from service.models import File, Grant, Organisation, Resource, Version, VersionFile, fetch
from service.permissions import EDITOR, MANAGER, VIEWER, Scope, in_force, require, require_scope
from service.work import Work

RECORDED = ("image/", "audio/", "video/")
"""Media types that may show children, so that each file of them must say."""
OPEN_QUESTION = or_(
    col(File.shows_children) == "yes",
    and_(
        col(File.shows_children) != "no",
        or_(*(col(File.media_type).startswith(prefix) for prefix in RECORDED)),
    ),
)
"""SQL: a file that keeps a resource from being public. Another type is asked where it is made of photographs."""


def history(work: Work, resource_id: str) -> list[dict[str, Any]]:
    """The versions that the caller may read, newest first."""
    seen = require(work.session, work.caller, resource_id, work.now)
    statuses = (["published", "replaced"] if seen.history else []) + (
        ["draft", "submitted"] if seen.draft else []
    )
    return [
        {
            "version": version.number,
            "status": version.status,
            "title": version.title,
            "updated_at": shapes.instant(version.updated_at),
            "submitted_at": version.submitted_at and shapes.instant(version.submitted_at),
            "published_at": version.published_at and shapes.instant(version.published_at),
            "review_note": version.review_note if seen.draft else "",
        }
        for version in fetch(work.session, _HISTORY, {"resource_id": resource_id, "statuses": statuses})
    ]


_HISTORY = (
    select(
        col(Version.number),
        col(Version.status),
        col(Version.title),
        col(Version.updated_at),
        col(Version.submitted_at),
        col(Version.published_at),
        col(Version.review_note),
    )
    .where(
        col(Version.resource_id) == bindparam("resource_id"),
        col(Version.status).in_(bindparam("statuses", expanding=True)),
    )
    .order_by(col(Version.number).desc())
)


def submit(work: Work, resource_id: str, if_match: Condition = unconditional) -> None:
    """Send the draft to the school's administrator. Sent twice, it is sent once."""
    resource, draft = _draft(work, resource_id, "manage", if_match)
    if draft.status == "submitted":
        return
    _complete(work, resource, draft)
    draft.status, draft.submitted_at, draft.submitted_by = "submitted", work.now, work.caller.person_id
    draft.review_note = ""
    if resource.published_id is None:
        resource.status = "submitted"
    ask_for_review(work, resource)
    work.audit("version.submit", resource_id, version=draft.number)
    changed_now(work, resource)


def ask_for_review(work: Work, resource: Resource) -> None:
    """Let the school's administrators see what awaits them; what is withdrawn is open to editors alone."""
    role = EDITOR if resource.status == "withdrawn" else VIEWER
    if not any(grant.role >= role for grant in _review_grants(work, resource.id)):
        _review_is_over(work, resource.id)
        work.session.add(system_grant(work, resource, f"review:{resource.school_id}", role))
        notices.waits(work, resource)


def _review_grants(work: Work, resource_id: str) -> list[Grant]:
    return list(
        work.session.scalars(
            select(Grant).where(
                col(Grant.resource_id) == resource_id,
                col(Grant.audience).startswith("review:", autoescape=True),
                col(Grant.role) < MANAGER,
                in_force(work.now),
            )
        )
    )


def _review_is_over(work: Work, resource_id: str) -> None:
    for grant in _review_grants(work, resource_id):
        grant.revoked_at = work.now
    notices.done(work, resource_id, "submitted")


def publish(work: Work, resource_id: str, if_match: Condition = unconditional) -> None:
    """Approve what is submitted (the version, the wider audiences, or both) and let readers have it.

    The school's administrator may; so may its manager where the school waives review and nothing in it reaches
    further than one school partnership. Published twice, it is published once.
    """
    require_scope(work.caller, Scope.WRITE)
    seen = require(work.session, work.caller, resource_id, work.now)
    resource = load(work, resource_id)
    if_match(shapes.etag(resource.revision))
    draft = work.session.get(Version, resource.draft_id) if resource.draft_id else None
    waiting = _waiting(work, resource_id)
    nothing = draft is None and not waiting
    if nothing and resource.status == "published" and (seen.school_admin or seen.allows("manage")):
        return
    approves = seen.reviewer or (seen.school_admin and seen.role >= MANAGER)
    if not approves:
        seen.require("manage")
        _require_waiver(work, resource)
    if nothing:
        raise Conflict(
            "这份资源没有可以发布的草稿。撤回的资源请用“恢复”。",
            english="The resource has no draft to publish. To publish a withdrawn one again, restore it.",
        )
    if draft is not None and (draft.status == "submitted" or seen.role >= MANAGER):
        _publish_draft(work, resource, draft)
    for grant in waiting:
        grant.approved = True
    _require_no_children(work, resource)
    _review_is_over(work, resource_id)
    notices.decided(work, resource_id, "published")
    work.audit("version.publish", resource_id, version=draft.number if draft else None)
    changed_now(work, resource)


def _publish_draft(work: Work, resource: Resource, draft: Version) -> None:
    _complete(work, resource, draft)
    if resource.published_id is None:
        _open_to_own_school(work, resource)
    else:
        work.session.get_one(Version, resource.published_id).status = "replaced"
    _move_pointer(work, resource, draft)
    refresh_children_clear(work, resource)


def publish_new(
    work: Work, resource: Resource, draft: Version, *, children_clear: bool, to_own_school: bool = True
) -> None:
    """Publish a draft that was inserted in this unit of work, without a review: for an operator's import, who answers
    for what she imports. Asks the database nothing."""
    if to_own_school:
        work.session.add(system_grant(work, resource, f"school:{resource.school_id}", VIEWER))
    _move_pointer(work, resource, draft)
    resource.children_clear = children_clear


def _move_pointer(work: Work, resource: Resource, draft: Version) -> None:
    draft.status, draft.published_at = "published", work.now
    draft.published_by = work.caller.person_id
    resource.published_id, resource.draft_id, resource.status = draft.id, None, "published"
    resource.held = False


def _open_to_own_school(work: Work, resource: Resource) -> None:
    """What a school publishes its own members can read, unless they were given it already (with another role, until
    some day); the grant is a row like any other and can be revoked afterwards."""
    audience = f"school:{resource.school_id}"
    known = select(col(Grant.id)).where(
        col(Grant.resource_id) == resource.id, col(Grant.audience) == audience, _lasts(work)
    )
    if work.session.execute(known.limit(1)).first() is None:
        work.session.add(system_grant(work, resource, audience, VIEWER))


def _waiting(work: Work, resource_id: str) -> list[Grant]:
    """Grants in force or to come that await approval."""
    return list(
        work.session.scalars(
            select(Grant).where(
                col(Grant.resource_id) == resource_id,
                ~col(Grant.approved),
                _lasts(work),
            )
        )
    )


def _lasts(work: Work) -> ColumnElement[bool]:
    """Neither revoked nor over: in force or to come."""
    return and_(
        col(Grant.revoked_at).is_(None),
        or_(col(Grant.expires_at).is_(None), col(Grant.expires_at) > work.now),
    )


def _require_waiver(work: Work, resource: Resource) -> None:
    school = work.session.get_one(Organisation, resource.school_id)
    if not school.waives_review:
        raise Denied(
            "发布前需要本校管理员审核。请点“提交审核”，通过后会自动发布。", english="Submit it for review."
        )
    wider = select(col(Grant.id)).where(
        col(Grant.resource_id) == resource.id, ~col(Grant.near), col(Grant.revoked_at).is_(None)
    )
    if work.session.execute(wider.limit(1)).first() is not None:
        raise Denied(
            "共享范围超出一对结对学校时，发布需要本校管理员审核。请点“提交审核”，或先收窄共享范围。",
            english="The audience is wider than one pair of schools, so the school's administrator has to review it.",
        )


def _complete(work: Work, resource: Resource, draft: Version) -> None:
    """What a version needs before others may rely on it."""
    if not visible(draft.title):
        raise Invalid(
            "请先填写标题。",
            errors=[FieldError("title", "必填，请补上。", english="Required.")],
            english="Give it a title first.",
        )


def _require_no_children(work: Work, resource: Resource) -> None:
    """Public and link sharing is refused while a picture or recording has not said that it shows no children."""
    opened = select(col(Grant.id)).where(
        col(Grant.resource_id) == resource.id,
        col(Grant.open),
        col(Grant.approved),
        col(Grant.revoked_at).is_(None),
    )
    if resource.children_clear or work.session.execute(opened.limit(1)).first() is None:
        return
    raise unclear(work, resource)


def unclear(work: Work, resource: Resource) -> Conflict:
    """The refusal that names the files to be answered for."""
    names = "、".join(f"“{name}”" for name in unclear_files(work, resource)[:5])
    return Conflict(
        f"公开或用链接分享之前，每张图片和每段音视频都要说明是否拍到学生，并且只有没有拍到学生的才能公开。请先处理：{names}。",
        english="Every picture and recording must say shows_children: no before it is public or linked.",
    )


def unclear_files(work: Work, resource: Resource) -> list[str]:
    """Names of pictures and recordings, in the shown version or the draft, that may show children."""
    versions = [version_id for version_id in (resource.published_id, resource.draft_id) if version_id]
    query = (
        select(col(File.name))
        .join(VersionFile, col(VersionFile.file_id) == col(File.id))
        .where(
            col(VersionFile.version_id).in_(versions),
            OPEN_QUESTION,
        )
        .distinct()
        .order_by(col(File.name))
    )
    return list(work.session.scalars(query))


def refresh_children_clear(work: Work, resource: Resource) -> None:
    """Keep the column that the permission rule reads. Files of former versions count: they can still be opened."""
    work.session.flush()
    open_question = (
        select(col(File.id))
        .join(VersionFile, col(VersionFile.file_id) == col(File.id))
        .join(Version, col(Version.id) == col(VersionFile.version_id))
        .where(
            col(Version.resource_id) == resource.id,
            col(Version.status).in_(("published", "replaced")),
            OPEN_QUESTION,
        )
    )
    resource.children_clear = work.session.execute(open_question.limit(1)).first() is None


def give_back(work: Work, resource_id: str, reason: str, if_match: Condition = unconditional) -> None:
    """Return what was submitted, with a reason; its manager may take it back without one. Waiting audiences close."""
    require_scope(work.caller, Scope.WRITE)
    seen = require(work.session, work.caller, resource_id, work.now)
    resource = load(work, resource_id)
    if_match(shapes.etag(resource.revision))
    if not seen.reviewer:
        seen.require("manage")
    elif not reason.strip() and seen.role < MANAGER:
        raise Invalid(
            "请写明退回的原因，让作者知道怎么改。",
            errors=[FieldError("reason", "必填，请补上。", english="Required.")],
            english="Say why, so that the author knows what to change.",
        )
    draft = work.session.get(Version, resource.draft_id) if resource.draft_id else None
    waiting = _waiting(work, resource_id) if resource.published_id else []
    if (draft is None or draft.status != "submitted") and not waiting:
        raise Conflict("这份资源没有待审核的内容。", english="Nothing of the resource awaits review.")
    if draft is not None and draft.status == "submitted":
        draft.status, draft.review_note = "draft", reason.strip()[:2000]
        if resource.published_id is None:
            resource.status = "draft"
    if seen.reviewer:
        notices.decided(work, resource_id, "returned", draft.review_note if draft else reason.strip()[:2000])
        for grant in waiting:
            grant.revoked_at = work.now
    _review_is_over(work, resource_id)
    work.audit("version.return", resource_id)
    changed_now(work, resource)


def _draft(work: Work, resource_id: str, action: str, if_match: Condition) -> tuple[Resource, Version]:
    require_scope(work.caller, Scope.WRITE)
    require(work.session, work.caller, resource_id, work.now, action)
    resource = load(work, resource_id)
    if_match(shapes.etag(resource.revision))
    if resource.draft_id is None:
        raise Conflict(
            "这份资源没有草稿。修改已发布的资源会自动生成一份新草稿。",
            english="The resource has no draft. Editing a published one makes a new draft.",
        )
    return resource, work.session.get_one(Version, resource.draft_id)


def queue(work: Work, limit: int = 50) -> list[dict[str, Any]]:
    """What awaits the caller's review, longest waiting first."""
    tokens = [f"review:{school_id}" for school_id in work.caller.reviews]
    awaits = select(col(Grant.resource_id), col(Grant.created_at)).where(
        col(Grant.audience).in_(tokens), col(Grant.role) < MANAGER, in_force(work.now)
    )
    found = awaits.subquery()
    submitted = (
        select(col(Version.id))
        .where(col(Version.id) == col(Resource.draft_id), col(Version.status) == "submitted")
        .correlate(Resource)
        .scalar_subquery()
    )
    query = (
        shapes.rows(func.coalesce(submitted, col(Resource.published_id), col(Resource.draft_id)))
        .join(found, found.c.resource_id == col(Resource.id))
        .where(col(Resource.deleted_at).is_(None))
        .order_by(found.c.created_at, col(Resource.id))
        .limit(limit)
    )
    return shaped(work, work.session.execute(query).all())
