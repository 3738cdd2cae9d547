"""The next version of what is published: begun on purpose, and given up again. Readers keep the published one meanwhile."""

from sqlalchemy import delete, select
from sqlmodel import col

from service.errors import Conflict
from service.library.resources import changed_now, load, open_draft
from service.models import Version, VersionFile
from service.permissions import Scope, require, require_scope
from service.work import Work


def begin(work: Work, resource_id: str) -> None:
    """Open the draft of the next version, as the published one stands; one that is open already stays as it is.

    Raises NotFound, Denied, Conflict while it is under review."""
    require_scope(work.caller, Scope.WRITE)
    require(work.session, work.caller, resource_id, work.now, "edit")
    resource = load(work, resource_id)
    if resource.draft_id is not None:
        open_draft(work, resource)
        return
    draft = open_draft(work, resource)
    work.audit("version.begin", resource_id, version=draft.number)
    changed_now(work, resource, draft)


def drop(work: Work, resource_id: str) -> None:
    """Give up the draft of a published resource, with the files that it alone has. For its managers.

    Raises NotFound, Denied, Conflict where nothing is published or the draft is under review."""
    require_scope(work.caller, Scope.WRITE)
    require(work.session, work.caller, resource_id, work.now, "manage")
    resource = load(work, resource_id)
    if resource.published_id is None or resource.draft_id is None:
        raise Conflict(
            "没有可以放弃的新版本。从未发布的草稿请用“移到回收站”。",
            english="There is no new version to give up. Move a draft that was never published to the bin.",
        )
    draft = open_draft(work, resource)
    links = select(col(VersionFile.file_id)).where(col(VersionFile.version_id) == draft.id)
    files = list(work.session.scalars(links))
    resource.draft_id = None
    work.session.flush()
    work.session.execute(delete(VersionFile).where(col(VersionFile.version_id) == draft.id))
    work.session.execute(delete(Version).where(col(Version.id) == draft.id))
    work.session.expunge(draft)
    work.enqueue("unlink", *files, priority=8)
    work.audit("version.drop", resource_id, version=draft.number)
    changed_now(work, resource)
