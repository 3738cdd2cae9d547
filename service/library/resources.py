"""Resources: create, read, list, change, remove and bring back."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlmodel import col

from service.errors import Conflict, Denied, FieldError, Invalid, NotFound
from service.library import collation, feed, fields, listing, markdown, notices, shapes, vocabulary
from service.library.fields import NewResource
from service.models import (
    Grant,
    Organisation,
    Person,
    Resource,
    Version,
    VersionFile,
    fetch,
)
from service.permissions import MANAGER, Scope, require, require_scope
from service.work import Work

Condition = Callable[[str], None]
"""Called with the current ETag; raises Stale where the caller's condition does not hold."""


def unconditional(_etag: str) -> None:
    """No condition."""


def create(
    work: Work, data: Mapping[str, Any], *, key: str | None = None, adapted_from: str | None = None
) -> str:
    """Make a draft of the caller's school; returns its id. Invisible to everyone but the caller until shared.

    Raises Invalid, NotFound for a source she does not see, Conflict for a key that the school has already.
    """
    require_scope(work.caller, Scope.WRITE)
    if work.caller.school_id is None:
        raise Invalid(
            "您的账号没有所属学校，不能新建资源。请联系学校管理员为您登记任职。",
            english="Your account belongs to no school, so that it cannot own resources.",
        )
    parsed = fields.new_resource(data)
    if key is not None:
        _require_free(work, key, work.caller.school_id)
    if adapted_from is not None:
        require(work.session, work.caller, adapted_from, work.now)
    resource, _draft = insert(
        work, parsed, school_id=work.caller.school_id, key=key, adapted_from=adapted_from
    )
    work.audit("resource.create", resource.id)
    return resource.id


def _require_free(work: Work, key: str, school_id: str) -> None:
    taken = select(col(Resource.id)).where(col(Resource.school_id) == school_id, col(Resource.key) == key)
    if work.session.execute(taken).first() is not None:
        raise Conflict(
            "这个编号已经有资源了。请换一个编号，或重新打开新建页再填写。",
            english="A resource of the school has this key already. Use another.",
        )


def insert(
    work: Work,
    parsed: NewResource,
    *,
    school_id: str,
    key: str | None = None,
    adapted_from: str | None = None,
) -> tuple[Resource, Version]:
    """Add the rows of a new draft: resource, first version, its maker's grant. Nothing is flushed, so that an import
    adds many and pays once."""
    values = parsed.model_dump(exclude={"kind"})
    if not values["credits"] and work.caller.person_id is not None:
        values["credits"] = [_own_credit(work, school_id)]
    if values["stage"] is None and values["grade"] is not None:
        values["stage"] = vocabulary.stage_of(values["grade"], values["system"] or _system(work, school_id))
    resource = Resource(
        id=work.ids(),
        key=key,
        kind=parsed.kind,
        school_id=school_id,
        created_by=work.caller.person_id,
        adapted_from=adapted_from,
        acl_stale=False,
        readers=[],
        created_at=work.now,
        updated_at=work.now,
    )
    version = Version(
        id=work.ids(),
        resource_id=resource.id,
        number=1,
        title_order=collation.sort_key(values["title"]),
        plain=markdown.plain(values["content"]),
        created_by=work.caller.person_id,
        created_at=work.now,
        updated_at=work.now,
        **values,
    )
    resource.draft_id = version.id
    makers = [work.caller.actor] if work.caller.person_id else [work.caller.actor, f"review:{school_id}"]
    work.session.add_all([resource, version])
    for maker in makers:
        work.session.add(system_grant(work, resource, maker, MANAGER))
    feed.touch(work, resource.id)
    return resource, version


def system_grant(work: Work, resource: Resource, audience: str, role: int) -> Grant:
    """A near grant that the program gives by itself: to the maker, the own school, its reviewers."""
    return Grant(
        id=work.ids(),
        resource_id=resource.id,
        audience=audience,
        role=role,
        near=True,
        granted_by=work.caller.actor,
        created_at=work.now,
    )


