"""The text of Word's binary files (MS-DOC 2.4.1 for Word 97 and later; Word 6 and 95 by fcMin and fcMac)."""

import re
import struct
from collections.abc import Iterator

from service.extract import encodings, fields
from service.extract.problems import Locked, Unreadable

_MAGIC = (0xA5EC, 0xA5DC, 0xA5DB)
_WORD97 = 0xC1
_ENCRYPTED = 0x0100
_TABLE1 = 0x0200
_NARROW = {
    0x0804: "gb18030",
    0x1004: "gb18030",
    0x0404: "cp950",
    0x0C04: "cp950",
    0x0411: "cp932",
    0x0412: "cp949",
    0x0419: "cp1251",
}
_MARKS = str.maketrans(
    {"\x07": "\t", "\x0b": "\n", "\x0c": "\n", "\x0d": "\n", "\x1e": "-", "\x1f": "", "\xa0": " "}
)
_FIELD = re.compile("([\x13-\x15])")
_DRAWN = re.compile("[\x01-\x06\x08\x0e-\x1d]")


def fib(main: bytes) -> tuple[int, int]:
    """(nFib, flags) of the File Information Block. Raises Unreadable, Locked."""
    if len(main) < 0x22:
        raise Unreadable("no FIB")
    magic, version = struct.unpack_from("<HH", main)
    (flags,) = struct.unpack_from("<H", main, 0x0A)
    if magic not in _MAGIC:
        raise Unreadable("no FIB")
    if flags & _ENCRYPTED:
        raise Locked
    return version, flags


def table_name(flags: int) -> str:
    """The stream that holds the piece table."""
    return "1Table" if flags & _TABLE1 else "0Table"


def text(main: bytes, table: bytes) -> str:
    """All text: body, notes, headers, text boxes, in the order of the file. Raises Unreadable, Locked."""
    version, _ = fib(main)
    (language,) = struct.unpack_from("<H", main, 0x06)
    whole = "".join(_pieces(main, table, language)) if version >= _WORD97 else _old(main, language)
    return plain(whole)


def plain(whole: str) -> str:
    """Without the codes of fields, and with marks of cells, lines and paragraphs as tabs and line feeds."""
    if "\x13" in whole:
        whole = "".join(_without_codes(whole))
    return _DRAWN.sub("", whole.translate(_MARKS))


def _without_codes(whole: str) -> Iterator[str]:
    """A field (2.8.25) is 13, its code, 14, its result, 15; fields stand in codes and results of others."""
    in_code: list[bool] = []
    codes: list[list[str]] = []
    for part in _FIELD.split(whole):
        said = part
        if part == "\x13":
            in_code.append(True)
            codes.append([])
            continue
        if part in ("\x14", "\x15"):
            said = fields.words("".join(codes.pop())) if in_code and in_code[-1] else ""
            if in_code:
                in_code.pop()
            if part == "\x14":
                in_code.append(False)
        if codes:
            codes[-1].append(said)
        else:
            yield said


def _old(main: bytes, language: int) -> str:
    start, end = struct.unpack_from("<II", main, 0x18)
    return _narrow(main[start:end], language)


def _narrow(data: bytes, language: int) -> str:
    if not any(byte > 0x7F for byte in data):
        return data.decode("ascii")
    encoding = _NARROW.get(language, "cp1252")
    guessed = encodings.guess(data)
    if encoding == "cp1252" and guessed in ("gb18030", "cp950"):
        encoding = guessed
    return data.decode(encoding, "replace")


def _pieces(main: bytes, table: bytes, language: int) -> Iterator[str]:
    """The Clx (2.9.38): property runs that are skipped, then the piece table."""
    if len(main) < 0x1AA:
        raise Unreadable("FIB cut off")
    at, size = struct.unpack_from("<II", main, 0x1A2)
    clx = table[at : at + size]
    at = 0
    while at + 3 <= len(clx) and clx[at] == 1:
        at += 3 + int.from_bytes(clx[at + 1 : at + 3], "little")
    if at + 5 > len(clx) or clx[at] != 2:
        raise Unreadable("no piece table")
    plc = clx[at + 5 : at + 5 + int.from_bytes(clx[at + 1 : at + 5], "little")]
    count = (len(plc) - 4) // 12
    if count <= 0:
        raise Unreadable("empty piece table")
    ends = struct.unpack_from(f"<{count + 1}I", plc)
    for n in range(count):
        (where,) = struct.unpack_from("<I", plc, 4 * (count + 1) + 8 * n + 2)
        yield _piece(main, where, max(ends[n + 1] - ends[n], 0), language)


def _piece(main: bytes, where: int, length: int, language: int) -> str:
    """FcCompressed (2.9.73): one byte per character, or two."""
    if where & 0x40000000:
        start = (where & 0x3FFFFFFF) // 2
        return _narrow(main[start : start + length], language if language in _NARROW else 0)
    return main[where : where + 2 * length].decode("utf-16-le", "replace")
