"""EPUB: its chapters in reading order (W3C EPUB 3.3; OPF 2.0.1)."""

import posixpath
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from service.extract import Extracted, Limits, xml, zips
from service.extract.html import page_text
from service.extract.pieces import unpaged
from service.extract.problems import Locked, Unreadable

_FONTS = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
"""Ways of hiding fonts; a book with these alone is open to read."""


def read(path: Path, name: str, limits: Limits) -> Extracted:
    """The text of each item of the spine, in pieces that span no two items. Raises Unreadable, Locked."""
    with zips.opened(path) as archive:
        if _is_locked(archive):
            raise Locked
        texts, truncated = unpaged(_chapters(archive), limits)
    return Extracted("ready", texts=texts, truncated=truncated)


def _is_locked(archive: zipfile.ZipFile) -> bool:
    try:
        root = xml.parse(zips.content(archive, "META-INF/encryption.xml"))
    except KeyError:
        return False
    return any(method.get("Algorithm") not in _FONTS for method in root.iter("{*}EncryptionMethod"))


def _chapters(archive: zipfile.ZipFile) -> Iterator[str]:
    names = set(archive.namelist())
    for part in _spine(archive):
        if part in names:
            try:
                yield page_text(zips.content(archive, part))
            except Unreadable:
                continue  # One broken chapter does not take the book with it.


def _spine(archive: zipfile.ZipFile) -> list[str]:
    container = xml.parse(zips.content(archive, "META-INF/container.xml"))
    package = next((one.get("full-path", "") for one in container.iter("{*}rootfile")), "")
    root = xml.parse(zips.content(archive, package))
    folder = posixpath.dirname(package)
    items = {
        item.get("id"): posixpath.normpath(posixpath.join(folder, unquote(item.get("href", ""))))
        for item in root.iter("{*}item")
    }
    return [items[one.get("idref")] for one in root.iter("{*}itemref") if one.get("idref") in items]
