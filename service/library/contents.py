"""What is given out of an attachment: its bytes, its text, and what was made of it. All of it is authorised through a
version that the caller may read."""

from dataclasses import dataclass
from typing import Any, BinaryIO, Literal

from sqlalchemy import ColumnElement, and_, func, select
from sqlmodel import col

from service.errors import Denied, NotFound, Unavailable
from service.library import conversions
from service.library.mirroring.wanted import AWAY
from service.models import Conversion, Derived, File, PageText, Version, VersionFile
from service.permissions import require
from service.storage import Internal, ObjectMissing
from service.work import Work

BEGINNING = 120
"""Characters of a file's text that say what it is: its heading."""


@dataclass(frozen=True, slots=True)
class Content:
    """Bytes to be sent: `open_bytes` opens them, `internal` says where a proxy reads them."""

    key: str
    name: str
    media_type: str
    size: int
    sha256: str
    """Of the bytes; of a picture, the name of its state."""


def readable_versions(work: Work, resource_id: str) -> ColumnElement[bool]:
    """SQL: a version of the resource that the caller may read."""
    seen = require(work.session, work.caller, resource_id, work.now)
    statuses = (["published", "replaced"] if seen.history else []) + (
        ["draft", "submitted"] if seen.draft else []
    )
    return and_(col(Version.resource_id) == resource_id, col(Version.status).in_(statuses))


def no_file() -> NotFound:
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
        .where(col(File.id) == file_id, readable_versions(work, resource_id))
        .limit(1)
    ).one_or_none()
    if file is None:
        raise no_file()
    return file


def original(work: Work, resource_id: str, file_id: str) -> Content:
    """The file itself, as it was uploaded."""
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
    return original(work, resource_id, file_id)


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
