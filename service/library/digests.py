"""SHA-256 of uploads under way, kept in memory from one request to the next, so that a byte is hashed once.

It is a cache: what is not there (another process, or too many uploads) is hashed again from the store.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import BinaryIO, Protocol

from service.storage import Data

KEPT = 256
BLOCK = 1024 * 1024


class Hash(Protocol):
    """A running hash of hashlib."""

    def update(self, data: Data, /) -> None: ...

    def copy(self) -> "Hash": ...

    def digest(self) -> bytes: ...

    def hexdigest(self) -> str: ...


class Digests:
    """Running hashes, each with the offset it covers. Who takes one has it alone until it is put back."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._states: OrderedDict[str, tuple[int, Hash]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, upload_id: str, offset: int) -> Hash | None:
        """The hash of the first `offset` bytes, if it is here."""
        with self._lock:
            found = self._states.pop(upload_id, None)
        return found[1] if found is not None and found[0] == offset else None

    def put(self, upload_id: str, offset: int, digest: Hash) -> None:
        """Keep it; the one longest unused gives way."""
        with self._lock:
            self._states[upload_id] = (offset, digest)
            while len(self._states) > self._kept:
                self._states.popitem(last=False)


def digest_of(source: BinaryIO, each_block: Callable[[], None]) -> Hash:
    """The SHA-256 of a whole stream; `each_block` is called between blocks of 1 MiB."""
    digest: Hash = hashlib.sha256()
    while block := source.read(BLOCK):
        digest.update(block)
        each_block()
    return digest


DIGESTS = Digests()
"""Of this process."""
