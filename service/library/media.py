"""What a stored object is, by its content."""

import shutil
import tempfile
from pathlib import Path
from typing import BinaryIO

from service.extract.sniff import sniff
from service.settings import MEBIBYTE
from service.storage import Objects

HEAD = MEBIBYTE
TAIL = 34 * MEBIBYTE
"""Of a ZIP: where its directory is, as large as `sniff` reads one."""
WHOLE = 256 * MEBIBYTE
"""An OLE file, whose directory may be anywhere, is looked into up to this size."""
_ZIP, _OLE = b"PK", bytes.fromhex("d0cf11e0")


def media_type_of(objects: Objects, key: str, size: int, name: str) -> str:
    """The media type; `name` decides where the content fits several. Raises ObjectMissing, StoreDown.

    Only what tells the type is copied, each piece to its own place, so that the copy of a large file is mostly a hole.
    """
    with tempfile.TemporaryDirectory(prefix="tongke-") as folder:
        path = Path(folder) / "file"
        with path.open("w+b") as target:
            _copy(objects, key, 0, HEAD, target)
            target.seek(0)
            head = target.read(len(_OLE))
            if head.startswith(_ZIP):
                _copy(objects, key, max(HEAD, size - TAIL), size, target)
            elif head == _OLE and size <= WHOLE:
                _copy(objects, key, HEAD, size, target)
        return sniff(path, name)


def _copy(objects: Objects, key: str, start: int, stop: int, target: BinaryIO) -> None:
    if start < stop:
        target.seek(start)
        with objects.open(key, start, stop) as source:
            shutil.copyfileobj(source, target, MEBIBYTE)
