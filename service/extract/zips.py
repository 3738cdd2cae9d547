"""Members of a ZIP, read within bounds: nothing is written to disk, and a bomb is cut off while it unpacks."""

import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from service.extract.problems import Locked, TooLarge, Unreadable

MEMBER = 192 * 1024 * 1024
"""Bytes that one member may unpack to."""
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError, KeyError)
"""What zipfile raises on damaged archives, and on methods of packing it does not know."""


class Bounded(io.RawIOBase):
    """Reads from a stream and raises TooLarge once it gave more than `limit` bytes."""

    def __init__(self, source: IO[bytes], limit: int = MEMBER) -> None:
        self.source = source
        self.left = limit

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """At most size bytes; all that is left when size is negative."""
        found = self.source.read(self.left + 1 if size < 0 else min(size, self.left + 1))
        self.left -= len(found)
        if self.left < 0:
            raise TooLarge
        return found


@contextmanager
def opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """The archive. Raises Unreadable where it is damaged, Locked where a member needs a password."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except RuntimeError as problem:
        # zipfile has no class of its own for "password required".
        if "password" in str(problem) or "encrypted" in str(problem):
            raise Locked from problem
        raise
    except BROKEN as problem:
        raise Unreadable(str(problem)) from problem


def stream(archive: zipfile.ZipFile, name: str) -> Bounded:
    """A member's bytes as a stream. Raises KeyError where there is no such member."""
    return Bounded(archive.open(name))


def content(archive: zipfile.ZipFile, name: str, limit: int = 32 * 1024 * 1024) -> bytes:
    """A member's bytes, at most limit of them. Raises KeyError and TooLarge."""
    with archive.open(name) as source:
        return Bounded(source, limit).read()
