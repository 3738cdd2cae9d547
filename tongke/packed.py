"""Many small files in one answer: a tar archive (POSIX ustar), each file verified and kept as soon as it is whole."""

import hashlib
import os
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import httpx

from tongke.calls import Call, Flow
from tongke.errors import Damaged
from tongke.session import Session

MOST = 100
"""Names of one answer."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file whose SHA-256 is known, and where it goes."""

    target: Path
    size: int
    sha256: str


class Unpacking:
    """Takes an archive apart as it comes. A file begun when the line breaks stays as `.part`, where `download` goes on."""

    def __init__(
        self,
        wanted: Mapping[str, Wanted],
        arrived: Callable[[str], None],
        progress: Callable[[int], None] | None,
    ) -> None:
        self._wanted, self._arrived, self._progress = wanted, arrived, progress
        self._head, self._left, self._padding = b"", 0, 0
        self._name, self._part = "", Path()
        self._digest = hashlib.sha256()
        self._file: IO[bytes] | None = None

    def begin(self, answer: httpx.Response) -> None:
        """It begins, or begins anew."""
        self.close()
        self._head, self._left, self._padding = b"", 0, 0

    def write(self, block: bytes | memoryview) -> None:
        """Keep the next bytes."""
        view = memoryview(block)
        while view:
            if self._left:
                view = self._content(view)
            elif self._padding:
                view, self._padding = view[self._padding :], max(0, self._padding - len(view))
            else:
                missing = tarfile.BLOCKSIZE - len(self._head)
                self._head += view[:missing]
                view = view[missing:]
                if len(self._head) == tarfile.BLOCKSIZE:
                    self._next()

    def _next(self) -> None:
        head, self._head = self._head, b""
        if not head.strip(b"\0"):  # the archive ends with sectors of zeros
            return
        try:
            info = tarfile.TarInfo.frombuf(head, "ascii", "strict")
        except (tarfile.TarError, UnicodeDecodeError) as error:
            raise Damaged("an archive that is none") from error
        if info.size < 0:  # which tar can say
            raise Damaged("an archive that is none")
        self._name, self._left, self._padding = info.name, info.size, -info.size % tarfile.BLOCKSIZE
        wanted = self._wanted.get(info.name)
        # Another size is another file, and may fill the disk.
        if wanted is not None and wanted.size == info.size:
            self._part = wanted.target.with_name(f"{wanted.target.name}.part")
            self._digest, self._file = hashlib.sha256(), self._part.open("wb")
        if not self._left:
            self._end()

    def _content(self, view: memoryview) -> memoryview:
        some, rest = view[: self._left], view[self._left :]
        if self._file is not None:
            self._file.write(some)
            self._digest.update(some)
            if self._progress:
                self._progress(len(some))
        self._left -= len(some)
        if not self._left:
            self._end()
        return rest

    def _end(self) -> None:
        """What is not what was promised is dropped: asked for by itself, it comes or says why it does not."""
        if self._file is None:
            return
        self.close()
        wanted = self._wanted[self._name]
        if self._digest.hexdigest() != wanted.sha256:
            self._part.unlink()
            return
        os.replace(self._part, wanted.target)
        self._arrived(self._name)

    def close(self) -> None:
        """Hand what was written to the operating system."""
        if self._file is not None:
            self._file.close()
            self._file = None


def bring(
    session: Session,
    path: str,
    wanted: Mapping[str, Wanted],
    arrived: Callable[[str], None],
    progress: Callable[[int], None] | None,
) -> Flow[None]:
    """Bring what there is of these, at most MOST, from the archive at `path`; `arrived` is told the name of each that is
    whole at its target. Raises Problem, Unreachable."""
    sink = Unpacking(wanted, arrived, progress)
    headers = {"Accept-Encoding": "identity"}
    try:
        yield from session.ask(Call("GET", path, params={"of": list(wanted)}, headers=headers, sink=sink))
    finally:
        sink.close()
