"""OLE compound files (MS-CFB): streams, read within bounds."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import olefile

from service.extract.problems import Locked, Unreadable

STREAM = 128 * 1024 * 1024
"""Bytes of a stream that are read."""


@contextmanager
def opened(path: Path) -> Iterator[olefile.OleFileIO]:
    """The compound file. Raises Unreadable where it is damaged, Locked for an encrypted OOXML package in it."""
    try:
        storage = olefile.OleFileIO(path)
    except Exception as problem:
        # olefile raises its own class, OSError, struct.error, IndexError …: all mean a damaged file.
        raise Unreadable(str(problem)) from problem
    with storage:
        if storage.exists("EncryptedPackage"):
            raise Locked
        yield storage


def stream(storage: olefile.OleFileIO, *names: str) -> bytes:
    """The first of these streams that is there. Raises Unreadable where none is, or it is damaged."""
    for name in names:
        if storage.exists(name):
            try:
                return bytes(storage.openstream(name).read(STREAM))
            except Exception as problem:
                raise Unreadable(str(problem)) from problem
    raise Unreadable(f"no stream {names[0]}")
