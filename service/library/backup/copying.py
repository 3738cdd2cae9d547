"""Objects from one store to another, each verified while it is read."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from service.library.integrity import Known, Verdict
from service.storage import ObjectMissing, Objects

BLOCK = 1024 * 1024


class _Damaged(Exception):
    """The bytes are not what the row says."""


@dataclass
class Copied:
    """How it went, in objects and bytes."""

    new: int = 0
    bytes: int = 0
    known: int = 0


def copy(
    source: Objects,
    target: Objects,
    known: Known,
    from_key: str,
    to_key: str,
    count: Copied,
) -> Verdict | None:
    """Copy one object unless it is there already; a Verdict where the source has not, or no longer, what it should."""
    try:
        if target.stat(to_key).size == known.size:
            count.known += 1
            return None
        target.delete(to_key)  # of another size: not what was meant
    except ObjectMissing:
        pass
    try:
        target.put(to_key, _verified(source, from_key, known))
    except ObjectMissing:
        return Verdict(known, "missing", f"{from_key} is not there")
    except _Damaged as problem:
        return Verdict(known, "damaged", f"{from_key} {problem}")
    count.new += 1
    count.bytes += known.size
    return None


def _verified(source: Objects, key: str, known: Known) -> Iterator[bytes]:
    """The bytes; raises _Damaged instead of coming to an end where they are others."""
    digest, size = hashlib.sha256(), 0
    with source.open(key) as stream:
        while block := stream.read(BLOCK):
            digest.update(block)
            size += len(block)
            yield block
    if size != known.size:
        raise _Damaged(f"has {size} bytes, should have {known.size}")
    if known.sha256 is not None and digest.hexdigest() != known.sha256:
        raise _Damaged(f"does not have the SHA-256 {known.sha256}")
