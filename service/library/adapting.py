"""改编: a resource of one's own made from another: its text, its fields and copies of its files, with where it is from."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from service.errors import Invalid
from service.library import files, resources, uploads
from service.library.derived import Opens
from service.library.fields import VERSION_FIELDS
from service.models import File, Organisation, Resource, Version
from service.permissions import Scope, require_scope
from service.work import Work

MOST = 200 * 1024 * 1024
"""Bytes of files that are copied with it; the rest stays where it is, and is told."""
BLOCK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Adapted:
    """The new draft, and the names of the files that it has not."""

    id: str
    left_out: tuple[str, ...]


def adapt(reading: Opens, writing: Opens, resource_id: str) -> Adapted:
    """Make a draft of the caller's school from what she sees of a resource. Files that show children stay: their
    consent was given to another school.

    Raises NotFound, Unauthenticated, Invalid for a caller of no school.
    """
    with reading() as work:
        require_scope(work.caller, Scope.WRITE)
        found, _etag = resources.view(work, resource_id)
        source = _files(work, found)
        chosen = _affordable(work, source)
        copies = {file.id: _copied(work, file) for file in chosen}
    with writing() as work:
        made = _draft(work, found)
        resource = work.session.get_one(Resource, made)
        draft = work.session.get_one(Version, resource.draft_id)
        for file in chosen:
            files.add(work, resource, draft, _twin(work, resource, file, copies[file.id]))
    return Adapted(made, tuple(file.name for file in source if file.id not in copies))


def _files(work: Work, found: dict[str, Any]) -> list[File]:
    """The files of the version that she sees, in their order."""
    ids = [file["id"] for file in found["files"]]
    rows = {row.id: row for row in work.session.scalars(select(File).where(col(File.id).in_(ids)))}
    return [rows[file_id] for file_id in ids]


def _affordable(work: Work, source: list[File]) -> list[File]:
    rest, chosen = min(MOST, uploads.limits(work).remaining), []
    for file in source:
        if file.shows_children != "yes" and not file.withheld and file.size <= rest:
            rest -= file.size
            chosen.append(file)
    return chosen


def _copied(work: Work, file: File) -> str:
    """The key of a copy of the bytes. Objects come before rows: one without a row is swept."""
    key = f"files/{work.ids()}"
    with work.objects.open(file.object_key) as stream:
        work.objects.put(key, iter(lambda: stream.read(BLOCK), b""))
    return key


def _draft(work: Work, found: dict[str, Any]) -> str:
    if work.caller.school_id is None:
        raise Invalid(
            "您的账号没有所属学校，不能改编资源。请联系学校管理员为您登记任职。",
            english="Your account belongs to no school, so that it cannot own resources.",
        )
    own = work.session.get_one(Organisation, work.caller.school_id)
    data = {name: found[name] for name in ("kind", *VERSION_FIELDS)}
    adapter = {"person": work.caller.name, "school": own.name, "part": "改编"}
    data["credits"] = [*found["credits"], adapter][-50:]
    return resources.create(work, data, adapted_from=found["id"])


def _twin(work: Work, resource: Resource, file: File, key: str) -> File:
    return File(
        id=work.ids(), resource_id=resource.id, object_key=key, name=file.name, media_type=file.media_type,
        size=file.size, sha256=file.sha256, created_by=work.caller.person_id, created_at=work.now,
    )  # fmt: skip
