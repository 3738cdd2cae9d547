"""The bytes of many files in one answer: a tar archive (POSIX ustar) made while it is sent, for programs that keep a whole
library. Asked for one by one, ten thousand lessons cost the server more time than their bytes do."""

import re
import tarfile
from collections.abc import Generator, Sequence
from typing import Any

import structlog
from sqlalchemy import bindparam, select, tuple_
from sqlmodel import col

from service.errors import Unavailable
from service.library import shapes
from service.library.bundles import BLOCK
from service.models import Derived, File, Resource, VersionFile, fetch
from service.permissions import VISIBLE, seen_by
from service.storage import ObjectMissing, Objects, Sendable
from service.work import Work

log = structlog.get_logger()

MOST = 100
"""Names of one answer: more would not fit into the line that some proxies read."""
LARGE = 8 << 30
"""Bytes of a file that ustar has no header for."""
_NAME = re.compile(r"([0-9a-z]{26})(?:-([a-z]{1,12})-([0-9]{1,6}))?")
_SECTOR = tarfile.BLOCKSIZE
Entry = tuple[str, str, int]
"""Name, object key, bytes."""


def entries(work: Work, names: Sequence[str]) -> list[Entry]:
    """Of these names, `FILE_ID` for a file itself or `FILE_ID-KIND-N` for what was made of it, those that the reader of
    `library.copies` may have; in their order."""
    parsed = {
        name: (found[1], found[2], int(found[3] or 0)) for name in names if (found := _NAME.fullmatch(name))
    }
    ids = sorted({made[0] for made in parsed.values()})
    files = {
        row.id: row for row in fetch(work.session, _FILES, seen_by(work.caller, work.now) | {"ids": ids})
    }
    asked = [made for made in parsed.values() if made[1] and made[0] in files]
    derived = {tuple(row[:3]): row for row in fetch(work.session, _MADE, {"made": asked})} if asked else {}
    chosen: list[Entry] = []
    for name, (file_id, kind, n) in parsed.items():
        file, made = files.get(file_id), derived.get((file_id, kind, n))
        if kind and made is not None and file is not None and not file.withheld.startswith("virus"):
            chosen.append((name, made.object_key, made.size))
        elif not kind and file is not None and not file.withheld:
            chosen.append((name, file.object_key, file.size))
    return [entry for entry in chosen if entry[2] < LARGE]


_FILES = (
    select(col(File.id), col(File.object_key), col(File.size), col(File.withheld))
    .join(VersionFile, col(VersionFile.file_id) == col(File.id))
    .join(
        Resource, col(Resource.id) == col(File.resource_id)
    )  # by its key: versions are not known by an index
    .where(col(File.id).in_(shapes.ids()), col(Resource.published_id) == col(VersionFile.version_id))
    .where(col(Resource.status) == "published", VISIBLE)
)
_MADE_AS: Any = tuple_(col(Derived.file_id), col(Derived.kind), col(Derived.n))
_MADE = select(
    col(Derived.file_id), col(Derived.kind), col(Derived.n), col(Derived.object_key), col(Derived.size)
).where(_MADE_AS.in_(bindparam("made", expanding=True)))


def archive(objects: Objects, chosen: Sequence[Entry]) -> Generator[bytes | Sendable, None, None]:
    """The archive's pieces. What the store does not give out just now is left out, as what may not be read is: asked for
    by itself, it says why."""
    padding = b""
    for name, key, size in chosen:
        try:
            source = objects.open(key, 0, size)
        except (ObjectMissing, Unavailable) as error:
            log.warning("left out of an archive", key=key, error=str(error))
            continue
        with source:
            header = tarfile.TarInfo(name)
            header.size = left = size
            yield padding + header.tobuf(tarfile.USTAR_FORMAT)
            if isinstance(source, Sendable):
                left -= source.left
                yield source
            else:
                while left and (block := source.read(BLOCK)):
                    left -= len(block)
                    yield block
        if left:  # what follows would stand askew: the answer breaks off, and files are asked for one by one
            raise Unavailable("一份附件在存储里不完整。", english="A file is not whole in the store.")
        padding = bytes(-size % _SECTOR)
    yield padding + bytes(2 * _SECTOR)
