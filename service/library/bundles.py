"""全部下载: all files of a version as one ZIP archive (APPNOTE 6.3.10), made while it is sent."""

import zipfile
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from sqlalchemy import select
from sqlmodel import col
from zipstream.ng import ZipStream  # type: ignore[import-untyped]

from service.errors import NotFound, Unavailable
from service.extract.sniff import DOC, PPT, XLS
from service.library import filenames
from service.library.contents import Content, open_bytes, require_good
from service.library.resources import view
from service.models import File
from service.storage import ObjectMissing
from service.work import Work

BLOCK = 512 * 1024
"""Bytes read at a time: all that is held of a file."""
_LOOSE = frozenset(
    {
        DOC, XLS, PPT, "application/rtf", "application/json", "application/xml", "application/x-subrip",
        "application/x-tar", "image/svg+xml", "image/bmp", "audio/wav",
    }
)  # fmt: skip
"""Types beside text that are not compressed in themselves."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """An archive to be sent: `blocks` opens one object at a time, needs no session, and is to be closed."""

    name: str
    size: int | None
    """Bytes; None where something in it is deflated, so that only the end tells."""
    blocks: Generator[bytes, None, None]


def bundle(work: Work, resource_id: str, version: str | None = None) -> Bundle:
    """The files of the version that the caller may read. NotFound where there are none, Unavailable where the store
    has lost one: an archive that lacks a file would not say so."""
    found, _etag = view(work, resource_id, version)
    contents = _contents(work, [file["id"] for file in found["files"]])
    if not contents:
        raise NotFound("这份资源没有附件可以下载。", english="This resource has no files.")
    for content in contents:
        _require_stored(work, content)
    stored = not any(is_loose(content.media_type) for content in contents)
    archive = ZipStream(sized=stored)
    for content, name in zip(contents, unique(content.name for content in contents), strict=True):
        method = zipfile.ZIP_DEFLATED if is_loose(content.media_type) else zipfile.ZIP_STORED
        archive.add(_blocks(work, content), name, size=content.size, compress_type=method)
    size = len(archive) if stored else None
    return Bundle(filenames.clean(f"{found['title']}.zip"), size, archive.finalize())


def is_loose(media_type: str) -> bool:
    """Whether deflating makes such a file smaller; Office files, pictures and films are compressed already."""
    return media_type.startswith("text/") or media_type in _LOOSE


def unique(names: Iterable[str]) -> Iterator[str]:
    """The names in their order, no two alike on a file system that does not tell case: 教案.docx, 教案 (2).docx."""
    taken: set[str] = set()
    for name in names:
        path, n, tried = PurePosixPath(name), 1, name
        while tried.casefold() in taken:
            n += 1
            tried = f"{path.stem} ({n}){path.suffix}"
        taken.add(tried.casefold())
        yield tried


def _contents(work: Work, ids: list[str]) -> list[Content]:
    rows = work.session.execute(
        select(
            col(File.id),
            col(File.object_key),
            col(File.name),
            col(File.media_type),
            col(File.size),
            col(File.sha256),
            col(File.withheld),
        ).where(col(File.id).in_(ids))
    )
    found = {}
    for row in rows:
        require_good(row.withheld)
        found[row.id] = Content(*row[1:-1])
    return [found[ident] for ident in ids]


def _require_stored(work: Work, content: Content) -> None:
    try:
        work.objects.stat(content.key)
    except ObjectMissing as error:
        raise Unavailable(
            f"附件“{content.name}”的内容暂时读不到，所以没有打包。请单独下载其他附件，或联系平台管理员。",
            english="The store has lost one of the files; download the others one by one.",
        ) from error


def _blocks(work: Work, content: Content) -> Iterator[bytes]:
    with open_bytes(work, content) as source:
        while block := source.read(BLOCK):
            yield block
