"""A file to the library by tus 1.0.0 (tus.io/protocols/resumable-upload), each piece with its SHA-256."""

import base64
import hashlib
from pathlib import Path

from tongke.calls import Call, Flow, Progress
from tongke.errors import Problem, Unreachable
from tongke.session import Session

PIECE = 8 * 1024 * 1024
"""Bytes of one PATCH: the server makes so much durable at once."""
TUS = {"Tus-Resumable": "1.0.0"}
MOVED = frozenset({409, 423, 460})
"""Another offset, another writer, bytes that were changed on the way: look where it stands, and go on."""
AGAIN = 5
"""Tries of one piece."""


def begin(session: Session, path: Path, name: str | None) -> Flow[str]:
    """The id of a new upload of this file; whoever has it can go on with it."""
    encoded = base64.b64encode((name or path.name).encode()).decode()
    headers = {"Upload-Length": str(path.stat().st_size), "Upload-Metadata": f"filename {encoded}"}
    answer = yield from session.ask(Call("POST", "/uploads", headers=TUS | headers))
    return str(answer.headers["location"]).rpartition("/")[2]


def upload(
    session: Session, path: Path, name: str | None, at: str | None, progress: Progress | None
) -> Flow[str]:
    """Send the file, or what is missing of the upload `at`; returns the id of the finished upload."""
    ident = at or (yield from begin(session, path, name))
    size = path.stat().st_size
    offset = (yield from _offset(session, ident)) if at else 0
    tries = 0
    with path.open("rb") as source:
        while offset < size:
            source.seek(offset)
            before = offset
            try:
                offset = yield from _send(session, ident, offset, source.read(PIECE))
            except (Unreachable, Problem) as error:
                if isinstance(error, Problem) and error.status not in MOVED:
                    raise
                tries += 1
                if tries == AGAIN:
                    raise
                offset = yield from _offset(session, ident)
            if offset > before:
                tries = 0
            if progress:
                progress(offset, size)
    return ident


def _send(session: Session, ident: str, offset: int, piece: bytes) -> Flow[int]:
    digest = base64.b64encode(hashlib.sha256(piece).digest()).decode()
    headers = {
        "Upload-Offset": str(offset),
        "Upload-Checksum": f"sha256 {digest}",
        "Content-Type": "application/offset+octet-stream",
    }
    answer = yield from session.ask(Call("PATCH", f"/uploads/{ident}", headers=TUS | headers, content=piece))
    return int(answer.headers["upload-offset"])


def _offset(session: Session, ident: str) -> Flow[int]:
    answer = yield from session.ask(Call("HEAD", f"/uploads/{ident}", headers=TUS))
    return int(answer.headers["upload-offset"])