def _own_credit(work: Work, school_id: str) -> dict[str, str | None]:
    person = work.session.get(Person, work.caller.person_id)
    school = work.session.get(Organisation, school_id)
    return {
        "person": person.name if person else work.caller.name,
        "school": school.name if school else None,
        "enterprise": None,
        "part": None,
    }


def _system(work: Work, school_id: str) -> str:
    school = work.session.get(Organisation, school_id)
    return (school.system if school else None) or "63"


def view(work: Work, resource_id: str, version: str | None = None) -> tuple[dict[str, Any], str]:
    """The Resource that this caller may read, and its ETag.

    `version`: None for the newest published (else the draft shared with her), "draft", or a number. What she may not
    read is NotFound, as if it did not exist.
    """
    seen = require(work.session, work.caller, resource_id, work.now)
    query = _SHOWN
    if version is not None:
        wanted = _version_id(resource_id, version, draft=seen.draft)
        query = shapes.rows(wanted, content=True).where(_THIS)
    row = fetch(work.session, query, {"resource_id": resource_id}).one_or_none()
    if row is None or (
        version not in (None, "draft") and not _readable(row, draft=seen.draft, history=seen.history)
    ):
        raise NotFound(
            "没有找到这个版本。它可能还没有发布，或没有共享给您。",
            english="There is no such version, or it is not shared with you.",
        )
    files = shapes.files_of(work.session, [row.version_id])[row.version_id]
    found = shapes.shape(row, files, role=seen.role)
    listing.hide_unseen_sources(work, [found])
    return found, shapes.etag(row.revision)


_THIS = col(Resource.id) == bindparam("resource_id")
_SHOWN = shapes.rows(content=True).where(_THIS)


def _version_id(resource_id: str, version: str, *, draft: bool) -> Any:
    if version == "draft":
        if not draft:
            raise NotFound(
                "没有找到草稿。草稿只有编辑者可以看到。", english="There is no draft; only editors see one."
            )
        return col(Resource.draft_id)
    if not version.isascii() or not version.isdigit() or len(version) > 6:
        raise Invalid(
            "版本号不正确。",
            errors=[
                FieldError(
                    "version",
                    "应为 draft 或版本号，例如 3。",
                    english="Use draft or a number, for example 3.",
                )
            ],
            english="This version is not a number.",
        )
    return (
        select(col(Version.id))
        .where(col(Version.resource_id) == resource_id, col(Version.number) == int(version))
        .scalar_subquery()
    )


def _readable(row: Any, *, draft: bool, history: bool) -> bool:
    return draft if row.version_status in ("draft", "submitted") else history


def update(
    work: Work, resource_id: str, data: Mapping[str, Any], if_match: Condition = unconditional
) -> None:
    """Change fields of the draft; a published resource gets one first. Readers keep the published version."""
    require_scope(work.caller, Scope.WRITE)
    require(work.session, work.caller, resource_id, work.now, "edit")
    resource = load(work, resource_id)
    if_match(shapes.etag(resource.revision))
    draft = open_draft(work, resource)
    current = {name: getattr(draft, name) for name in fields.VERSION_FIELDS}
    changed = {name: value for name, value in fields.changes(current, data).items() if value != current[name]}
    if not changed:
        return
    for name, value in changed.items():
        setattr(draft, name, value)
    draft.title_order = collation.sort_key(draft.title)
    draft.plain = markdown.plain(draft.content)
    work.audit("resource.update", resource_id, fields=",".join(sorted(changed)))
    changed_now(work, resource, draft)


def load(work: Work, resource_id: str) -> Resource:
    """The row of a resource whose right was checked already."""
    resource = work.session.get(Resource, resource_id)
    if resource is None or resource.deleted_at is not None:
        raise NotFound("没有找到这份资源。", english="There is no such resource.")
    return resource


