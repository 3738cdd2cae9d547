"""The built style sheet and script, served under a name that changes with their content."""

import hashlib
import mimetypes
import os
from functools import lru_cache
from pathlib import Path

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse

from service.errors import NotFound

STATIC = Path(__file__).parent / "static"
router = APIRouter()


@lru_cache(maxsize=64)
def _digest(name: str, changed: int) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]


def url(name: str) -> str:
    """The address of a built file; without the build it is still an address, that answers 404."""
    path = STATIC / name
    return (
        f"/static/{name}?v={_digest(name, path.stat().st_mtime_ns)}" if path.is_file() else f"/static/{name}"
    )


@router.get("/static/{name:path}")
def static(name: str) -> Response:
    """A built file; its name carries its version, so that it is kept for a year."""
    path = STATIC / name
    # os.path.isfile says no to a name that no file system takes (NUL, 5000 letters); Path.is_file raises.
    if not os.path.isfile(path) or not path.resolve().is_relative_to(STATIC.resolve()):
        raise NotFound(
            "没有找到这个文件。如果是第一次运行，请用 scripts/serve 启动，它会先生成页面所需的文件。"
        )
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    kept = {
        "Cache-Control": "public, max-age=31536000, immutable",
        "ETag": f'W/"{_digest(name, path.stat().st_mtime_ns)}"',  # weak: it may be compressed on its way
    }
    if name.startswith("play/"):  # a package's player has no origin, and its fonts ask for leave
        kept["Access-Control-Allow-Origin"] = "*"
    return FileResponse(path, media_type=media_type, headers=kept)


@router.get("/favicon.ico")
def favicon() -> Response:
    """The mark of the library."""
    return static("favicon.svg")
