"""XLSX: rows straight out of the XML parts, without building cells (ISO/IEC 29500-1, 18)."""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

from service.extract import Extracted, Limits, ooxml, xml, zips
from service.extract.pieces import unpaged
from service.extract.problems import Unreadable

BLOCK = 20_000
"""Characters of rows handed on at a time, so that a long sheet never stands in memory."""
STRINGS = 1_000_000
"""Shared strings that are kept."""


def read(path: Path, name: str, limits: Limits) -> Extracted:
    """Sheets in their order, each beginning with its name; cells are parted by tabs. Raises Unreadable, Locked."""
    ooxml.refuse_locked(path)
    with zips.opened(path) as archive:
        sheets = _sheets(archive)
        if not sheets:
            raise Unreadable("no sheets")
        strings = _strings(archive)
        blocks = (block for title, part in sheets for block in _blocks(archive, title, part, strings))
        texts, truncated = unpaged(blocks, limits)
    return Extracted("ready", texts=texts, truncated=truncated)


def _sheets(archive: zipfile.ZipFile) -> list[tuple[str, str]]:
    names = set(archive.namelist())
    if "xl/workbook.xml" not in names:
        return [("", part) for part in sorted(names) if re.fullmatch(r"xl/worksheets/[^/]+\.xml", part)]
    targets = ooxml.relations(archive, "xl/workbook.xml")
    found = []
    for sheet in xml.parse(zips.content(archive, "xl/workbook.xml")).iter("{*}sheet"):
        part = targets.get(xml.attribute(sheet, "id"), ("", ""))[1]
        if part in names:
            found.append((sheet.get("name", ""), part))
    return found


def _strings(archive: zipfile.ZipFile) -> list[str]:
    part = next((name for name in archive.namelist() if name.lower() == "xl/sharedstrings.xml"), None)
    if part is None:
        return []
    found = []
    for _, item in xml.walk(zips.stream(archive, part), ("si",)):
        found.append(_string(item))
        item.clear()
        if len(found) >= STRINGS:
            break
    return found


def _string(item: xml.etree._Element) -> str:
    """The text of its runs; what stands in rPh is only how to pronounce it."""
    runs = item.iter("{*}t")
    return "".join(run.text or "" for run in runs if xml.local(run.getparent()) != "rPh")  # type: ignore[arg-type]


def _blocks(archive: zipfile.ZipFile, title: str, part: str, strings: list[str]) -> Iterator[str]:
    block, size = [title], 0
    for _, row in xml.walk(zips.stream(archive, part), ("row",)):
        line = "\t".join(_cells(row, strings))
        row.clear()
        # The emptied rows stay as children of their sheet; a million of them would still be a burden.
        while (before := row.getprevious()) is not None:
            row.getparent().remove(before)  # type: ignore[union-attr]
        if not line.strip():
            continue
        block.append(line)
        size += len(line)
        if size > BLOCK:
            yield "\n".join(block)
            block, size = [], 0
    yield "\n".join(block)


def _cells(row: xml.etree._Element, strings: list[str]) -> Iterator[str]:
    for cell in row:
        kind = cell.get("t")
        if kind == "inlineStr":
            yield _string(cell)
            continue
        value = next((child.text or "" for child in cell if xml.local(child) == "v"), "")
        if kind == "s":
            yield strings[int(value)] if value.isdigit() and int(value) < len(strings) else ""
        elif kind == "b":
            yield {"1": "TRUE", "0": "FALSE"}.get(value, value)
        elif kind in (None, "n"):
            yield _number(value)
        else:
            yield value


def _number(value: str) -> str:
    """As the sheet shows it: 0.1 + 0.2 is stored as 0.30000000000000004."""
    if len(value) < 16:
        return value
    try:
        return f"{float(value):.15g}"
    except ValueError:
        return value
