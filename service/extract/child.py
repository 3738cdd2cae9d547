"""The short life of one child: bounds itself, reads one file, answers, ends."""

import ctypes
import math
import os
import resource
import signal
import socket
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from service.extract import Extracted, Limits, frames, office, page_images, pictures, readers, thumbnails
from service.extract.problems import OUT_OF_MEMORY, Unreadable

OFFICE_MEMORY = 4 * 1024 * 1024 * 1024
"""Address space that LibreOffice, started by a child, may raise its own limit to."""
WRITES = 64 * 1024 * 1024
"""Bytes of one file that a child, or LibreOffice under it, may write."""
FILES = 256
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38
_libc = ctypes.CDLL(None)


def live(asked: Mapping[str, Any], channel: socket.socket, scratch: Path) -> None:
    """Answer one request on the channel. Temporary files go below scratch, which the server empties."""
    limits = Limits(**asked["limits"])
    _confine(limits)
    tempfile.tempdir = str(scratch)
    office.program = asked["soffice"]
    path = Path(asked["path"])
    if asked["kind"] == "page":
        frames.send(channel, _page(path, asked["n"], asked["width"]))
        return
    if asked["kind"] == "unplaced":
        frames.send(channel, _unplaced(path))
        return
    frames.send(channel, frames.packed(_read(path, asked["media_type"], asked["name"], limits)))
    # The text is safe with the service by now, whatever the picture does to us.
    frames.send(channel, thumbnails.thumbnail(path, asked["media_type"]))


def _confine(limits: Limits) -> None:
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    # Neither core dumps nor other children of the same user may look into what is being read (prctl(2)).
    _libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    os.nice(10)
    seconds = math.ceil(limits.seconds)
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    hard = max(limits.memory, OFFICE_MEMORY)
    if most != resource.RLIM_INFINITY:
        hard = min(hard, most)
    resource.setrlimit(resource.RLIMIT_AS, (min(limits.memory, hard), hard))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (WRITES, WRITES))
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _read(path: Path, media_type: str, name: str, limits: Limits) -> Extracted:
    try:
        return readers.read(path, media_type, name, limits)
    except MemoryError:
        return Extracted("failed", OUT_OF_MEMORY)
    except Unreadable as problem:
        return Extracted("failed", problem.reason)
    except Exception:
        # A reader that trips over a hostile file in a way nobody foresaw says the same as one that foresaw it.
        return Extracted("failed", Unreadable.reason)


def _unplaced(path: Path) -> bytes:
    try:
        return pictures.unplaced(path)
    except pictures.BROKEN:
        return b""


def _page(path: Path, n: int, width: int) -> bytes:
    try:
        return page_images.page_image(path, n, width)
    except (Unreadable, *pictures.BROKEN):
        return b""
