"""What a file is, by its content. Its name decides only among kinds of plain text, and of the unknown."""

import io
import zipfile
from pathlib import Path

import olefile

from service.extract import signatures, textkinds

HEAD = 64 * 1024
"""Bytes looked at."""
DIRECTORY = 8 * 1024 * 1024
"""Bytes of a ZIP's table of contents; with more we do not ask what the ZIP is."""
UNKNOWN = "application/octet-stream"
ZIP = "application/zip"
OLE = "application/x-ole-storage"

ODF = "application/vnd.oasis.opendocument."
_OOXML = "application/vnd.openxmlformats-officedocument."
WORD = _OOXML + "wordprocessingml.document"
SHEET = _OOXML + "spreadsheetml.sheet"
SLIDES = _OOXML + "presentationml.presentation"
DRAWING = "application/vnd.ms-visio.drawing"
BINARY_SHEET = "application/vnd.ms-excel.sheet.binary.macroenabled.12"
DOC, XLS, PPT = "application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint"

_PARTS = (
    ("word/", WORD),
    ("xl/workbook.bin", BINARY_SHEET),
    ("xl/", SHEET),
    ("ppt/", SLIDES),
    ("visio/", DRAWING),
)
_PACKED_BY_NAME = {
    ".pages": "application/vnd.apple.pages", ".key": "application/vnd.apple.keynote",
    ".numbers": "application/vnd.apple.numbers",
}  # fmt: skip
_DECLARED = (
    "application/epub+zip",
    "application/vnd.oasis.opendocument.text",
    "application/vnd.oasis.opendocument.spreadsheet",
    "application/vnd.oasis.opendocument.presentation",
    "application/vnd.oasis.opendocument.graphics",
)
_STREAMS = (
    ("WordDocument", DOC),
    ("Workbook", XLS),
    ("Book", XLS),
    ("PowerPoint Document", PPT),
    ("__properties_version1.0", "application/vnd.ms-outlook"),
    ("VisioDocument", "application/vnd.visio"),
)
_LOCKED_BY_NAME = {
    ".docx": WORD,
    ".docm": WORD,
    ".xlsx": SHEET,
    ".xlsm": SHEET,
    ".pptx": SLIDES,
    ".pptm": SLIDES,
}


def sniff(path: Path, name: str) -> str:
    """The media type (RFC 2046, no parameters) of the file at path, which came under this name.

    Never raises for what is in the file: what cannot be read is `application/octet-stream`, a ZIP that cannot be
    looked into `application/zip`. Raises OSError where the file itself cannot be opened.
    """
    with path.open("rb") as source:
        head = source.read(HEAD)
    ending = Path(name).suffix.lower()
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return _zipped(path, ending)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _ole(path, ending)
    return signatures.match(head) or textkinds.kind(head, ending) or UNKNOWN


class _Sparing(io.FileIO):
    """A file of which no reader gets more than DIRECTORY bytes at once, whatever a ZIP's end record claims."""

    def read(self, size: int | None = -1, /) -> bytes:
        """At most size bytes. Raises ValueError for a request of more than DIRECTORY."""
        if size is not None and size > DIRECTORY:
            raise ValueError(f"a table of contents of {size} bytes")
        return super().read(DIRECTORY if size is None or size < 0 else size) or b""


def _zipped(path: Path, ending: str) -> str:
    try:
        with _Sparing(path) as source, zipfile.ZipFile(source) as archive:
            return _member_kind(archive, ending)
    except Exception:
        # zipfile raises a dozen classes for damaged archives; all of them mean: a ZIP, and no more is known.
        return ZIP


def _member_kind(archive: zipfile.ZipFile, ending: str) -> str:
    names = archive.namelist()
    if "mimetype" in names:
        with archive.open("mimetype") as member:
            told = member.read(200).decode("ascii", "replace").strip()
        found = next((kind for kind in _DECLARED if told == kind or told == kind + "-template"), None)
        if found:
            return found
    if "META-INF/container.xml" in names:
        return "application/epub+zip"
    if "[Content_Types].xml" in names:
        for start, kind in _PARTS:
            if any(name.startswith(start) for name in names):
                return kind
    if any(name.startswith("Index/") or name == "Index.zip" for name in names):
        return _PACKED_BY_NAME.get(ending, ZIP)
    if "AndroidManifest.xml" in names:
        return "application/vnd.android.package-archive"
    if "META-INF/MANIFEST.MF" in names and ending in (".jar", ".war"):
        return "application/java-archive"
    return ZIP


def _ole(path: Path, ending: str) -> str:
    try:
        with olefile.OleFileIO(path) as storage:
            names = {entry[0] for entry in storage.listdir(streams=True, storages=True)}
    except Exception:
        # olefile too raises what it likes on damaged files.
        return OLE
    if "EncryptedPackage" in names:
        return _LOCKED_BY_NAME.get(ending, OLE)
    lowered = {name.lower() for name in names}
    return next((kind for stream, kind in _STREAMS if stream.lower() in lowered), OLE)
