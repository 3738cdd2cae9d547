"""Office's old binary files: by our own readers, and by LibreOffice where those get nothing and it is there."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import xlrd

from service.extract import Extracted, Limits, office, ole, powerpoint97, rtf, word97
from service.extract.pieces import paged, unpaged
from service.extract.problems import Locked, Unreadable

_ENOUGH = 4
"""Bytes read to tell RTF and HTML that only bear the name .doc."""


def read_doc(path: Path, name: str, limits: Limits) -> Extracted:
    """DOC and WPS, in pieces. Raises Unreadable, Locked."""
    return _read(path, name, limits, _word)


def read_ppt(path: Path, name: str, limits: Limits) -> Extracted:
    """PPT, a text per slide. Raises Unreadable, Locked."""
    try:
        with ole.opened(path) as storage:
            data = ole.stream(storage, "PowerPoint Document")
            current = ole.stream(storage, "Current User") if storage.exists("Current User") else b""
        slides = powerpoint97.slides(data, current)
    except Locked:
        raise
    except Unreadable:
        return office.read(path, name, limits)
    texts, truncated = paged(slides, limits)
    return Extracted("ready", texts=texts, pages=len(slides), truncated=truncated)


def read_xls(path: Path, name: str, limits: Limits) -> Extracted:
    """XLS, pieces that span no two sheets. Raises Unreadable, Locked."""
    return _read(path, name, limits, _sheets)


def read_other(path: Path, name: str, limits: Limits) -> Extracted:
    """What only LibreOffice reads; ready without texts where it gets none. Raises Locked."""
    with path.open("rb") as source:
        start = source.read(_ENOUGH)
    if start == b"\xd0\xcf\x11\xe0":
        with ole.opened(path):
            pass  # Only to learn whether it is locked.
    found = office.read(path, name, limits)
    return found if found.texts else Extracted("ready")


def _read(path: Path, name: str, limits: Limits, reader: Callable[[Path], Iterator[str]]) -> Extracted:
    damaged = False
    try:
        texts, truncated = unpaged(reader(path), limits)
    except Locked:
        raise
    except Unreadable:
        texts, truncated, damaged = (), False, True
    if texts:
        return Extracted("ready", texts=texts, truncated=truncated)
    found = office.read(path, name, limits)
    # A sound document may be empty.
    return found if damaged or found.texts else Extracted("ready")


def _word(path: Path) -> Iterator[str]:
    with path.open("rb") as source:
        start = source.read(_ENOUGH)
    if start == b"{\\rt":
        yield rtf.plain(path.read_bytes())
        return
    if start == b"\xdb\xa5-\0":
        raise Unreadable("Word 2")
    with ole.opened(path) as storage:
        main = ole.stream(storage, "WordDocument")
        version, flags = word97.fib(main)
        table = ole.stream(storage, word97.table_name(flags), "1Table", "0Table") if version >= 0xC1 else b""
    yield word97.text(main, table)


def _sheets(path: Path) -> Iterator[str]:
    try:
        book = xlrd.open_workbook(str(path), logfile=io.StringIO(), on_demand=True, ragged_rows=True)
        for n in range(book.nsheets):
            sheet = book.sheet_by_index(n)
            rows = ("\t".join(_cells(book, sheet.row(at))) for at in range(sheet.nrows))
            yield "\n".join([sheet.name, *(row for row in rows if row.strip())])
            book.unload_sheet(n)
    except Exception as problem:
        # xlrd raises XLRDError, but struct.error, IndexError, AssertionError … too on damaged files.
        if "encrypted" in str(problem) or "password" in str(problem).lower():
            raise Locked from problem
        raise Unreadable(str(problem)) from problem


def _cells(book: xlrd.book.Book, row: list[xlrd.sheet.Cell]) -> Iterator[str]:
    for cell in row:
        if cell.ctype == xlrd.XL_CELL_DATE:
            yield _date(cell.value, book.datemode)
        elif cell.ctype == xlrd.XL_CELL_NUMBER:
            yield f"{cell.value:.15g}"
        elif cell.ctype == xlrd.XL_CELL_BOOLEAN:
            yield "TRUE" if cell.value else "FALSE"
        else:
            yield str(cell.value) if cell.ctype == xlrd.XL_CELL_TEXT else ""


def _date(value: float, mode: int) -> str:
    try:
        return str(xlrd.xldate_as_datetime(value, mode)).removesuffix(" 00:00:00")
    except (ValueError, OverflowError):
        return f"{value:.15g}"
