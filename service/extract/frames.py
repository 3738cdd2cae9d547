"""What a child says to the service: frames of a 4-byte big-endian length and that many bytes; never a pickle."""

import json
import math
import socket
import struct
import time
from typing import Any

from service.extract import Entry, Extracted, Limits, Line

_LENGTH = struct.Struct(">I")
PLACE = 100_000
"""px within which a word may stand."""


class Silent(Exception):
    """The other side ended, or ran out of time, before the frame was whole."""


def send(channel: socket.socket, data: bytes) -> None:
    """One frame. Raises OSError where nobody listens any more."""
    channel.sendall(_LENGTH.pack(len(data)) + data)


def receive(channel: socket.socket, until: float, bound: int) -> bytes:
    """One frame of at most bound bytes, before the monotonic time `until`. Raises Silent."""
    (length,) = _LENGTH.unpack(_exactly(channel, _LENGTH.size, until))
    if length > bound:
        raise Silent(f"a frame of {length} bytes")
    return _exactly(channel, length, until)


def _exactly(channel: socket.socket, size: int, until: float) -> bytes:
    found = bytearray()
    while len(found) < size:
        channel.settimeout(max(until - time.monotonic(), 0.001))
        try:
            more = channel.recv(min(size - len(found), 1 << 20))
        except OSError as problem:
            raise Silent(str(problem)) from problem
        if not more:
            raise Silent("it ended")
        found += more
    return bytes(found)


def packed(found: Extracted) -> bytes:
    """What was extracted, as JSON; the thumbnail travels in a frame of its own."""
    told = {
        "state": found.state,
        "reason": found.reason,
        "texts": found.texts,
        "pages": found.pages,
        "listing": [(entry.name, entry.size) for entry in found.listing],
        "truncated": found.truncated,
        "details": found.details,
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def unpacked(data: bytes) -> Extracted:
    """The reverse; every field is checked, for the child read a stranger's file. Raises ValueError."""
    try:
        told: dict[str, Any] = json.loads(data, parse_constant=_refused, parse_float=_finite)
        return Extracted(
            state="ready" if told["state"] == "ready" else "failed",
            reason=_string(told["reason"]),
            texts=tuple(map(_string, told["texts"])),
            pages=None if told["pages"] is None else _count(told["pages"]),
            listing=tuple(Entry(_string(name), _count(size)) for name, size in told["listing"]),
            truncated=bool(told["truncated"]),
            details={_string(name): _detail(value) for name, value in told["details"].items()},
        )
    except (KeyError, TypeError, AttributeError, RecursionError, OverflowError) as problem:
        raise ValueError("not an answer") from problem


def packed_lines(lines: tuple[Line, ...]) -> bytes:
    """What stands where on a page, as JSON."""
    return json.dumps(lines, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def unpacked_lines(data: bytes) -> tuple[Line, ...]:
    """The reverse; what cannot stand on a picture is left out. Raises ValueError."""
    try:
        told = json.loads(data, parse_constant=_refused, parse_float=_refused)
        found = [
            Line(x, y, width, height, bool(down), _string(words)) for x, y, width, height, down, words in told
        ]
        return tuple(
            line
            for line in found
            if all(map(_is_place, line[:4])) and line.width > 0 and line.height > 0 and line.words
        )
    except (TypeError, RecursionError) as problem:
        raise ValueError("not an answer") from problem


def _is_place(value: object) -> bool:
    return type(value) is int and -PLACE < value < PLACE


def _refused(constant: str) -> float:
    raise ValueError(f"{constant} is no number")


def _finite(digits: str) -> float:
    number = float(digits)
    return number if math.isfinite(number) else _refused(digits)


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("not a text")
    return value.encode("utf-8", "replace").decode("utf-8")  # A lone surrogate fits into no database.


def _count(value: object) -> int:
    if not isinstance(value, int) or not 0 <= value < 1 << 63:
        raise ValueError("not a count")
    return value


def _detail(value: object) -> str | int | float:
    if isinstance(value, float):
        return value
    return _string(value) if isinstance(value, str) else _count(value)


def is_webp(data: bytes) -> bool:
    """Whether it begins as a WebP picture does (RFC 9649, 2.4): nothing else is handed on as one."""
    return data[:4] == b"RIFF" and data[8:12] == b"WEBP"


def bound(limits: Limits) -> int:
    """Bytes that an honest answer has at most."""
    return limits.characters * 6 + limits.entries * 4096 + (1 << 20)
