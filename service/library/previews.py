"""What a page shows of each file without a download: page images with their text, a picture's size, a table's first
rows, the beginning of a text, the listing of an archive, captions. Derived beforehand; nothing is read here that a
stranger wrote, but for captions."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any

from sqlalchemy import and_, bindparam, or_, select
from sqlmodel import col

from service.errors import Unavailable
from service.extract import Line
from service.extract.sniff import BINARY_SHEET, SHEET, XLS
from service.library import captions, conversions, packages
from service.library.captions import Cue
from service.library.mirroring.wanted import AWAY
from service.models import Derived, File, PageLayer, PageText, fetch
from service.storage import ObjectMissing
from service.work import Work

PAGES = 10
"""Page images on the resource's page; the rest is on the file's own."""
PIECES = 12
"""Pieces of text that are read of a file, about 2,000 characters each (`extract.pieces`)."""
ROWS, COLUMNS = 100, 30
WORDS = 1200
"""Characters of a text that has neither pages nor rows."""
ENTRIES = 100
SHEETS = frozenset({SHEET, XLS, BINARY_SHEET, "application/vnd.oasis.opendocument.spreadsheet"})
PLAIN_TABLES = {"text/csv": ",", "text/tab-separated-values": "\t"}
PROGRAMS = frozenset(
    {
        "application/vnd.microsoft.portable-executable", "application/x-elf", "application/x-mach-binary",
        "application/vnd.android.package-archive", "application/java-archive", "application/java-vm",
        "application/vnd.adobe.flash.movie",
    }
)  # fmt: skip
RUN_BY_NAME = frozenset(
    {".exe", ".com", ".scr", ".msi", ".bat", ".cmd", ".ps1", ".vbs", ".vbe", ".js", ".jse", ".wsf", ".hta", ".lnk",
     ".jar", ".apk", ".sh", ".reg"}
)  # fmt: skip
INFECTED = "杀毒程序在这个附件里发现了病毒，已停止提供下载。"
NOT_HERE = "原文件还没有取到本校的副本；急用请到资源库打开。"
UNREADABLE = "这个附件的内容已损坏，已停止提供下载，管理员会尽快从备份里找回。"
PICTURES = frozenset(
    {"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp", "image/tiff"}
)
A4 = (720, 1018)
"""Of a page image whose size cannot be told, in px."""
SIZES = 20_000
"""Of pictures that are kept in memory: 4 MB."""
_SIZES: dict[str, tuple[int, int]] = {}
"""Object key → width and height in px."""

Found = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Preview:
    """What can be shown of a file. Empty parts are not shown."""

    size: tuple[int, int] | None = None
    """Width and height in px: of a picture, or of the first page image."""
    thumbnail: bool = False
    page_images: tuple[int, ...] = ()
    """Numbers of the pages that have an image, at most PAGES."""
    texts: Mapping[int, str] | None = None
    """Text by page, of those pages."""
    layers: Mapping[int, Sequence[Line]] = field(default_factory=dict)
    """What stands where, by page image."""
    readable: bool = False
    """Whether there is a text."""
    rows: tuple[tuple[str, ...], ...] = ()
    words: str = ""
    listing: tuple[Mapping[str, Any], ...] = ()
    members: int = 0
    """Of an archive, in all that are known."""
    package: str = ""
    played: bool = False
    """Whether it is a package that plays in a page."""
    captions: tuple[str, ...] = ()
    """Ids of the caption files that go with a recording."""
    cues: tuple[Cue, ...] = ()
    pages: int | None = None
    """In all: of the file, or of the PDF made from it."""
    conversion: Mapping[str, Any] | None = None
    """`conversions.of`: where it is converted, and has not ended well, is shown."""
    clock: str = ""
    """How long a film takes: 3:07, 1:02:45."""
    small: int | None = None
    """Bytes of the film for a slow line, where there is one."""
    macros: bool = False
    program: bool = False
    """It can be run, and does who knows what."""
    withheld: str = ""
    """Words for why its bytes are not given out."""
    away: bool = False
    """Only because a mirror has not brought them; what was made of them may be here."""
    plays: bool = True
    """Of a recording: whether there is anything to play."""


def of(work: Work, resource_id: str, found: Sequence[Found], pages: int = PAGES) -> dict[str, Preview]:
    """File id → its preview, for Files of api.md that `resources.view` has shown to this caller."""
    ids = [file["id"] for file in found]
    rows = {row.id: row for row in fetch(work.session, _FILES, {"ids": ids})}
    pictures = _pictures(work, ids, pages)
    texts = _texts(work, ids, pages)
    layers = _layers(work, ids, pages)
    states = conversions.of(work, ids)
    here = [file for file in found if not rows[file["id"]].withheld]
    return {
        file["id"]: replace(
            _preview(work, resource_id, rows[file["id"]], here, pictures.get(file["id"], []), texts),
            layers=layers.get(file["id"], {}),
            **_about(rows[file["id"]], states.get(file["id"]), pictures.get(file["id"], [])),
        )
        for file in found
    }


def _about(file: Any, conversion: Mapping[str, Any] | None, made: list[Any]) -> dict[str, Any]:
    """What is told beside the preview itself."""
    return {
        "pages": file.pages or (conversion["pages"] if conversion else None),
        "conversion": conversion,
        "clock": captions.clock(float(seconds)) if (seconds := file.details.get("seconds")) else "",
        "small": next((one.size for one in made if one.kind == "small"), None),
        "macros": bool(file.details.get("macros")),
        "program": is_program(file.media_type, file.name),
        "withheld": ""
        if not file.withheld
        else INFECTED
        if file.withheld.startswith("virus")
        else NOT_HERE
        if file.withheld == AWAY
        else UNREADABLE,
        "away": file.withheld == AWAY,
        "plays": not file.withheld or any(one.kind in ("play", "small") for one in made),
    }


def is_program(media_type: str, name: str) -> bool:
    """Whether opening the file runs it, on one machine or another."""
    return media_type in PROGRAMS or PurePosixPath(name).suffix.lower() in RUN_BY_NAME


def _preview(
    work: Work,
    resource_id: str,
    file: Any,
    found: Sequence[Found],
    pictures: list[Any],
    texts: Mapping[str, Mapping[int, str]],
) -> Preview:
    images = [picture for picture in pictures if picture.kind == "page"]
    said = texts.get(file.id, {})
    # Pieces of a text are no pages: what was made by LibreOffice has its images alone.
    beside = said if file.pages else {}
    spoken = _captions(work, resource_id, file, found)
    return Preview(
        size=_page_size(work, images[0]) if images else _own_size(file),
        thumbnail=any(picture.kind == "thumbnail" for picture in pictures),
        page_images=tuple(picture.n for picture in images),
        texts=beside if images else said,
        readable=bool(said),
        rows=_rows(file.media_type, said.values()),
        words="" if images or _is_table(file.media_type) else "\n".join(said.values())[:WORDS],
        listing=tuple(file.listing[:ENTRIES]),
        members=len(file.listing),
        package=str(file.details.get("package", "")),
        played=file.details.get("package") in packages.PLAYED,
        captions=spoken,
        cues=_cues(work, resource_id, spoken[0]) if spoken else (),
    )


def _pictures(work: Work, ids: list[str], pages: int) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for picture in fetch(work.session, _PICTURES, {"ids": ids, "pages": pages}):
        found.setdefault(picture.file_id, []).append(picture)
    return found


def _texts(work: Work, ids: list[str], pages: int) -> dict[str, dict[int, str]]:
    found: dict[str, dict[int, str]] = {}
    for file_id, n, text in fetch(work.session, _TEXTS, {"ids": ids, "pages": max(pages, PIECES)}):
        found.setdefault(file_id, {})[n] = text
    return found


def _layers(work: Work, ids: list[str], pages: int) -> dict[str, dict[int, list[Line]]]:
    found: dict[str, dict[int, list[Line]]] = {}
    for file_id, n, lines in fetch(work.session, _LAYERS, {"ids": ids, "pages": pages}):
        found.setdefault(file_id, {})[n] = [Line(*line) for line in lines]
    return found


# Asked for every resource's page, so that they are built once ------------------------------------------------------

_IDS: Any = bindparam("ids", expanding=True)
_UP_TO: Any = bindparam("pages")
_FILES = select(
    col(File.id),
    col(File.name),
    col(File.media_type),
    col(File.pages),
    col(File.details),
    col(File.listing),
    col(File.withheld),
).where(col(File.id).in_(_IDS))
_PICTURES = (
    select(
        col(Derived.file_id), col(Derived.kind), col(Derived.n), col(Derived.size), col(Derived.object_key)
    )
    .where(
        col(Derived.file_id).in_(_IDS),
        or_(
            col(Derived.kind).in_(("thumbnail", "small", "play")),
            and_(col(Derived.kind) == "page", col(Derived.n) <= _UP_TO),
        ),
    )
    .order_by(col(Derived.file_id), col(Derived.n))
)
_TEXTS = (
    select(col(PageText.file_id), col(PageText.n), col(PageText.text))
    .where(col(PageText.file_id).in_(_IDS), col(PageText.n) <= _UP_TO)
    .order_by(col(PageText.file_id), col(PageText.n))
)
_LAYERS = select(col(PageLayer.file_id), col(PageLayer.n), col(PageLayer.lines)).where(
    col(PageLayer.file_id).in_(_IDS), col(PageLayer.n) <= _UP_TO
)


def _captions(work: Work, resource_id: str, file: Any, found: Sequence[Found]) -> tuple[str, ...]:
    if not captions.is_recording(file.media_type):
        return ()
    own = {"name": file.name, "media_type": file.media_type}
    return tuple(caption["id"] for caption in captions.belonging(own, found))


def _cues(work: Work, resource_id: str, file_id: str) -> tuple[Cue, ...]:
    try:
        return captions.cues(work, resource_id, file_id)
    except Unavailable:
        return ()  # lost by the store: the recording plays without, and the caption file's own link says why


def _own_size(file: Any) -> tuple[int, int] | None:
    width, height = (int(file.details.get(side, 0)) for side in ("width", "height"))
    return (width, height) if width and height else None


def _page_size(work: Work, picture: Any) -> tuple[int, int]:
    """Out of the first bytes, so that the page keeps the room before the picture arrives. An object never changes, so that
    the store is asked once."""
    key = picture.object_key
    if (known := _SIZES.get(key)) is not None:
        return known
    try:
        with work.objects.open(key, 0, 30) as source:
            size = webp_size(source.read()) or A4
    except (ObjectMissing, Unavailable):
        return A4  # the picture's own address says why it is not there
    if len(_SIZES) >= SIZES:
        _SIZES.clear()
    return _SIZES.setdefault(key, size)


def webp_size(head: bytes) -> tuple[int, int] | None:
    """Width and height in px by the first 30 bytes of a WebP file (RFC 9649); None where they tell none."""
    kind = head[12:16]
    if len(head) < 30 or head[:4] != b"RIFF" or head[8:12] != b"WEBP":
        return None
    if kind == b"VP8X":
        return int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1
    if kind == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        width, height = (int.from_bytes(head[at : at + 2], "little") & 0x3FFF for at in (26, 28))
        return width, height
    return None


def _is_table(media_type: str) -> bool:
    return media_type in SHEETS or media_type in PLAIN_TABLES


def _rows(media_type: str, pieces: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """The first rows, equally long. The text of a sheet has a line a row and a tab between cells."""
    if not _is_table(media_type):
        return ()
    lines = "\n".join(pieces).split("\n")[:ROWS]
    if media_type in SHEETS:
        cells = [line.split("\t")[:COLUMNS] for line in lines]
    else:
        cells = [row[:COLUMNS] for row in csv.reader(lines, delimiter=PLAIN_TABLES[media_type])]
    width = max(map(len, cells), default=0)
    return tuple(tuple(row) + ("",) * (width - len(row)) for row in cells if any(row))
