"""A mirror's objects: files under their SHA-256, of which any number of keys `SHA-256/…` speak.

`tongke mirror` writes them, at `path`, whole and verified; whoever serves them reads only. Layout: `ab/<sha256>`, two
characters of it for a folder, and `ab/<sha256>.part` while it comes. Nothing here needs POSIX.
"""

import io
import shutil
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, NoReturn

from service.storage import Data, Internal, ObjectMissing, Part, Stat, StoreDown, valid

PART = ".part"


class Mirrored:
    """`service.storage.Objects` for reading; a change raises StoreDown."""

    ahead = 1

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, key: str) -> Path:
        """Where the bytes of a key, or of a SHA-256, lie."""
        sha256 = valid(key).partition("/")[0]
        return self.folder / sha256[:2] / sha256

    def open(self, key: str, start: int = 0, stop: int | None = None) -> BinaryIO:
        try:
            file = self.path(key).open("rb")
        except FileNotFoundError as error:
            raise ObjectMissing(key) from error
        file.seek(start)
        return file if stop is None else _Cut(file, max(0, stop - start))  # type: ignore[return-value]

    def stat(self, key: str) -> Stat:
        try:
            found = self.path(key).stat()
        except FileNotFoundError as error:
            raise ObjectMissing(key) from error
        return Stat(key, found.st_size, found.st_mtime_ns // 1000)

    def list(self, prefix: str = "") -> Iterator[Stat]:
        """By SHA-256; what has not come whole is left out."""
        for folder in sorted(self.folder.glob("??")):
            for path in sorted(folder.iterdir()):
                if path.suffix != PART and path.name.startswith(prefix):
                    with suppress(ObjectMissing):
                        yield self.stat(path.name)

    def drop(self, sha256: str) -> None:
        """Delete the bytes, and what has come of them. Somebody who reads them keeps them on Windows: the next sweep
        tries again."""
        path = self.path(sha256)
        for gone in (path, path.with_name(path.name + PART)):
            with suppress(FileNotFoundError, PermissionError):
                gone.unlink()

    def sweep(self, wanted: frozenset[str]) -> int:
        """Drop everything, whole or not, that is not of these SHA-256; how many there were."""
        gone = {
            sha256
            for folder in self.folder.glob("??")
            for path in folder.iterdir()
            if (sha256 := path.name.removesuffix(PART)) not in wanted
        }
        for sha256 in gone:
            self.drop(sha256)
        return len(gone)

    def free(self) -> int | None:
        return shutil.disk_usage(self.folder).free

    def check(self) -> None:
        if not self.folder.is_dir():
            raise StoreDown(f"{self.folder} is not there")

    def prepare(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)

    def internal(self, key: str) -> Internal:
        raise _read_only()

    def put(self, key: str, chunks: Iterable[bytes]) -> Stat:
        raise _read_only()

    def delete(self, key: str) -> None:
        raise _read_only()

    def stage(self, key: str) -> str:
        raise _read_only()

    def append(self, handle: str, parts: Sequence[Part], data: Data, number: int) -> Part:
        raise _read_only()

    def finish(self, handle: str, parts: Sequence[Part]) -> Stat:
        raise _read_only()

    def discard(self, handle: str) -> NoReturn:
        raise _read_only()

    def tidy(self, before: int, handles: Collection[str]) -> NoReturn:
        raise _read_only()


def _read_only() -> StoreDown:
    return StoreDown("a mirror's objects are written by `tongke mirror` alone")


class _Cut(io.RawIOBase):
    """The first bytes of an open file."""

    def __init__(self, file: BinaryIO, left: int) -> None:
        self._file, self._left = file, left

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        block = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(block)
        return block

    def close(self) -> None:
        self._file.close()
        super().close()
