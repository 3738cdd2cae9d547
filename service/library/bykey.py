"""Create or update by the school's own id: what a school's program does every night. Unchanged content writes nothing."""

from typing import Annotated

from pydantic import ConfigDict, Field
from sqlalchemy import select
from sqlmodel import col

from service.errors import Conflict, FieldError, Invalid, Stale
from service.library import fields, files, resources, shapes
from service.library.fields import NewResource
from service.models import File, Resource, Version, VersionFile
from service.permissions import Scope, require, require_scope
from service.work import Work


class Keyed(NewResource):
    """A resource as the school's program holds it: every field, and its files as finished uploads."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"kind": "lesson_case", "title": "秋天的雨", "files": []}]}
    )

    files: Annotated[list[dict[str, str]], Field(max_length=200)] = []
    """`{upload_id, name}` for new bytes, `{sha256}` for what the resource has already."""


def find(work: Work, key: str) -> str | None:
    """Id of the resource of the caller's school with this key, whoever may see it; None where there is none."""
    return work.session.execute(
        select(col(Resource.id)).where(
            col(Resource.school_id) == work.caller.school_id,
            col(Resource.key) == key,
            col(Resource.created_by) == work.caller.person_id,
        )
    ).scalar()


def put(
    work: Work,
    key: str,
    body: Keyed,
    *,
    if_match: resources.Condition | None = None,
    must_be_new: bool = False,
) -> tuple[str, bool]:
    """Returns the resource's id, and whether it was made now."""
    require_scope(work.caller, Scope.WRITE)
    if not 0 < len(key) <= 200 or not key.isprintable() or "\ufffd" in key:  # U+FFFD: was no UTF-8
        raise Invalid(
            "编号不正确。",
            errors=[FieldError("key", "1 到 200 个可见字符。", "1 to 200 printable characters.")],
            english="This key is not accepted.",
        )
    school_id = work.caller.school_id
    if school_id is None:
        raise Invalid(
            "您的账号没有所属学校，不能新建资源。",
            english="Your account belongs to no school, so it cannot make resources.",
        )
    existing = work.session.scalars(
        select(Resource).where(col(Resource.school_id) == school_id, col(Resource.key) == key)
    ).one_or_none()
    data = body.model_dump(exclude_unset=True, exclude={"files"})
    if existing is None:
        if if_match is not None:
            raise Stale(
                "还没有这个编号的资源。要新建，请改用 If-None-Match: *。",
                english="No resource has this key yet. To make it, send If-None-Match: *.",
            )
        resource_id = resources.create(work, data, key=key)
        work.session.flush()
    else:
        resource_id = existing.id
        if must_be_new:
            raise Stale(
                "这个编号已经有资源了。要修改，请带上它的 ETag(If-Match)。",
                english="A resource has this key already. To change it, send its ETag in If-Match.",
            )
        _update(work, existing, data, if_match)
    _require_held(work, resource_id, [item["sha256"] for item in body.files if "sha256" in item])
    for item in body.files:
        if "upload_id" in item:
            files.attach(work, resource_id, item["upload_id"], item.get("name"))
        elif "sha256" not in item:
            raise Invalid(
                "附件缺少上传编号。",
                errors=[
                    FieldError(
                        "files.upload_id", "请填 upload_id 或 sha256。", english="Send upload_id or sha256."
                    )
                ],
                english="A file has no upload_id.",
            )
    return resource_id, existing is None


def _require_held(work: Work, resource_id: str, hashes: list[str]) -> None:
    """Invalid naming the first of these bytes that the resource has not: knowing their hash gives nobody a file."""
    if not hashes:
        return
    resource = work.session.get_one(Resource, resource_id)
    shown = resource.draft_id or resource.published_id
    held = set(
        work.session.scalars(
            select(col(File.sha256))
            .join(VersionFile, col(VersionFile.file_id) == col(File.id))
            .where(col(VersionFile.version_id) == shown)
        )
    )
    if missing := [known for known in hashes if known.lower() not in held]:
        raise Invalid(
            "这份资源没有这个附件，请先上传。",
            errors=[
                FieldError(
                    "files.sha256",
                    f"没有 {missing[0][:64]}，请上传后用 upload_id。",
                    english=f"{missing[0][:64]} is not here: upload it and send its upload_id.",
                )
            ],
            english="The resource has no file of these bytes. Upload it first.",
        )


def _update(
    work: Work, resource: Resource, data: dict[str, object], if_match: resources.Condition | None
) -> None:
    require(work.session, work.caller, resource.id, work.now, "edit")
    if if_match is not None:
        if_match(shapes.etag(resource.revision))
    if data.pop("kind") != resource.kind:
        raise Conflict(
            "这个编号的资源是另一种类型，类型不能更改。请换一个编号。",
            english="The resource of this key is of another kind, which cannot be changed. Use another key.",
        )
    shown = work.session.get_one(Version, resource.draft_id or resource.published_id)
    current = {name: getattr(shown, name) for name in fields.VERSION_FIELDS}
    if any(value != current[name] for name, value in fields.changes(current, data).items()):
        resources.update(work, resource.id, data)
