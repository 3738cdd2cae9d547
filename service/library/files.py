"""Attachments: attach an upload to the draft, list, read, remove; every byte is authorised through a version."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, BinaryIO, Literal, NamedTuple

from sqlalchemy import ColumnElement, and_, func, select
from sqlmodel import col

from service.errors import Denied, FieldError, Gone, Invalid, NotFound, Unavailable
from service.library import conversions, filenames, shapes, uploads
from service.library.mirroring.wanted import AWAY
from service.library.resources import Condition, changed_now, load, open_draft, unconditional, view
from service.library.versions import RECORDED, refresh_children_clear
from service.models import Conversion, Derived, File, Organisation, PageText, Resource, Version, VersionFile
from service.permissions import Scope, require, require_scope
from service.storage import Internal, ObjectMissing
from service.work import SHANGHAI, Work

ShowsChildren = Literal["yes", "no", "unasked"]
LONGEST_ALT = 300
"""Characters of what a picture shows."""
UNDO = timedelta(hours=1)
"""How long a file that was taken out of a draft can be put back."""


BEGINNING = 120
"""Characters of a file's text that say what it is: its heading."""


@dataclass(frozen=True, slots=True)
class Content:
    """Bytes to be sent: open them with `Work.objects.open(key, …)`."""

    key: str
    name: str
    media_type: str
    size: int
    sha256: str
    """Of the bytes; of a picture, the name of its state."""


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
        .where(_readable(work, resource_id), col(VersionFile.file_id) == file_id)
        .order_by(col(Version.number).desc())
        .limit(1)
    ).one_or_none()
    if version_id is None:
        raise _no_file()
    found = shapes.files_of(work.session, [version_id])[version_id]
    return next(item for item in found if item["id"] == file_id)


def _readable(work: Work, resource_id: str) -> ColumnElement[bool]:
    """SQL: a version of the resource that the caller may read."""
    seen = require(work.session, work.caller, resource_id, work.now)
    statuses = (["published", "replaced"] if seen.history else []) + (
        ["draft", "submitted"] if seen.draft else []
    )
    return and_(col(Version.resource_id) == resource_id, col(Version.status).in_(statuses))


def _no_file() -> NotFound:
    return NotFound(
        "没有找到这个附件。它可能已被移除，或没有共享给您。",
        english="There is no such file, or it is not shared with you.",
    )


def of_reader(work: Work, resource_id: str, file_id: str) -> File:
    """The file, if the caller may read a version that has it. Raises NotFound."""
    file = work.session.scalars(
        select(File)
        .join(VersionFile, col(VersionFile.file_id) == col(File.id))
        .join(Version, col(Version.id) == col(VersionFile.version_id))
        .where(col(File.id) == file_id, _readable(work, resource_id))
        .limit(1)
    ).one_or_none()
    if file is None:
        raise _no_file()
    return file


def content(work: Work, resource_id: str, file_id: str) -> Content:
    """What is needed to send the bytes."""
    file = of_reader(work, resource_id, file_id)
    require_good(file.withheld)
    return Content(file.object_key, file.name, file.media_type, file.size, file.sha256)


def require_good(withheld: str) -> None:
    """Refuse the bytes of a file that is withheld (`File.withheld`): infected, damaged, or lost."""
    if withheld.startswith("virus"):
        raise Denied(
            "杀毒程序在这个附件里发现了病毒，已停止提供下载。请联系上传它的老师。",
            english="A virus was found in this file; it is not given out.",
        )
    if withheld == AWAY:
        raise away()
    if withheld:
        raise _unreadable()


def away() -> Unavailable:
    """At a mirror: what it has not brought."""
    return Unavailable(
        "这个文件还没有取到本校的副本。请过些时候再看，或到资源库打开。",
        english="The school's copy does not have this file yet. Look again later, or open it at the library.",
    )


def open_bytes(work: Work, found: Content, start: int = 0, stop: int | None = None) -> BinaryIO:
    """A stream of [start, stop). Unavailable where the store has lost it."""
    try:
        return work.objects.open(found.key, start, stop)
    except ObjectMissing as error:
        raise _unreadable() from error


