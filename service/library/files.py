"""Attachments: attach an upload to the draft, list, describe, take out and put back. What is read of them is in `contents`."""

from datetime import date, datetime, time, timedelta
from typing import Any, Literal, NamedTuple

from sqlalchemy import func, select
from sqlmodel import col

from service.errors import FieldError, Gone, Invalid, NotFound
from service.library import filenames, shapes, uploads
from service.library.contents import no_file, of_reader, readable_versions
from service.library.resources import Condition, changed_now, load, open_draft, unconditional, view
from service.library.versions import RECORDED, refresh_children_clear
from service.models import File, Organisation, Resource, Version, VersionFile
from service.permissions import Scope, require, require_scope
from service.work import SHANGHAI, Work

ShowsChildren = Literal["yes", "no", "unasked"]
LONGEST_ALT = 300
"""Characters of what a picture shows."""
UNDO = timedelta(hours=1)
"""How long a file that was taken out of a draft can be put back."""


class Attached(NamedTuple):
    """A File of api.md, and whether it was added; else the draft had equal bytes, under that name, and has them still."""

    file: dict[str, Any]
    new: bool


def attach(
    work: Work,
    resource_id: str,
    upload_id: str,
    name: str | None = None,
    *,
    shows_children: ShowsChildren = "unasked",
    if_match: Condition = unconditional,
) -> Attached:
    """Add a finished upload to the draft. Equal bytes attached twice are one file."""
    require_scope(work.caller, Scope.WRITE)
    require(work.session, work.caller, resource_id, work.now, "edit")
    resource = load(work, resource_id)
    if_match(shapes.etag(resource.revision))
    draft = open_draft(work, resource)
    upload = uploads.take(work, upload_id)
    known = _same_bytes(work, draft.id, upload.sha256 or "")
    if known is not None:
        work.enqueue("discard", upload.object_key)
        return Attached(known, new=False)
    file = File(
        id=work.ids(),
        resource_id=resource_id,
        object_key=upload.object_key,
        name=filenames.clean(name or upload.name),
        media_type=upload.media_type or "application/octet-stream",
        size=upload.length,
        sha256=upload.sha256 or "",
        shows_children=shows_children,
        created_by=work.caller.person_id,
        created_at=work.now,
    )
    add(work, resource, draft, file)
    work.audit("file.attach", resource_id, file=file.id, size=file.size)
    return Attached(shapes.files_of(work.session, [draft.id])[draft.id][-1], new=True)


def add(work: Work, resource: Resource, draft: Version, file: File) -> None:
    """The rows of a file whose bytes are durable, last in the draft; extraction follows the commit.

    Raises TooLarge where the school that owns the resource has no room: whoever uploaded may be of another school.
    """
    uploads.require_quota(work, resource.school_id, file.size)
    last = work.session.execute(
        select(func.max(col(VersionFile.position))).where(col(VersionFile.version_id) == draft.id)
    ).scalar()
    place(work, resource, draft, file, (last or 0) + 1)
    work.session.flush()
    work.enqueue("extract", file.id, priority=4)
    changed_now(work, resource, draft)


def place(work: Work, resource: Resource, draft: Version, file: File, position: int, alt: str = "") -> None:
    """The rows alone, not flushed: the import extracts and touches by the batch."""
    school = work.session.get_one(Organisation, resource.school_id)
    school.used_bytes += file.size
    link = VersionFile(version_id=draft.id, file_id=file.id, position=position, alt=alt)
    work.session.add_all([file, link])


def _same_bytes(work: Work, version_id: str, sha256: str) -> dict[str, Any] | None:
    files = shapes.files_of(work.session, [version_id])[version_id]
    return next((file for file in files if file["sha256"] == sha256), None)


def listing(work: Work, resource_id: str, version: str | None = None) -> list[dict[str, Any]]:
    """The files of the version that the caller may read."""
    found, _etag = view(work, resource_id, version)
    files: list[dict[str, Any]] = found["files"]
    return files


def detach(work: Work, resource_id: str, file_id: str, if_match: Condition = unconditional) -> None:
    """Take a file out of the draft; for UNDO it can be put back (`reattach`). Published versions keep it."""
    require_scope(work.caller, Scope.WRITE)
    require(work.session, work.caller, resource_id, work.now, "edit")
    resource = load(work, resource_id)
    if_match(shapes.etag(resource.revision))
    file = of_reader(work, resource_id, file_id)
    draft = open_draft(work, resource)
    link = work.session.get(VersionFile, (draft.id, file_id))
    if link is None:
        raise not_in_draft()
    file.details = {**file.details, _PLACE: link.position, _ALT: link.alt}
    work.session.delete(link)
    work.session.flush()
    work.enqueue("unlink", file_id, priority=8, run_at=work.now + UNDO)
    work.audit("file.detach", resource_id, file=file_id)
    changed_now(work, resource, draft)


