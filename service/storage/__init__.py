"""Where bytes live. One Protocol, one contract suite (tests/contracts/test_objects.py), an implementation a file.

Keys are opaque, unique and written once: lower-case letters, digits, `/` and `-`, at most 200 characters. An object
never changes; a new content is a new key. Model: restic's `internal/backend/backend.go`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Protocol


@dataclass(frozen=True, slots=True)
class Stat:
    """An object as stored: its size in bytes and the time it was finished (Unix microseconds, UTC)."""

    key: str
    size: int
    modified: int


@dataclass(frozen=True, slots=True)
class Part:
    """A durable piece of a staged upload: its number from 1, offset and size in bytes, and the store's own tag."""

    n: int
    offset: int
    size: int
    etag: str


class ObjectMissing(Exception):
    """No object under that key, or no staged upload under that name."""


class ObjectExists(Exception):
    """The key is taken: keys are written once."""


class StoreFull(Exception):
    """The store has no room left (ENOSPC, quota)."""


class StoreDown(Exception):
    """The store does not answer, or answered with an error that a later try may not meet."""


class Objects(Protocol):
    """A flat store of write-once objects, with staged uploads beside them."""

    def put(self, key: str, chunks: Iterable[bytes]) -> Stat:
        """Write a whole object. Durable (file and folder fsynced, or acknowledged by S3) when this returns; nothing
        is visible under the key before. Raises ObjectExists, StoreFull, StoreDown; after any of them nothing of this
        call is left under the key."""
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

    def stage(self, name: str) -> str:
        """Begin a staged upload and return its handle (local: the name; S3: with the multipart id in it). `name` is
        shaped like a key, and unique."""
        ...

    def append(self, handle: str, parts: Sequence[Part], data: bytes) -> Part:
        """Add `data` after `parts` (all that the caller has recorded). Bytes that an interrupted append left behind
        them are dropped first. The part is durable when this returns. Raises ObjectMissing, StoreFull, StoreDown."""
        ...

    def staged(self, handle: str, parts: Sequence[Part]) -> BinaryIO:
        """Read back what `parts` cover, from the start."""
        ...

    def finish(self, handle: str, parts: Sequence[Part], key: str) -> Stat:
        """Turn the parts into the object `key`, durably; the stage is gone afterwards. Called again after a crash
        between finishing and recording, it returns the same Stat. Raises ObjectMissing, ObjectExists (another
        size under that key), StoreFull, StoreDown."""
        ...

    def discard(self, handle: str) -> None:
        """Drop a staged upload. A missing one is no error."""
        ...

    def free(self) -> int | None:
        """Bytes that can still be written, None where the store does not say."""
        ...

    def check(self) -> None:
        """Cheap proof that the store answers; raises StoreDown."""
        ...
