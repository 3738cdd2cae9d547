"""ODT, ODS, ODP and ODG: text out of content.xml (OASIS OpenDocument 1.3)."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

from service.extract import Extracted, Limits, xml, zips
from service.extract.pieces import paged, unpaged
from service.extract.problems import Locked, Unreadable

_TAGS = ("p", "h", "page", "table", "table-row", "table-cell")
_BREAKS = {"tab": "\t", "line-break": "\n", "s": " "}
BLOCK = 200_000
"""Characters after which a part without pages is handed on."""


def read(path: Path, name: str, limits: Limits) -> Extracted:
    """A text per slide or drawn page, else pieces that span no two sheets. Raises Unreadable, Locked."""
    with zips.opened(path) as archive:
        if b"encryption-data" in _manifest(archive):
            raise Locked
        try:
            parts = list(_parts(zips.stream(archive, "content.xml"), limits))
        except KeyError as problem:
            raise Unreadable("no content.xml") from problem
    pages = [text for is_page, text in parts if is_page]
    if pages:
        texts, truncated = paged(pages, limits)
        return Extracted("ready", texts=texts, pages=len(pages), truncated=truncated)
    texts, truncated = unpaged((text for _, text in parts), limits)
    return Extracted("ready", texts=texts, truncated=truncated)


def _manifest(archive: zipfile.ZipFile) -> bytes:
    try:
        return zips.content(archive, "META-INF/manifest.xml")
    except KeyError:
        return b""


def _parts(source: zips.Bounded, limits: Limits) -> Iterator[tuple[bool, str]]:
    """(is a page, text) for each page, sheet and run of paragraphs."""
    out: list[str] = []
    size = tables = cells = 0
    for event, element in xml.walk(source, _TAGS, ("start", "end")):
        tag = xml.local(element)
        if tag == "table":
            tables += 1 if event == "start" else -1
            if event == "start" and tables == 1:
                out.append(xml.attribute(element, "name") + "\n")
        elif tag == "table-cell":
            cells += 1 if event == "start" else -1
        if event == "start":
            continue
        said = _said(tag, element, cells)
        out.append(said)
        size += len(said)
        if tag != "table-cell" or not cells:
            xml.empty(element)
        if tag == "page" or (size > BLOCK and not cells):
            yield tag == "page", "".join(out)
            out, size = [], 0
    if "".join(out).strip():
        yield False, "".join(out)


def _said(tag: str, element: xml.Element, cells: int) -> str:
    if tag in ("p", "h"):
        return "".join(_words(element)) + (" " if cells else "\n")
    return {"table-cell": "\t", "table-row": "\n", "page": "", "table": "\n"}[tag]


def _words(paragraph: xml.Element) -> Iterator[str]:
    for part in paragraph.iter():
        if isinstance(part.tag, str):
            yield _BREAKS.get(xml.local(part), "")
            yield part.text or ""
        if part is not paragraph:
            yield part.tail or ""