_PLACE, _ALT = "place_before", "alt_before"
"""Details of a file that was taken out: where it stood, and what it showed."""


def reattach(work: Work, resource_id: str, file_id: str) -> None:
    """Undo `detach`: the file stands in the draft where it stood. Already there is no error.

    Raises NotFound, Denied, and Gone once its bytes are deleted."""
    require_scope(work.caller, Scope.WRITE)
    require(work.session, work.caller, resource_id, work.now, "edit")
    resource = load(work, resource_id)
    draft = open_draft(work, resource)
    work.session.flush()
    file = work.session.get(File, file_id)
    if file is None or file.resource_id != resource_id:
        raise Gone(
            "这个附件已经彻底删除，不能恢复了。请重新上传。",
            english="The file has been deleted for good. Upload it again.",
        )
    if work.session.get(VersionFile, (draft.id, file_id)) is not None:
        return
    details = dict(file.details)
    place, alt = int(details.pop(_PLACE, 0)), str(details.pop(_ALT, ""))
    file.details = details
    work.session.add(VersionFile(version_id=draft.id, file_id=file_id, position=place, alt=alt))
    work.session.flush()
    work.audit("file.reattach", resource_id, file=file_id)
    changed_now(work, resource, draft)


def answer_children(
    work: Work, resource_id: str, file_id: str, shows_children: ShowsChildren, consent_on: date | None = None
) -> None:
    """Say whether a picture or recording shows children. `yes` closes public and link sharing at once."""
    require_scope(work.caller, Scope.WRITE)
    seen = require(work.session, work.caller, resource_id, work.now)
    if not seen.school_admin:
        seen.require("edit")
    if shows_children == "yes" and consent_on is None:
        raise Invalid(
            "拍到学生的图片或音视频，需要学校已取得监护人同意。请填写同意的日期。",
            errors=[
                FieldError(
                    "consent_on",
                    "必填，例如 2026-09-01。只记日期，不记姓名。",
                    english="Required, for example 2026-09-01. Only the date, no names.",
                )
            ],
            english="A picture or recording that shows children needs the date of the guardians' consent.",
        )
    resource = load(work, resource_id)
    file = of_reader(work, resource_id, file_id)
    file.shows_children = shows_children
    file.consent_on = datetime.combine(consent_on, time(), SHANGHAI) if consent_on else None
    refresh_children_clear(work, resource)
    work.audit("file.children", resource_id, file=file_id, answer=shows_children)
    changed_now(work, resource)


def describe(work: Work, resource_id: str, file_id: str, alt: str) -> None:
    """Say in the draft, in a sentence, what a picture shows. A published resource gets a draft first."""
    require_scope(work.caller, Scope.WRITE)
    require(work.session, work.caller, resource_id, work.now, "edit")
    resource = load(work, resource_id)
    of_reader(work, resource_id, file_id)
    words = " ".join(alt.split())[:LONGEST_ALT]
    if words != _newest_link(work, resource, file_id).alt:
        draft = open_draft(work, resource)
        work.session.flush()
        link = work.session.get(VersionFile, (draft.id, file_id))
        if link is None:
            raise not_in_draft()
        link.alt = words
        work.audit("file.describe", resource_id, file=file_id)
        changed_now(work, resource, draft)


def _newest_link(work: Work, resource: Resource, file_id: str) -> VersionFile:
    newest = resource.draft_id or resource.published_id
    link = work.session.get(VersionFile, (newest, file_id))
    if link is None:
        raise not_in_draft()
    return link


def not_in_draft() -> NotFound:
    """For a file that the draft has not."""
    return NotFound("草稿里没有这个附件。", english="The draft has no such file.")


def one(work: Work, resource_id: str, file_id: str) -> dict[str, Any]:
    """A File of api.md as the newest version that the caller may read has it."""
    work.session.flush()
    version_id = work.session.scalars(
        select(col(Version.id))
        .join(VersionFile, col(VersionFile.version_id) == col(Version.id))
        .where(readable_versions(work, resource_id), col(VersionFile.file_id) == file_id)
        .order_by(col(Version.number).desc())
        .limit(1)
    ).one_or_none()
    if version_id is None:
        raise no_file()
    found = shapes.files_of(work.session, [version_id])[version_id]
    return next(item for item in found if item["id"] == file_id)


def is_recorded(media_type: str) -> bool:
    """Whether a file of this type is asked if it shows children."""
    return media_type.startswith(RECORDED)
