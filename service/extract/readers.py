"""Which reader reads which media type."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from service.extract import (
    Extracted,
    Limits,
    archives,
    epub,
    html,
    images,
    legacy,
    messages,
    odf,
    ooxml,
    pdf,
    rtf,
    spreadsheets,
    subtitles,
    text,
)  # fmt: skip
from service.extract import sniff as kinds
from service.extract.macros import has_macros
from service.extract.thumbnails import PICTURES

Reader = Callable[[Path, str, Limits], Extracted]

READERS: dict[str, Reader] = {
    "application/pdf": pdf.read,
    kinds.WORD: ooxml.read_word,
    kinds.SLIDES: ooxml.read_slides,
    kinds.DRAWING: ooxml.read_drawing,
    kinds.SHEET: spreadsheets.read,
    kinds.BINARY_SHEET: legacy.read_other,
    kinds.DOC: legacy.read_doc,
    kinds.PPT: legacy.read_ppt,
    kinds.XLS: legacy.read_xls,
    kinds.OLE: legacy.read_other,
    "application/vnd.visio": legacy.read_other,
    "application/vnd.ms-outlook": messages.read,
    "application/rtf": rtf.read,
    kinds.ODF + "text": odf.read,
    kinds.ODF + "spreadsheet": odf.read,
    kinds.ODF + "presentation": odf.read,
    kinds.ODF + "graphics": odf.read,
    "application/epub+zip": epub.read,
    "text/html": html.read,
    "application/xhtml+xml": html.read,
    "image/svg+xml": text.read_xml,
    "application/xml": text.read_xml,
    "application/mathml+xml": text.read_xml,
    "application/json": text.read_json,
    "application/x-ipynb+json": text.read_notebook,
    "application/x-subrip": subtitles.read,
    "text/vtt": subtitles.read,
    "application/ttml+xml": subtitles.read_ttml,
    "application/x-sami": html.read,
    "application/zip": archives.read_zip,
    "application/java-archive": archives.read_zip,
    "application/x-tar": archives.read_tar,
    "application/gzip": archives.read_tar,
    "application/x-bzip2": archives.read_tar,
    "application/x-xz": archives.read_tar,
    **dict.fromkeys(PICTURES, images.read),
}


def read(path: Path, media_type: str, name: str, limits: Limits) -> Extracted:
    """What is in the file. A type without a reader (video, audio, 7z) is ready, without texts.

    Raises Unreadable and its kinds, MemoryError, and what a library throws that nobody foresaw.
    """
    reader = READERS.get(media_type)
    if reader is None and media_type.startswith("text/"):
        reader = text.read
    found = reader(path, name, limits) if reader else Extracted("ready")
    return replace(found, details=found.details | {"macros": 1}) if has_macros(path, media_type) else found