def _unreadable() -> Unavailable:
    return Unavailable(
        "这个附件的内容暂时读不到，我们会尽快查明。请稍后再试，或联系平台管理员。",
        english="The content of this file cannot be read now. Try again later, or tell the platform's administrator.",
    )


def internal(work: Work, found: Content) -> Internal:
    """Where the proxy before the service reads the bytes."""
    return work.objects.internal(found.key)


def text(work: Work, resource_id: str, file_id: str) -> dict[str, Any]:
    """`{"state", "reason", "pages": [{"n", "text"}], "listing": [{"name", "size"}]}`."""
    file = of_reader(work, resource_id, file_id)
    pages = work.session.execute(
        select(col(PageText.n), col(PageText.text))
        .where(col(PageText.file_id) == file_id)
        .order_by(col(PageText.n))
    )
    return {
        "state": file.state,
        "reason": file.reason,
        "pages": [{"n": n, "text": words} for n, words in pages],
        "listing": file.listing,
    }


def made(
    work: Work,
    resource_id: str,
    file_id: str,
    kind: Literal["thumbnail", "page", "pdf", "play", "small"],
    n: int = 0,
) -> Content:
    """What was made of a file: its thumbnail, page `n` (from 1), its PDF, or a film to be played."""
    file = of_reader(work, resource_id, file_id)
    if file.withheld.startswith("virus"):
        require_good(file.withheld)
    found = work.session.get(Derived, (file_id, kind, n))
    if found is None and work.settings.mirror:
        raise away()
    if found is None:
        conversion = work.session.get(Conversion, file_id)
        if file.state in ("pending", "processing") or (
            conversion and conversion.state in ("waiting", "running")
        ):
            raise NotFound(
                "预览正在生成，请稍候再看。", english="The preview is being made. Look again in a moment."
            )
        raise NotFound(
            "这个附件没有这张预览图。您可以下载后查看。",
            english="This file has no such preview. Download it instead.",
        )
    name = f"{file.name}.{found.media_type.rpartition('/')[2]}"
    return Content(found.object_key, name, found.media_type, found.size, f"{file.sha256}-{kind}-{n}")


def preview(work: Work, resource_id: str, file_id: str) -> Content:
    """What a page can show at once: the first page's image where there is one, else the thumbnail."""
    if work.session.get(Derived, (file_id, "page", 1)) is not None:
        return made(work, resource_id, file_id, "page", 1)
    return made(work, resource_id, file_id, "thumbnail")


def film(work: Work, resource_id: str, file_id: str, *, small: bool = False) -> Content:
    """What a browser plays of a film: the small one where it is asked for and there is one, else what was made for
    browsers, else the file itself."""
    file = of_reader(work, resource_id, file_id)
    if not file.media_type.startswith("video/"):
        raise NotFound("这个附件不是视频。", english="This file is no film.")
    # A mirror brings the small one first: better than none.
    for kind in ("small", "play") if small else ("play", "small") if file.withheld == AWAY else ("play",):
        if work.session.get(Derived, (file_id, kind, 0)) is not None:
            return made(work, resource_id, file_id, "small" if kind == "small" else "play")
    return content(work, resource_id, file_id)


def conversion(work: Work, resource_id: str, file_id: str) -> dict[str, Any]:
    """`{"state", "step", "steps", "doing", "reason", "pages"}`. NotFound for a file that is not converted."""
    of_reader(work, resource_id, file_id)
    found = conversions.of(work, [file_id])
    if file_id not in found:
        raise NotFound("这个附件不需要转换。", english="This file is not converted.")
    return found[file_id]


def beginnings(work: Work, found: dict[str, Any]) -> list[str]:
    """The first words of each file of a Resource of api.md that has text, as one line each."""
    order = [file["id"] for file in found["files"]]
    rows = work.session.execute(
        select(col(PageText.file_id), func.substr(col(PageText.text), 1, BEGINNING)).where(
            col(PageText.file_id).in_(order), col(PageText.n) == 1
        )
    )
    texts = {file_id: " ".join(text.replace("/", " ").split()) for file_id, text in rows}
    return [texts[file_id] for file_id in order if file_id in texts]


def is_recorded(media_type: str) -> bool:
    """Whether a file of this type is asked if it shows children."""
    return media_type.startswith(RECORDED)
