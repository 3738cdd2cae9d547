"""Where bytes live. One Protocol, one contract suite (tests/contracts/test_objects.py), an implementation a file.

Keys are opaque, unique and written once: lower-case letters, digits, `/` and `-`, at most 200 characters. An object
never changes; a new content is a new key. Model: restic's `internal/backend/backend.go`.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol, Self, runtime_checkable

from service.errors import NoSpace, Unavailable

_KEY = re.compile(r"[a-z0-9][a-z0-9/-]{0,199}")


def valid(key: str) -> str:
    """The key itself. Raises ValueError for what is none."""
    if not _KEY.fullmatch(key) or "//" in key:
        raise ValueError(f"not a key: {key!r}")
    return key


@dataclass(frozen=True, slots=True)
class Stat:
    """An object as stored: its size in bytes and the time it was finished (Unix microseconds, UTC)."""

    key: str
    size: int
    modified: int


@dataclass(frozen=True, slots=True)
class Part:
    """A durable piece of a staged upload: its number, offset and size in bytes, and the store's own tag.

    Number 0 is a tail, too short to stand for itself: the next append takes it in and answers with a part that begins
    where the tail did."""

    n: int
    offset: int
    size: int
    etag: str


@dataclass(frozen=True, slots=True)
class Internal:
    """Where nginx finds an object (deploy/nginx.conf.template): the path of an internal location, and the headers
    that it must send.

    The headers let whoever has them read the object for some minutes: they never leave our machines."""

    path: str
    headers: Mapping[str, str] = field(default_factory=dict)


Data = bytes | bytearray | memoryview
"""Bytes that are given to a store; whoever gave them changes none before the call returns."""


class ObjectMissing(Exception):
    """No object under that key, or no staged upload under that name."""


class ObjectExists(Exception):
    """The key is taken: keys are written once."""


class StoreFull(NoSpace):
    """The store has no room left (ENOSPC, quota). `str()` says why, for the log."""

    def __init__(self, why: str) -> None:
        super().__init__(
            "文件存储的空间已满，这部分内容没有保存，之前的都在。请联系平台管理员。",
            english="The file store is full. This was not saved; what came before is kept.",
        )
        self.why = why

    def __str__(self) -> str:
        return self.why


class StoreDown(Unavailable):
    """The store does not answer, or answered with an error that a later try may not meet. `str()` says why."""

    def __init__(self, why: str) -> None:
        super().__init__(
            "文件存储暂时连接不上，附件现在不能打开或保存，其他功能不受影响。请稍候再试。",
            english="The file store does not answer, so no file can be opened or saved now. Try again in a moment.",
        )
        self.why = why

    def __str__(self) -> str:
        return self.why


@runtime_checkable
class Sendable(Protocol):
    """What `Objects.open` may give: a file of this machine, whose bytes the system can put on a line by itself
    (sendfile(2))."""

    @property
    def left(self) -> int:
        """Bytes from here to its end."""
        ...

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes; none at the end."""
        ...

    def __enter__(self) -> Self: ...
    def __exit__(self, *_error: object) -> None: ...

    def sendfile(self, line: int) -> int:
        """Put of the next bytes on this non-blocking socket as many as it takes now, and say how many. Linux alone has that.
        Raises BlockingIOError, StoreDown where the file ends too soon."""
        ...


class Objects(Protocol):
    """A flat store of write-once objects, with staged uploads beside them."""

    @property
    def ahead(self) -> int:
        """How many appends of one upload may be under way at once."""
        ...

    def put(self, key: str, chunks: Iterable[bytes]) -> Stat:
        """Write a whole object. Durable (file and folder fsynced, or acknowledged by S3) when this returns; nothing
        is visible under the key before. Raises ObjectExists, StoreFull, StoreDown; after any of them nothing of this
        call is left under the key, but where a store fell silent before it could say that it was done."""
        ...

    def open(self, key: str, start: int = 0, stop: int | None = None) -> BinaryIO:
        """A readable, closable stream of bytes [start, stop) (to the end without `stop`; beyond the end is cut).
        Raises ObjectMissing now, not at the first read."""
        ...

    def stat(self, key: str) -> Stat:
        """Raises ObjectMissing."""
        ...

    def delete(self, key: str) -> None:
        """Gone, durably, when this returns. A missing key is no error."""
        ...

    def list(self, prefix: str = "") -> Iterator[Stat]:
        """Every finished object whose key starts with `prefix`, in key order. Never staged or half-written ones."""
        ...

    def stage(self, key: str) -> str:
        """Begin a staged upload of what is to become the object `key`, and return its handle, at most 300 characters
        for keys of this library (local: the key; S3: with the multipart id in it)."""
        ...

    def append(self, handle: str, parts: Sequence[Part], data: Data, number: int) -> Part:
        """Add `data` after `parts` (all that the caller has recorded, then those that are under way, whose tags it does not
        know yet, and of which none is a tail). Bytes that an interrupted append left behind
        them are dropped first. The part is durable when this returns, and takes the place of those from its offset on.
        `number`, from 1 to 9,999, is higher than that of every part and was never given to an append of this upload
        that made a part of it, or failed. Raises ObjectMissing, StoreFull, StoreDown."""
        ...

    def finish(self, handle: str, parts: Sequence[Part]) -> Stat:
        """Turn the parts into the object, durably; the stage is gone afterwards. Called again after a crash between
        finishing and recording, it returns the same Stat. Raises ObjectMissing, ObjectExists (another object under
        the key), StoreFull, StoreDown."""
        ...

    def discard(self, handle: str) -> None:
        """Drop a staged upload. A missing one is no error."""
        ...

    def tidy(self, before: int, handles: Collection[str]) -> None:
        """Drop what a crash left that no call will ever come back to: half-written objects, and stages that are not among
        `handles`, last written before a moment (Unix microseconds, UTC). S3 servers end such uploads by a rule of the
        bucket (docs/operations.md)."""
        ...

    def internal(self, key: str) -> Internal:
        """Where a proxy before the service reads the object, if it is there: the object is not looked at. Raises
        StoreDown where the store is known to be silent."""
        ...

    def free(self) -> int | None:
        """Bytes that can still be written, None where the store does not say."""
        ...

    def check(self) -> None:
        """Cheap proof that the store answers; raises StoreDown."""
        ...

    def prepare(self) -> None:
        """Make the place where objects go, where that is missing. Raises StoreDown."""
        ...
