"""A file's bytes, resumed and verified: `.part` beside the target, Range with If-Range, SHA-256, then one rename."""

import hashlib
import os
from pathlib import Path
from typing import IO

import httpx

from tongke.calls import Call, Flow, Pause, Progress
from tongke.errors import Damaged, Unreachable
from tongke.session import PAUSE, TRIES, Session

BLOCK = 1024 * 1024


class Part:
    """What has come of a file. It survives the process: the next one goes on where it ends."""

    def __init__(self, path: Path, size: int, progress: Progress | None) -> None:
        self.path, self.size = path, size
        self._progress = progress
        self.digest = hashlib.sha256()
        self.have = 0
        self._file: IO[bytes] | None = None
        if path.exists():
            with path.open("rb") as begun:
                while block := begun.read(BLOCK):
                    self.digest.update(block)
                    self.have += len(block)

    def begin(self, answer: httpx.Response) -> None:
        """Go on behind what is there where the answer does (206), else from the beginning."""
        self.close()
        if answer.status_code == 206 and answer.headers.get("content-range", "").startswith(
            f"bytes {self.have}-"
        ):
            self._file = self.path.open("ab")
            return
        self.have, self.digest = 0, hashlib.sha256()
        self._file = self.path.open("wb")

    def write(self, block: bytes | memoryview) -> None:
        """Keep the next bytes. Raises Damaged for more than there are, lest they fill the disk."""
        assert self._file is not None
        if self.have + len(block) > self.size:
            self.drop()
            raise Damaged(f"{self.path.name}: more than the {self.size} bytes that it has")
        self._file.write(block)
        self.digest.update(block)
        self.have += len(block)
        if self._progress:
            self._progress(self.have, self.size)

    def close(self) -> None:
        """Hand what was written to the operating system."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def drop(self) -> None:
        """Forget what came."""
        self.close()
        self.path.unlink(missing_ok=True)
        self.have, self.digest = 0, hashlib.sha256()


def download(
    session: Session, path: str, target: Path, *, size: int, sha256: str, etag: str, progress: Progress | None
) -> Flow[Path]:
    """Bring the bytes at `path` to `target`, which appears whole or not at all. A broken line is taken up again where it
    broke, in this call and in later ones. Raises Damaged, Problem, Unreachable."""
    part = Part(target.with_name(f"{target.name}.part"), size, progress)
    if part.have > size:
        part.drop()
    fresh = part.have == 0
    try:
        while True:
            yield from _fill(session, path, part, size, etag)
            part.close()
            if part.have == size and part.digest.hexdigest() == sha256:
                break
            part.drop()
            if fresh:
                raise Damaged(f"{path}: the bytes are not those of sha256 {sha256}")
            fresh = True  # what was begun before may be of other bytes: once more, from the beginning
    finally:
        part.close()
    if size == 0:
        part.path.touch()
    os.replace(part.path, target)
    return target


def _fill(session: Session, path: str, part: Part, size: int, etag: str) -> Flow[None]:
    tries = 0
    while part.have < size:
        before = part.have
        headers = {"Accept-Encoding": "identity"}
        if part.have:
            headers |= {"Range": f"bytes={part.have}-", "If-Range": f'"{etag}"'}
        try:
            yield from session.ask(Call("GET", path, headers=headers, sink=part))
        except Unreachable:
            tries = 1 if part.have > before else tries + 1
            if tries == TRIES:
                raise
            yield Pause(PAUSE * 2 ** (tries - 1))
        else:
            return
