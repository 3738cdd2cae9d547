"""The text of PowerPoint's binary files by slide (MS-PPT 2.1.2 the persist directory, 2.9 the text atoms)."""

import struct
from collections.abc import Iterator

from service.extract.problems import Locked, Unreadable

_DOCUMENT, _SLIDE, _NOTES = 1000, 1006, 1008
_PERSIST, _LIST = 1011, 4080
_CHARS, _BYTES = 4000, 4008
_USER_EDIT, _DIRECTORY = 4085, 6002
_ENCRYPTED = 0xF3D1C4DF
_HEADER = struct.Struct("<HHI")
DEPTH = 40
"""Containers within containers that are followed."""

Record = tuple[int, int, int, int]
"""Type, instance, start and end of the content."""


def records(data: bytes, start: int, end: int) -> Iterator[Record]:
    """The records that stand side by side in this stretch; stops where one does not fit."""
    while start + _HEADER.size <= end:
        first, kind, length = _HEADER.unpack_from(data, start)
        begin = start + _HEADER.size
        if begin + length > end:
            return
        yield kind, first >> 4, begin, begin + length
        start = begin + length


def slides(data: bytes, current: bytes) -> list[str]:
    """A text per slide, its notes at its end; one text of everything where the directory is damaged."""
    if len(current) >= 20 and struct.unpack_from("<I", current, 12)[0] == _ENCRYPTED:
        raise Locked
    try:
        found = list(_by_slide(data, current))
    except (struct.error, KeyError, IndexError):
        found = []
    if any(found):
        return found
    rest = "\n".join(_texts(data, 0, len(data)))
    if not rest:
        raise Unreadable("no text atoms")
    return [rest]


def _by_slide(data: bytes, current: bytes) -> Iterator[str]:
    where, document = _directory(data, struct.unpack_from("<I", current, 16)[0])
    start, end = _at(data, where[document])
    notes: dict[int, str] = {}
    shown: list[tuple[int, str]] = []
    for kind, instance, begin, stop in records(data, start, end):
        if kind == _LIST and instance in (0, 2):
            for persist, slide, outline in _listed(data, begin, stop):
                own = _texts(data, *_at(data, where[persist])) if persist in where else []
                said = "\n".join([*outline, *own])
                if instance == 0:
                    shown.append((slide, said))
                else:
                    notes[_slide_of(data, where.get(persist), slide)] = said
    for slide, said in shown:
        yield f"{said}\n{notes.get(slide, '')}".strip()


def _directory(data: bytes, edit: int) -> tuple[dict[int, int], int]:
    """Persist id → offset, newest first, and the document's id."""
    where: dict[int, int] = {}
    document, seen = 0, set()
    while edit and edit not in seen:
        seen.add(edit)
        _, kind, _ = _HEADER.unpack_from(data, edit)
        if kind != _USER_EDIT:
            break
        _, _, before, directory, reference = struct.unpack_from("<IIIII", data, edit + 8)
        document = document or reference
        start, end = _at(data, directory)
        while start + 4 <= end:
            (packed,) = struct.unpack_from("<I", data, start)
            first, count = packed & 0xFFFFF, packed >> 20
            for n, offset in enumerate(struct.unpack_from(f"<{count}I", data, start + 4)):
                where.setdefault(first + n, offset)
            start += 4 + 4 * count
        edit = before
    return where, document


def _at(data: bytes, offset: int) -> tuple[int, int]:
    _, _, length = _HEADER.unpack_from(data, offset)
    return offset + _HEADER.size, min(offset + _HEADER.size + length, len(data))


def _listed(data: bytes, start: int, end: int) -> Iterator[tuple[int, int, list[str]]]:
    """(persist id, slide id, texts of the outline) for each slide in a list."""
    here: tuple[int, int, list[str]] | None = None
    for kind, _, begin, stop in records(data, start, end):
        if kind == _PERSIST:
            if here:
                yield here
            persist, slide = struct.unpack_from("<I8xI", data, begin)
            here = (persist, slide, [])
        elif here and (text := _atom(data, kind, begin, stop)):
            here[2].append(text)
    if here:
        yield here


def _slide_of(data: bytes, offset: int | None, otherwise: int) -> int:
    """The slide that a notes page belongs to, by its NotesAtom (1009)."""
    if offset is not None:
        for kind, _, begin, stop in records(data, *_at(data, offset)):
            if kind == 1009 and stop - begin >= 4:
                return int(struct.unpack_from("<I", data, begin)[0])
    return otherwise


def _texts(data: bytes, start: int, end: int, depth: int = 0) -> list[str]:
    found: list[str] = []
    while start + _HEADER.size <= end and depth < DEPTH:
        first, kind, length = _HEADER.unpack_from(data, start)
        begin = start + _HEADER.size
        stop = min(begin + length, end)
        if first & 0xF == 0xF:
            found += _texts(data, begin, stop, depth + 1)
        elif text := _atom(data, kind, begin, stop):
            found.append(text)
        start = begin + length
    return found


def _atom(data: bytes, kind: int, start: int, end: int) -> str:
    if kind == _CHARS:
        text = data[start:end].decode("utf-16-le", "replace")
    elif kind == _BYTES:
        text = data[start:end].decode("latin-1")
    else:
        return ""
    # A lone * stands for the slide's number or date.
    return "" if text.strip() == "*" else text.replace("\r", "\n").replace("\x0b", "\n")
