"""Jobs that take away what nothing refers to any more: rows first, then bytes, so that a crash leaves an orphan at most."""

from sqlalchemy import delete, select
from sqlmodel import col

from service.library.derived import Opens
from service.models import (
    Conversion,
    Derived,
    File,
    Grant,
    Organisation,
    PageLayer,
    PageText,
    Resource,
    Version,
    VersionFile,
)
from service.work import Work


def discard(reading: Opens, writing: Opens, object_key: str) -> None:
    """Delete an object that no row refers to."""
    with reading() as work:
        for table in (File, Derived):
            if (
                work.session.execute(select(table).where(col(table.object_key) == object_key)).first()
                is not None
            ):
                return
        work.objects.delete(object_key)


def unlink(reading: Opens, writing: Opens, file_id: str) -> None:
    """Drop a file that no version has any more."""
    with writing() as work:
        if (
            work.session.execute(select(VersionFile).where(col(VersionFile.file_id) == file_id)).first()
            is None
        ):
            drop_files(work, [file_id])


def drop_files(work: Work, file_ids: list[str]) -> None:
    """Rows of files without versions; their objects are deleted after the commit."""
    files = work.session.scalars(select(File).where(col(File.id).in_(file_ids))).all()
    derived = work.session.scalars(
        select(col(Derived.object_key)).where(col(Derived.file_id).in_(file_ids))
    ).all()
    for file in files:
        resource = work.session.get(Resource, file.resource_id)
        school = work.session.get(Organisation, resource.school_id) if resource else None
        if school is not None:
            school.used_bytes = max(0, school.used_bytes - file.size)
    for table in (PageText, PageLayer, Derived, Conversion):
        work.session.execute(delete(table).where(col(table.file_id).in_(file_ids)))
    work.session.execute(delete(File).where(col(File.id).in_(file_ids)))
    work.enqueue("discard", *(file.object_key for file in files), *derived, priority=8)


def purge(reading: Opens, writing: Opens, resource_id: str) -> None:
    """Empty the bin of a draft whose days are over."""
    with writing() as work:
        resource = work.session.get(Resource, resource_id)
        if resource is not None and resource.deleted_at is not None and resource.published_id is None:
            drop_resource(work, resource_id)
            work.audit("resource.purge", resource_id)


def drop_resource(work: Work, resource_id: str) -> None:
    """Every row of a resource; its feed rows stay, so that a client is told."""
    session = work.session
    versions = select(col(Version.id)).where(col(Version.resource_id) == resource_id)
    files = list(session.scalars(select(col(File.id)).where(col(File.resource_id) == resource_id)))
    session.execute(delete(VersionFile).where(col(VersionFile.version_id).in_(versions)))
    drop_files(work, files)
    for table in (Version, Grant):
        session.execute(delete(table).where(col(table.resource_id) == resource_id))
    session.execute(delete(Resource).where(col(Resource.id) == resource_id))
    work.enqueue("index", resource_id)
