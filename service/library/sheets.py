"""Tables that come and go as files: XLSX (ISO/IEC 29500) and CSV (RFC 4180). What comes is hostile until it is read:
bounded, no formula is evaluated. What goes is neutralised, so that no cell runs as a formula where it is opened
(OWASP, "CSV Injection")."""

import csv
import io
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from service.errors import Invalid, TooLarge, Unsupported
from service.extract import encodings
from service.settings import MEBIBYTE

MOST_BYTES = 5 * MEBIBYTE
UNPACKED = 60 * MEBIBYTE
"""Bytes that all members of an XLSX may claim together; zipfile gives no more than a member claims."""
MOST_ROWS = 1000
MOST_COLUMNS = 30
CELL = 80
"""Characters of a cell that are kept; whatever is longer is wrong anyway."""
FORMULA = "=公式"
"""What stands for a formula: it is told of, never computed."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"

_BROKEN = (zipfile.BadZipFile, zlib.error, KeyError, ValueError, TypeError, AttributeError, IndexError, SyntaxError,
           OverflowError, EOFError, OSError, NotImplementedError, RuntimeError)  # fmt: skip
"""What openpyxl raises on damaged and on locked files."""
_RISKY = ("=", "+", "-", "@", "\t", "\r")
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table to be sent: its heads, its rows, and for a head the words that may stand under it."""

    heads: Sequence[str]
    rows: Iterable[Sequence[object]] = ()
    choices: dict[str, tuple[str, ...]] | None = None


def read(content: bytes) -> list[list[str]]:
    """The rows of the first sheet as trimmed text, empty ones left out; the first is the heads.

    Raises TooLarge (bytes, unpacked bytes, rows), Unsupported, Invalid where it cannot be read.
    """
    if len(content) > MOST_BYTES:
        raise TooLarge(
            f"表格最大 {MOST_BYTES // MEBIBYTE} MB。请分成几个文件导入。",
            english="The sheet is too large. Split it.",
        )
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unsupported(
            "这是旧的 .xls 格式，或加了密码。请另存为 .xlsx 或 .csv 再上传。",
            english="This is an old .xls file, or it has a password. Save it as .xlsx or .csv.",
        )
    raw = _xlsx(content) if content.startswith(b"PK") else _csv(content)
    rows: list[list[str]] = []
    for line in raw:
        cells = [_text(value) for value in line[:MOST_COLUMNS]]
        while cells and not cells[-1]:
            cells.pop()
        if not cells:
            continue
        if len(rows) > MOST_ROWS:
            raise TooLarge(
                f"一次最多导入 {MOST_ROWS} 行。请分成几个文件导入。",
                english=f"At most {MOST_ROWS} rows at a time.",
            )
        rows.append(cells)
    if not rows:
        raise Invalid("表格是空的。请下载模板，填好后再上传。", english="The sheet is empty.")
    return rows


def _csv(content: bytes) -> Iterable[Sequence[Any]]:
    encoding = encodings.guess(content)
    if not encoding.startswith("utf") and encodings.fits(content, "gb18030"):
        encoding = "gb18030"  # a short list of names has too few common characters to tell it from Big5
    text = content.decode(encoding, "replace")
    if "\x00" in text:
        raise Unsupported(
            "这不是表格文件。请上传 .xlsx 或 .csv。", english="This is no sheet. Send .xlsx or .csv."
        )
    head = text[:2000].split("\n", 1)[0]
    delimiter = max(",\t;，", key=head.count) if any(mark in head for mark in ",\t;，") else ","
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    except csv.Error as error:
        raise _unreadable() from error


