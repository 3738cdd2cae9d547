"""Text, listings and pictures out of files nobody vouches for.

The work runs in a separate, limited process (a preloaded fork server), one short-lived child per file, so that a
hostile file can neither crash, hang nor fill the service. `sniff` decides what a file is, by its content.
"""

from dataclasses import dataclass, field
from typing import Literal, NamedTuple


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may cost."""

    seconds: float = 30.0
    """Wall time; CPU time is limited to the same for each of its threads."""
    threads: int = 1
    """Processors that it may keep busy."""
    memory: int = 1024 * 1024 * 1024
    """Bytes of address space."""
    characters: int = 5_000_000
    """Of text kept; the rest is dropped and `truncated` says so."""
    entries: int = 10_000
    """Of an archive listing."""
    writes: int = 64 * 1024 * 1024
    """Bytes of one file that it may write."""


OFFICE = Limits(seconds=300, threads=2, memory=4 * 1024**3, writes=512 * 1024**2)
"""Of a document that becomes a PDF."""
FILMS = Limits(seconds=7200, threads=2, memory=4 * 1024**3, writes=8 * 1024**3)
"""Of one step of a film."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One member of an archive."""

    name: str
    size: int


class Line(NamedTuple):
    """Words that stand in one line of a page, and their box in px of the page's image: left and top edge, width,
    height."""

    x: int
    y: int
    width: int
    height: int
    downwards: bool
    """Written from above to below."""
    words: str


@dataclass(frozen=True, slots=True)
class DrawnPage:
    """A page of a PDF as a picture, and what stands where on it."""

    image: bytes = b""
    """WebP; empty where there is none."""
    lines: tuple[Line, ...] = ()
    """In the order of the text; empty for a page of pictures."""


@dataclass(frozen=True, slots=True)
class Extracted:
    """What came out of a file."""

    state: Literal["ready", "failed"]
    reason: str = ""
    """Chinese, for the teacher: why nothing (or not all) could be extracted; empty when all went well."""
    texts: tuple[str, ...] = ()
    """A string per page, slide or sheet; long unpaged text in pieces of about 2,000 characters."""
    pages: int | None = None
    """Number of real pages (PDF, slides); None where the format has none, and `texts` are mere pieces."""
    listing: tuple[Entry, ...] = ()
    thumbnail: bytes = b""
    """WebP, at most 480 px wide and high; empty where there is none."""
    truncated: bool = False
    details: dict[str, str | int | float] = field(default_factory=dict)
    """What else is known: width and height in px, gps (1 where a picture tells a place), macros (1 where a document
    has some), seconds (how long a film takes), encoding, package (SCORM 1.2, SCORM 2004, cmi5, AICC, xAPI, QTI, Common
    Cartridge, IMS, H5P)."""
