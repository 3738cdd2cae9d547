"""Whether a document brings programs of its own (VBA, StarBasic): told, never run."""

import zipfile
from collections.abc import Iterable
from pathlib import Path

import olefile

from service.extract import sniff as kinds

_ZIPPED = {kinds.WORD, kinds.SHEET, kinds.SLIDES, kinds.BINARY_SHEET}
_OLE = {kinds.DOC, kinds.XLS, kinds.PPT, kinds.OLE}


def has_macros(path: Path, media_type: str) -> bool:
    """By the names of its parts (MS-OVBA, 2.2.1; ECMA-376; ODF 1.3, part 2); False where it cannot be looked into."""
    try:
        if media_type in _ZIPPED:
            return any(name.lower().endswith("vbaproject.bin") for name in _members(path))
        if media_type.startswith(kinds.ODF):
            return any(
                name.startswith(("Basic/", "Scripts/")) and not name.endswith("/") for name in _members(path)
            )
        if media_type in _OLE and olefile.isOleFile(str(path)):
            with olefile.OleFileIO(path) as storage:
                parts = {part.upper() for entry in storage.listdir() for part in entry}
            return not parts.isdisjoint({"_VBA_PROJECT", "VBA", "_VBA_PROJECT_CUR", "MACROS"})
    except Exception:
        return False  # a damaged one; its reader says so
    return False


def _members(path: Path) -> Iterable[str]:
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()
