"""Objects as files in a folder, for one machine.

Write order: temporary file on the same file system → fsync → link under the key without replacing → fsync the folder.
Folders: `objects/ab/<key>` (two characters of the key's hash spread them), `staged/<key>`, `temporary/`.
Model: restic's `internal/backend/local/local.go`.
"""

import errno
import hashlib
import io
import os
import secrets
import shutil
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from service.storage import (
    Data,
    Internal,
    ObjectExists,
    ObjectMissing,
    Part,
    Stat,
    StoreDown,
    StoreFull,
    valid,
)

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
BLOCK = 1024 * 1024


class LocalObjects:
    """`service.storage.Objects` on a local file system."""

    ahead = 1
    """A stage is one file, that grows at its end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._objects, self._staged, self._temporary = (
            folder / name for name in ("objects", "staged", "temporary")
        )
        for path in (self._objects, self._staged, self._temporary):
            path.mkdir(parents=True, exist_ok=True, mode=0o700)

    def put(self, key: str, chunks: Iterable[bytes]) -> Stat:
        target = self._path(key)
        temporary = self._temporary / secrets.token_hex(16)
        with _translated():
            try:
                with temporary.open("xb") as file:
                    for chunk in chunks:
                        file.write(chunk)
                    file.flush()
                    os.fsync(file.fileno())
                self._link(temporary, target, key)
            finally:
                temporary.unlink(missing_ok=True)
        return self.stat(key)

    def _link(self, source: Path, target: Path, key: str) -> None:
        """Give a durable file its final name; a name that is taken stays as it is."""
        folder = target.parent
        if not folder.exists():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            _sync_folder(folder.parent)
        try:
            os.link(source, target)
        except FileExistsError as error:
            raise ObjectExists(key) from error
        _sync_folder(folder)

    def open(self, key: str, start: int = 0, stop: int | None = None) -> BinaryIO:
        return _open(self._path(key), key, start, stop)

    def stat(self, key: str) -> Stat:
        try:
            with _translated():
                found = self._path(key).stat()
        except FileNotFoundError as error:
            raise ObjectMissing(key) from error
        return Stat(key, found.st_size, found.st_mtime_ns // 1000)

    def delete(self, key: str) -> None:
        path = self._path(key)
        with _translated(), suppress(FileNotFoundError):
            path.unlink()
            _sync_folder(path.parent)

    def list(self, prefix: str = "") -> Iterator[Stat]:
        keys = sorted(
            key
            for folder in self._objects.iterdir()
            for name in os.listdir(folder)
            if (key := _from_name(name)).startswith(prefix)
        )
        for key in keys:
            with suppress(ObjectMissing):
                yield self.stat(key)

    def stage(self, key: str) -> str:
        path = self._stage(key)
        with _translated():
            path.touch(exist_ok=False, mode=0o600)
            _sync_folder(self._staged)
        return key

    def append(self, handle: str, parts: Sequence[Part], data: Data, number: int) -> Part:
        offset = sum(part.size for part in parts)
        with _translated(), _existing(self._stage(handle), handle) as file:
            file.truncate(offset)
            file.seek(offset)
            file.write(data)
            file.flush()
            os.fdatasync(file.fileno())
        return Part(number, offset, len(data), str(len(data)))

    def finish(self, handle: str, parts: Sequence[Part]) -> Stat:
        key, size = handle, sum(part.size for part in parts)
        source, target = self._stage(handle), self._path(key)
        if target.exists():
            found = self.stat(key)
            same = not source.exists() or os.path.samefile(source, target)
            if found.size != size or not same:
                raise ObjectExists(key)
        else:
            with _translated(), _existing(source, handle) as file:
                file.truncate(size)
                os.fsync(file.fileno())
            with _translated():
                self._link(source, target, key)
        self.discard(handle)
        return self.stat(key)

    def discard(self, handle: str) -> None:
        with _translated(), suppress(FileNotFoundError):
            self._stage(handle).unlink()
            _sync_folder(self._staged)

    def tidy(self, before: int, handles: Collection[str]) -> None:
        known = {_to_name(handle) for handle in handles}
        with _translated():
            for folder in (self._temporary, self._staged):
                for entry in os.scandir(folder):
                    with suppress(FileNotFoundError):
                        if entry.name not in known and entry.stat().st_mtime_ns // 1000 < before:
                            os.unlink(entry.path)

    def internal(self, key: str) -> Internal:
        return Internal(f"/-/files/{self._path(key).relative_to(self._objects).as_posix()}")

    def free(self) -> int | None:
        return shutil.disk_usage(self.folder).free

    def check(self) -> None:
        if not self._objects.is_dir():
            raise StoreDown(f"{self._objects} is not there")

    def prepare(self) -> None:
        """The folders are there since it was opened."""

    def _path(self, key: str) -> Path:
        shard = hashlib.sha256(valid(key).encode()).hexdigest()[:2]
        return self._objects / shard / _to_name(key)

    def _stage(self, key: str) -> Path:
        return self._staged / _to_name(valid(key))


class _Window(io.RawIOBase):
    """Bytes [start, stop) of an open file."""

    def __init__(self, file: io.FileIO, start: int, stop: int) -> None:
        self._file, self._left = file, max(0, stop - start)
        file.seek(start)

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        wanted = self._left if size is None or size < 0 else min(size, self._left)
        with _translated():
            data = self._file.read(wanted) if wanted else b""
        self._left -= len(data)
        return data

    @property
    def left(self) -> int:
        return self._left

    def sendfile(self, line: int) -> int:
        sent = os.sendfile(line, self._file.fileno(), None, self._left)  # goes on where it is
        if not sent and self._left:
            raise StoreDown("a file is shorter than it was")
        self._left -= sent
        return sent

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()


def _open(path: Path, name: str, start: int, stop: int | None) -> BinaryIO:
    try:
        with _translated():
            file = io.FileIO(path, "rb")
    except FileNotFoundError as error:
        raise ObjectMissing(name) from error
    size = os.fstat(file.fileno()).st_size
    return _Window(file, start, size if stop is None else min(stop, size))  # type: ignore[return-value]


@contextmanager
def _existing(path: Path, name: str) -> Iterator[BinaryIO]:
    try:
        file = path.open("r+b")
    except FileNotFoundError as error:
        raise ObjectMissing(name) from error
    with file:
        yield file


def _to_name(key: str) -> str:
    """A key as one file name: `/` is not allowed in it, `_` is not in keys."""
    return key.replace("/", "_")


def _from_name(name: str) -> str:
    return name.replace("_", "/")


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _translated() -> Iterator[None]:
    """The operating system's errors in the interface's words."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        if error.errno in _FULL:
            raise StoreFull(str(error)) from error
        raise StoreDown(str(error)) from error
