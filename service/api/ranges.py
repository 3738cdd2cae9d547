"""`Range` and `If-Range` (RFC 9110 14): one range of bytes; what cannot be understood is ignored, as the RFC says."""

import re
from dataclasses import dataclass

_ONE = re.compile(r"bytes=\s*(\d{0,19})-(\d{0,19})\s*")


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes [start, stop); empty where nothing of the range can be satisfied (416)."""

    start: int
    stop: int


def parse_range(header: str | None, if_range: str | None, etag: str, size: int) -> Span | None:
    """The span asked for; None for the whole (no range, several, malformed, or `If-Range` of another state)."""
    match = _ONE.fullmatch(header or "")
    if match is None or (if_range is not None and if_range.strip() != etag):
        return None
    first, last = match.groups()
    if not first and not last:
        return None
    if not first:
        length = min(int(last), size)
        return Span(size - length, size)
    start = int(first)
    stop = min(int(last) + 1, size) if last else size
    if last and int(last) < start:
        return None
    return Span(start, stop) if start < size else Span(0, 0)
