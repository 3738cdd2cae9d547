"""Learning packages played file by file out of their ZIP: which pages it begins with, and its members' bytes.

Nothing is unpacked: a member is read from the object at its place, within bounds, so that neither a name nor a claimed size
leads anywhere else.
"""

import io
import json
import mimetypes
import zipfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePosixPath
from typing import IO
from urllib.parse import unquote, urlsplit

from service.errors import NotFound
from service.extract import xml, zips
from service.extract.archives import member_name
from service.extract.problems import TooLarge, Unreadable
from service.library import manifests, questions
from service.library.contents import Content, open_bytes
from service.library.manifests import Start
from service.work import Work

PLAYED = ("SCORM 1.2", "SCORM 2004", "IMS", "H5P", "QTI")
"""Kinds (`details["package"]`) whose pages any browser can show; of H5P and QTI, a player's page."""
MANIFEST, MANIFEST_BYTES = "imsmanifest.xml", 2 * 1024 * 1024
QUESTIONS = 8 * 1024 * 1024
"""Bytes of a test, or of a file of questions with small pictures in it."""
H5P = "h5p.json"
DIRECTORY = 8 * 1024 * 1024
"""Bytes of a table of contents."""
MEMBERS = 10_000
AHEAD = 256 * 1024
"""Bytes read of the object at once."""
BLOCK = 64 * 1024
PAGES = 200
"""Pages of a package that are offered."""
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DAMAGED = (Unreadable, TooLarge, RuntimeError, *zips.BROKEN)
_TYPES = {
    ".html": "text/html", ".htm": "text/html", ".xhtml": "application/xhtml+xml", ".js": "text/javascript",
    ".mjs": "text/javascript", ".css": "text/css", ".json": "application/json", ".xml": "application/xml",
    ".svg": "image/svg+xml", ".woff": "font/woff", ".woff2": "font/woff2", ".ttf": "font/ttf", ".otf": "font/otf",
    ".mp3": "audio/mpeg", ".m4a": "audio/mp4", ".vtt": "text/vtt", ".wasm": "application/wasm",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Member:
    """A file of a package to be sent. `blocks` needs no session, and is to be closed."""

    name: str
    media_type: str
    size: int
    blocks: Generator[bytes, None, None]


class _Object(io.RawIOBase):
    """An object of the store as a file that can be sought in."""

    def __init__(self, work: Work, content: Content) -> None:
        self._work = work
        self._content = content
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._content.size}[whence]
        if start + offset < 0:
            raise ValueError("before the beginning")  # a damaged archive points there
        self._at = start + offset
        return self._at

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Raises ValueError for more than DIRECTORY at once, whatever the archive claims."""
        if len(buffer) > DIRECTORY:
            raise ValueError("a table of contents that is too large")
        stop = min(self._at + len(buffer), self._content.size)
        if stop <= self._at:
            return 0
        with open_bytes(self._work, self._content, self._at, stop) as source:
            found = source.read()
        buffer[: len(found)] = found
        self._at += len(found)
        return len(found)


class _Members:
    """An archive's files by their names; packages made on Windows write them now in capitals, now not."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self._exact = {member_name(member): member for member in archive.filelist if not member.is_dir()}
        self._folded = {known.casefold(): member for known, member in self._exact.items()}

    def get(self, name: str) -> zipfile.ZipInfo | None:
        return self._exact.get(name) or self._folded.get(name.casefold())

    def document(self, name: str, limit: int = MANIFEST_BYTES) -> xml.Element | None:
        """None where there is no such file. Raises Unreadable and TooLarge."""
        found = self.get(name)
        return xml.parse(zips.content(self.archive, found.filename, limit)) if found is not None else None

    def has(self, address: str) -> bool:
        """Whether there is what a quoted address leads to."""
        return self.get(unquote(urlsplit(address).path)) is not None


@contextmanager
def _opened(work: Work, content: Content) -> Iterator[_Members]:
    """What is in it. NotFound where it cannot be read: there is nothing to play."""
    try:
        with zipfile.ZipFile(io.BufferedReader(_Object(work, content), AHEAD)) as archive:
            if len(archive.filelist) > MEMBERS:
                raise Unreadable("too many members")
            yield _Members(archive)
    except _DAMAGED as error:
        raise _unplayable() from error


