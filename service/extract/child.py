"""The short life of one child: bounds itself, reads one file, answers, ends."""

import socket
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from service.extract import (
    Extracted,
    Limits,
    Line,
    frames,
    office,
    page_images,
    pictures,
    readers,
    thumbnails,
)
from service.extract.confinement import confine
from service.extract.problems import CONVERTED, READ, NotConverted, Unreadable, out_of_memory

PDF = "application/pdf"


def live(asked: Mapping[str, Any], channel: socket.socket, scratch: Path) -> None:
    """Answer one request on the channel. Temporary files go below scratch, which the server empties."""
    limits = Limits(**asked["limits"])
    path = Path(asked["path"])
    target = Path(asked["target"]) if "target" in asked else None
    office.program = asked["soffice"]
    programs = [Path(office.program).resolve().parent] if office.program else []
    confine(limits, [path, *programs], [scratch, *([target.parent] if target else [])])
    tempfile.tempdir = str(scratch)
    if target is not None:
        _convert(asked, channel, path, target, limits)
    elif asked["kind"] == "page":
        _page(channel, path, asked["n"], asked["width"])
    elif asked["kind"] == "unplaced":
        frames.send(channel, _unplaced(path))
    else:
        read = _told(lambda: readers.read(path, asked["media_type"], asked["name"], limits), READ)
        frames.send(channel, frames.packed(read))
        # The text is safe with the service by now, whatever the picture does to us.
        frames.send(channel, thumbnails.thumbnail(path, asked["media_type"]))


def _convert(
    asked: Mapping[str, Any], channel: socket.socket, path: Path, target: Path, limits: Limits
) -> None:
    """Write to the target what is asked for, and answer how it went, with the small picture that it gave."""
    from service.extract import films  # its libraries are large, and most children read no film

    if asked["kind"] == "pdf":
        made = _told(lambda: office.convert(path, asked["media_type"], target), CONVERTED)
        picture = thumbnails.thumbnail(target, PDF) if made.state == "ready" else b""
    else:
        picture = b""
        steps = {"probe": films.probe, "play": films.play, "small": films.small}
        made = _told(lambda: steps[asked["kind"]](path, target, limits), CONVERTED)
        if asked["kind"] == "probe" and target.exists():
            picture = target.read_bytes()
    frames.send(channel, frames.packed(made))
    frames.send(channel, picture)


def _told(read: Callable[[], Extracted], undone: str) -> Extracted:
    try:
        return read()
    except MemoryError:
        return Extracted("failed", out_of_memory(undone))
    except Unreadable as problem:
        return Extracted("failed", problem.reason)
    except Exception:
        # A reader that trips over a hostile file in a way nobody foresaw says the same as one that foresaw it.
        return Extracted("failed", Unreadable.reason if undone == READ else NotConverted.reason)


def _unplaced(path: Path) -> bytes:
    try:
        return pictures.unplaced(path)
    except pictures.BROKEN:
        return b""


def _page(channel: socket.socket, path: Path, n: int, width: int) -> None:
    """The picture, and when it is safe with the service what stands where on it."""
    try:
        page = page_images.PageImage(path, n, width)
    except (Unreadable, *pictures.BROKEN):
        frames.send(channel, b"")
        return
    frames.send(channel, page.image)
    frames.send(channel, frames.packed_lines(_lines(page)))


def _lines(page: page_images.PageImage) -> tuple[Line, ...]:
    try:
        return page.lines()
    except Unreadable:
        return ()