def changed_now(work: Work, resource: Resource, draft: Version | None = None) -> None:
    """Bump the revision and have the change written to feed and index."""
    resource.revision += 1
    resource.updated_at = work.now
    if draft is not None:
        draft.updated_at = work.now
    feed.touch(work, resource.id)


def open_draft(work: Work, resource: Resource) -> Version:
    """The draft, made from the published version where there is none. A submitted one must be returned first."""
    if resource.draft_id is not None:
        draft = work.session.get_one(Version, resource.draft_id)
        if draft.status == "submitted":
            raise Conflict(
                "这份资源正在审核，暂时不能修改。如需修改，请先撤回提交，或等待审核结果。",
                english="It is under review; return it first.",
            )
        return draft
    source = work.session.get_one(Version, resource.published_id)
    number = work.session.execute(
        select(func.max(col(Version.number))).where(col(Version.resource_id) == resource.id)
    ).scalar_one()
    draft = Version(
        id=work.ids(),
        resource_id=resource.id,
        number=number + 1,
        title_order=source.title_order,
        plain=source.plain,
        created_by=work.caller.person_id,
        created_at=work.now,
        updated_at=work.now,
        **{name: getattr(source, name) for name in fields.VERSION_FIELDS},
    )
    work.session.add(draft)
    work.session.flush()
    links = work.session.scalars(select(VersionFile).where(col(VersionFile.version_id) == source.id)).all()
    work.session.add_all(
        VersionFile(version_id=draft.id, file_id=link.file_id, position=link.position, alt=link.alt)
        for link in links
    )
    resource.draft_id = draft.id
    return draft


def remove(work: Work, resource_id: str, if_match: Condition = unconditional) -> None:
    """Never published: into the bin. Published: withdrawn; its draft stays."""
    require_scope(work.caller, Scope.WRITE)
    seen = require(work.session, work.caller, resource_id, work.now)
    resource = load(work, resource_id)
    seen.require("withdraw" if resource.published_id else "manage")
    if_match(shapes.etag(resource.revision))
    if resource.published_id is None:
        resource.deleted_at = work.now
        work.enqueue("purge", resource_id, run_at=work.now + timedelta(days=work.settings.bin_days))
        work.audit("resource.bin", resource_id)
    else:
        resource.status, resource.held = "withdrawn", not seen.allows("manage")
        if resource.held:
            notices.decided(work, resource_id, "withdrawn")
        work.audit("resource.withdraw", resource_id)
    changed_now(work, resource)


def withdraw(work: Work, resource_id: str, if_match: Condition = unconditional) -> None:
    """Take a published resource back from its readers."""
    seen = require(work.session, work.caller, resource_id, work.now)
    if not seen.published:
        seen.require("withdraw")
        raise Conflict("只有已发布的资源可以撤回。", english="Only what is published can be withdrawn.")
    remove(work, resource_id, if_match)


def restore(work: Work, resource_id: str) -> None:
    """Undo `remove`: out of the bin, or published again."""
    require_scope(work.caller, Scope.WRITE)
    resource = work.session.get(Resource, resource_id)
    if resource is None or not (resource.deleted_at is None or _managed(work, resource_id)):
        raise NotFound("没有找到这份资源。", english="There is no such resource.")
    if resource.deleted_at is not None:
        resource.deleted_at = None
    else:
        seen = require(work.session, work.caller, resource_id, work.now)
        if resource.status != "withdrawn":
            raise Conflict("这份资源没有被撤回，无需恢复。", english="The resource is not withdrawn.")
        seen.require("manage")
        if resource.held:
            raise Denied(
                "这份资源是学校管理员撤回的。请修改后重新提交审核，通过后会再次发布。",
                english="The school's administrator withdrew it. Change it and submit it for review again.",
            )
        resource.status = "published"
    work.audit("resource.restore", resource_id)
    changed_now(work, resource)


def _managed(work: Work, resource_id: str) -> bool:
    query = listing.manager_grants(work).where(col(Grant.resource_id) == resource_id)
    return work.session.execute(query).first() is not None
