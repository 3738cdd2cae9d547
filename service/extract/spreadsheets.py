"""XLSX: rows straight out of the XML parts, without building cells (ISO/IEC 29500-1, 18)."""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel

from service.extract import Extracted, Limits, ooxml, xml, zips
from service.extract.pieces import unpaged
from service.extract.problems import Unreadable

BLOCK = 20_000
"""Characters of rows handed on at a time, so that a long sheet never stands in memory."""
STRINGS = 1_000_000
"""Shared strings that are kept."""


_DATES = frozenset(map(str, (*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59))))
"""Built-in formats of dates and times, the East Asian ones included."""
_DATE_CODE = re.compile("[ymdhs年月日]", re.I)
_LITERAL = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|General')


@dataclass(frozen=True, slots=True)
class Book:
    """What the cells of all sheets refer to."""

    strings: list[str]
    dates: frozenset[str]
    since_1904: bool


def read(path: Path, name: str, limits: Limits) -> Extracted:
    """Sheets in their order, each beginning with its name; cells are parted by tabs. Raises Unreadable, Locked."""
    ooxml.refuse_locked(path)
    with zips.opened(path) as archive:
        sheets = _sheets(archive)
        if not sheets:
            raise Unreadable("no sheets")
        book = _book(archive)
        blocks = (block for title, part in sheets for block in _sheet(archive, title, part, book))
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


def _book(archive: zipfile.ZipFile) -> Book:
    since_1904 = False
    if "xl/workbook.xml" in archive.namelist():
        root = xml.parse(zips.content(archive, "xl/workbook.xml"))
        since_1904 = any(told.get("date1904") in ("1", "true") for told in root.iter("{*}workbookPr"))
    return Book(_strings(archive), _dates(archive), since_1904)


def _dates(archive: zipfile.ZipFile) -> frozenset[str]:
    """Indexes of the cell styles that show a number as a date or time (18.8.30)."""
    try:
        root = xml.parse(zips.content(archive, "xl/styles.xml"))
    except (KeyError, Unreadable):
        return frozenset()
    shown = set(_DATES)
    for told in root.iter("{*}numFmt"):
        if _DATE_CODE.search(_LITERAL.sub("", str(told.get("formatCode", "")))):
            shown.add(str(told.get("numFmtId", "")))
    styles = root.iterfind("{*}cellXfs/{*}xf")
    return frozenset(str(n) for n, style in enumerate(styles) if style.get("numFmtId") in shown)


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


def _string(item: xml.Element) -> str:
    """The text of its runs; what stands in rPh is only how to pronounce it."""
    return "".join(part.text or "" for part in item.iterfind("{*}t")) + "".join(
        part.text or "" for part in item.iterfind("{*}r/{*}t")
    )


def _sheet(archive: zipfile.ZipFile, title: str, part: str, book: Book) -> Iterator[str]:
    """Its rows, then its comments and what stands in its text boxes."""
    yield from _blocks(archive, title, part, book)
    names = set(archive.namelist())
    for kind, target in ooxml.relations(archive, part).values():
        if kind.endswith(("/comments", "/drawing")) and target in names:
            yield ooxml.part_text(archive, target)


def _blocks(archive: zipfile.ZipFile, title: str, part: str, book: Book) -> Iterator[str]:
    block, size = [title], 0
    for _, row in xml.walk(zips.stream(archive, part), ("row",)):
        line = "\t".join(_cells(row, book))
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


def _cells(row: xml.Element, book: Book) -> Iterator[str]:
    for cell in row:
        kind = cell.get("t")
        if kind == "inlineStr":
            yield "".join(map(_string, cell))
            continue
        value = next((child.text or "" for child in cell if xml.local(child) == "v"), "")
        if kind == "s":
            yield book.strings[int(value)] if value.isdigit() and int(value) < len(book.strings) else ""
        elif kind == "b":
            yield {"1": "TRUE", "0": "FALSE"}.get(value, value)
        elif kind in (None, "n"):
            yield _date(value, book) if cell.get("s") in book.dates else _number(value)
        else:
            yield value


def _date(value: str, book: Book) -> str:
    try:
        moment = from_excel(float(value), MAC_EPOCH if book.since_1904 else WINDOWS_EPOCH)
    except (ValueError, OverflowError, TypeError):
        return _number(value)
    return str(moment).partition(".")[0].removesuffix(" 00:00:00")


def _number(value: str) -> str:
    """As the sheet shows it: 0.1 + 0.2 is stored as 0.30000000000000004."""
    if len(value) < 16:
        return value
    try:
        return f"{float(value):.15g}"
    except ValueError:
        return value