def _xlsx(content: bytes) -> Iterable[Sequence[Any]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(member.file_size for member in archive.infolist()) > UNPACKED:
                raise TooLarge(
                    "表格解开后太大。请只保留名单这一个工作表，另存后再上传。",
                    english="The sheet unpacks to too much. Keep one sheet only.",
                )
            _refuse_doctypes(archive)
        from openpyxl import load_workbook  # 6 MB that no process needs before the first sheet

        book = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
        try:
            sheet = book.worksheets[0]
            rows = sheet.iter_rows(max_row=20 * MOST_ROWS, max_col=MOST_COLUMNS)
            return [[_value(cell) for cell in row] for row in rows]
        finally:
            book.close()
    except _BROKEN as error:
        raise _unreadable() from error


def _refuse_doctypes(archive: zipfile.ZipFile) -> None:
    """Office writes none; an entity that unfolds without end would need one."""
    for name in archive.namelist():
        with archive.open(name) as member:
            if b"<!DOCTYPE" in member.read(4096).upper():
                raise _unreadable()


def _unreadable() -> Invalid:
    return Invalid(
        "这个文件读不出来，可能已损坏或加了密码。请用表格软件另存为新的 .xlsx 再上传。",
        english="The file cannot be read. It may be damaged or have a password. Save it as a new .xlsx.",
    )


def _value(cell: Any) -> object:
    return FORMULA if cell.data_type == "f" else cell.value


def _text(value: object) -> str:
    """As it was meant: 1001.0 is 1001, a midnight is its day, a guard before a sign is dropped."""
    if value is None:
        return ""
    if isinstance(value, datetime | date):
        return value.isoformat(" ")[:10] if isinstance(value, datetime) else value.isoformat()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = unicodedata.normalize("NFKC", str(value).encode("utf-8", "ignore").decode()).strip()
    text = text[1:] if text.startswith("'") and text[1:2] in _RISKY else text
    return " ".join(text.split())[:CELL]


def neutral(value: object) -> str:
    """The cell as text that no program takes for a formula."""
    text = _UNWRITABLE.sub("", "" if value is None else str(value))
    return f"'{text}" if text.startswith(_RISKY) else text


def as_csv(sheet: Sheet) -> bytes:
    """UTF-8 with the mark by which Excel and WPS know it."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([neutral(head) for head in sheet.heads])
    writer.writerows([neutral(value) for value in row] for row in sheet.rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def as_xlsx(sheet: Sheet) -> bytes:
    """One sheet, all cells text, heads bold and held in place, choices as lists."""
    from openpyxl import Workbook
    from openpyxl.styles import Font
    from openpyxl.worksheet.datavalidation import DataValidation

    book = Workbook(write_only=True)
    page = book.create_sheet("名单" if sheet.choices else "表")
    page.freeze_panes = "A2"
    for number, words in enumerate((sheet.choices or {}).get(head) for head in sheet.heads):
        letter = chr(ord("A") + number)
        page.column_dimensions[letter].width = 18
        if words:
            allowed = DataValidation(type="list", formula1=f'"{",".join(words)}"', allow_blank=True)
            allowed.add(f"{letter}2:{letter}{MOST_ROWS + 1}")
            page.data_validations.append(allowed)
    heads = [_cell(page, head) for head in sheet.heads]
    for cell in heads:
        cell.font = Font(bold=True)
    page.append(heads)
    for row in sheet.rows:
        page.append([_cell(page, value) for value in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _cell(page: Any, value: object) -> Any:
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(page, neutral(value))
    cell.data_type, cell.number_format = "s", "@"
    return cell


def named(
    rows: Sequence[Sequence[str]],
    columns: Mapping[str, str],
    aliases: Mapping[str, str],
    needed: Sequence[str],
    what: str,
) -> list[dict[str, str]]:
    """The rows below the heads as name → text; columns that nobody knows are left out. `columns`: name → head,
    `aliases`: other head → name, `what`: the word for the list. Invalid where a column that is needed is missing."""
    names = {words: name for name, words in columns.items()} | dict(aliases)
    places: dict[str, int] = {}
    for place, head in enumerate(rows[0]):
        if (name := names.get(head)) is not None:
            places.setdefault(name, place)
    missing = [columns[name] for name in needed if name not in places]
    if missing:
        raise Invalid(
            f"第一行里没有这些列：{'、'.join(missing)}。请下载模板，把{what}贴到模板里再上传。",
            english="The first row lacks a column that is needed. Use the template.",
        )
    return [
        {name: (row[places[name]] if name in places and places[name] < len(row) else "") for name in columns}
        for row in rows[1:]
    ]
