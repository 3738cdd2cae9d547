"""Bytes as they are sent to an S3 server."""

import io
import zlib
from base64 import b64encode
from collections.abc import Iterable, Iterator

from service.storage import Data

PART = 8 * 1024 * 1024
"""Bytes of a part of `put`, which is the memory it takes."""
BLOCK = 128 * 1024
"""Bytes that are handed to the system at a time, each in the time that the line has for it. Of sixteen times as many
calls the processor had a tenth of an upload."""


class Body(io.RawIOBase):
    """Bytes to be sent, of which no copy is made: a block at each read, however much is asked for."""

    def __init__(self, data: Data) -> None:
        self._data, self._position = memoryview(data), 0

    def read(self, size: int | None = -1) -> memoryview:
        block = self._data[self._position : self._position + BLOCK]
        self._position += len(block)
        return block

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._position = (
            offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: len(self._data)}[whence]
        )
        return self._position

    def tell(self) -> int:
        return self._position


def crc32(data: Data) -> str:
    """As S3 wants it: big-endian, in Base64."""
    return b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()


def pieces(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of at least PART, and the rest; one empty piece of nothing."""
    kept: list[bytes] = []
    size = count = 0
    for chunk in chunks:
        kept.append(chunk)
        size += len(chunk)
        if size >= PART:
            yield b"".join(kept)
            kept, size, count = [], 0, count + 1
    if size or not count:
        yield b"".join(kept)
