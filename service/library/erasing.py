"""Erasure required by law (PIPL 47): bytes, text, previews, records and index of a resource or of one file go, from all its
versions; its id stays in the feed and the audit log, and a restore of an older backup erases it again."""

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import delete
from sqlmodel import col

from service.errors import NotFound
from service.library import administering, cleaning, feed
from service.library.resources import changed_now
from service.models import File, Resource, VersionFile
from service.work import Work

ERASED = "resource.erase"
"""The audit log's word for it."""


@dataclass(frozen=True, slots=True)
class Erased:
    """A resource, or one file of it."""

    resource_id: str
    file_id: str | None = None

    def as_json(self) -> dict[str, Any]:
        """For a file."""
        return asdict(self)


def erase(work: Work, erased: Erased, reason: str) -> None:
    """Erase it. The platform's administrator alone; the reason is kept. Raises NotFound, Denied."""
    administering.require_platform(work)
    if not replay(work, erased):
        raise NotFound("没有这份资源或附件，可能已经删除。", english="There is no such resource or file.")
    work.audit(ERASED, erased.resource_id, file=erased.file_id, reason=reason)


def replay(work: Work, erased: Erased) -> bool:
    """Erase it where it is there; whether it was. May be repeated."""
    resource = work.session.get(Resource, erased.resource_id)
    if resource is None:
        return False
    if erased.file_id is not None:
        return _file(work, resource, erased.file_id)
    resource.deleted_at, resource.status, resource.published_id = work.now, "withdrawn", None
    feed.touch(work, resource.id)
    feed.write(work)  # while its row is there: those who had it are told that it is gone
    cleaning.drop_resource(work, resource.id)
    return True


def _file(work: Work, resource: Resource, file_id: str) -> bool:
    file = work.session.get(File, file_id)
    if file is None or file.resource_id != resource.id:
        return False
    work.session.execute(delete(VersionFile).where(col(VersionFile.file_id) == file_id))
    cleaning.drop_files(work, [file_id])
    changed_now(work, resource)
    return True
