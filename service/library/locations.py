"""拍摄地点: a picture tells where it was taken, which for one taken at school or at home is nobody's business; it is
taken out in one step."""

import hashlib

from sqlalchemy import select
from sqlmodel import col

from service.errors import Conflict
from service.library import files
from service.library.derived import Opens, local_copy
from service.library.resources import changed_now, load, open_draft
from service.models import File, Resource, Version, VersionFile
from service.permissions import Scope, require, require_scope
from service.work import Work


def located(work: Work, resource_id: str) -> frozenset[str]:
    """Ids of the resource's pictures that tell a place."""
    rows = work.session.execute(
        select(col(File.id), col(File.details)).where(
            col(File.resource_id) == resource_id, col(File.media_type).startswith("image/")
        )
    )
    return frozenset(file_id for file_id, details in rows if details.get("gps"))


def remove(reading: Opens, writing: Opens, resource_id: str, file_id: str) -> None:
    """Put the same picture without its place into the draft, where the other stood. Versions that were published with
    it keep it until they are withdrawn.

    Raises NotFound, Denied, Conflict where the picture cannot be written anew.
    """
    with reading() as work:
        file = _of_draft(work, resource_id, file_id)
        with local_copy(work, file.object_key) as path:
            picture = work.extractor.unplaced(path)
        objects, key = work.objects, f"files/{work.ids()}"
    if not picture:
        raise Conflict(
            "这种图片的地点去不掉。请在手机或电脑上另存一份不带地点的图片，再上传。",
            english="The place cannot be taken out of this picture. Save a copy without it, and upload that.",
        )
    objects.put(key, [picture])  # outside of any transaction; without a row it is swept
    with writing() as work:
        _replace(work, resource_id, file_id, key, picture)


def _of_draft(work: Work, resource_id: str, file_id: str) -> File:
    """The file, where the newest version has it and the caller may edit."""
    require_scope(work.caller, Scope.WRITE)
    require(work.session, work.caller, resource_id, work.now, "edit")
    resource = load(work, resource_id)
    file = work.session.get(File, file_id)
    newest = resource.draft_id or resource.published_id
    if file is None or work.session.get(VersionFile, (newest, file_id)) is None:
        raise files.not_in_draft()
    return file


def _replace(work: Work, resource_id: str, file_id: str, key: str, picture: bytes) -> None:
    old = _of_draft(work, resource_id, file_id)
    resource: Resource = load(work, resource_id)
    draft: Version = open_draft(work, resource)
    work.session.flush()
    link = work.session.get_one(VersionFile, (draft.id, file_id))
    made = File(
        id=work.ids(), resource_id=resource_id, object_key=key, name=old.name, media_type=old.media_type,
        size=len(picture), sha256=hashlib.sha256(picture).hexdigest(), shows_children=old.shows_children,
        consent_on=old.consent_on, created_by=work.caller.person_id, created_at=work.now,
    )  # fmt: skip
    files.place(work, resource, draft, made, link.position, link.alt)
    work.session.delete(link)
    work.session.flush()
    work.enqueue("unlink", file_id, priority=8)
    work.enqueue("extract", made.id, priority=4)
    work.audit("file.unplace", resource_id, file=file_id)
    changed_now(work, resource, draft)