def _unplayable() -> NotFound:
    return NotFound(
        "这个课件包打不开，请下载后用专门的软件播放。",
        english="This package cannot be played here. Download it and open it with a player.",
    )


# Where it begins ---------------------------------------------------------------------------------------------------


def starts(work: Work, content: Content) -> list[Start]:
    """The pages that the manifest offers, in its order, at most PAGES; of H5P and of questions the one page of their
    player, at the package's root. NotFound where there is none."""
    with _opened(work, content) as members:
        if members.get(H5P) is not None:
            return [Start(_h5p_title(members), "")]
        root = members.document(MANIFEST)
        if root is None:
            raise _unplayable()
        if questions.held(root):
            pages = [Start("", "")] if _items(members, root) else []
        else:
            pages = [page for page in manifests.offered(root) if members.has(page.href)]
    if not pages:
        raise _unplayable()
    return pages[:PAGES]


def items(work: Work, content: Content) -> list[str] | None:
    """The addresses of a question package's items, at most PAGES; None for H5P. NotFound for what is neither, which has
    pages of its own, and for what cannot be played."""
    with _opened(work, content) as members:
        if members.get(H5P) is not None:
            _h5p_title(members)
            return None
        root = members.document(MANIFEST)
        found = _items(members, root) if root is not None and questions.held(root) else []
    if not found:
        raise _unplayable()
    return found


def _items(members: _Members, manifest: xml.Element) -> list[str]:
    def read(name: str) -> xml.Element | None:
        try:
            return members.document(name, QUESTIONS)
        except (Unreadable, TooLarge):
            return None  # the items that other tests name can be shown all the same

    return list(islice(filter(members.has, questions.items(manifest, read)), PAGES))


def _h5p_title(members: _Members) -> str:
    """Of a package that brings its main library along (h5p.org/documentation/developers/h5p-specification). Raises
    Unreadable for another: h5p.com and h5p.org also give out content alone."""
    try:
        told = json.loads(zips.content(members.archive, H5P, MANIFEST_BYTES))
        main, libraries = told["mainLibrary"], told["preloadedDependencies"]
        [version] = [
            f"{main}-{one['majorVersion']}.{one['minorVersion']}"
            for one in libraries
            if one["machineName"] == main
        ]
        title = str(told.get("title", ""))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Unreadable("an h5p.json that is none") from error
    if members.get(f"{version}/library.json") is None:
        raise Unreadable("without its main library")
    return manifests.in_one_line(title)


# Its files ---------------------------------------------------------------------------------------------------------


def member(work: Work, content: Content, name: str) -> Member:
    """A file of the package. NotFound for what is not in it, locked, packed in a way that browsers' content never is,
    or too large."""
    with _opened(work, content) as members:
        found = members.get(name)
        locked = found is not None and bool(found.flag_bits & 1)
        if found is None or locked or found.compress_type not in _METHODS or found.file_size > zips.MEMBER:
            raise NotFound("课件包里没有这个文件。", english="There is no such file in the package.")
        members.archive.open(found).close()  # its own header is there and agrees
    return Member(name, _type(name), found.file_size, _blocks(work, content, found))


def _type(name: str) -> str:
    ending = PurePosixPath(name).suffix.lower()
    return _TYPES.get(ending) or mimetypes.guess_type(f"x{ending}")[0] or "application/octet-stream"


def _blocks(work: Work, content: Content, found: zipfile.ZipInfo) -> Generator[bytes, None, None]:
    """What is damaged in the middle ends there: the head was sent already."""
    with (
        zipfile.ZipFile(io.BufferedReader(_Object(work, content), AHEAD)) as archive,
        archive.open(found) as source,
    ):
        try:
            yield from _read(source)
        except (zipfile.BadZipFile, zlib.error, EOFError):
            return


def _read(source: IO[bytes]) -> Iterator[bytes]:
    while block := source.read(BLOCK):
        yield block
