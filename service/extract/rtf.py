"""RTF 1.9.1: its text, through code pages per font and \\u escapes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from service.extract import Extracted, Limits
from service.extract.pieces import unpaged
from service.extract.problems import Unreadable

_TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z])|([{}])|([^\\{}\r\n]+)"
)
_HIDDEN = frozenset(
    b"fonttbl colortbl stylesheet info pict object themedata colorschememapping datastore listtable listoverridetable "
    b"rsidtbl generator xmlnstbl latentstyles fldinst bkmkstart bkmkend filetbl mmathPr revtbl nonshppict".split()
)
_SAID = {b"par": "\n", b"line": "\n", b"sect": "\n", b"page": "\n", b"row": "\n", b"tab": "\t", b"cell": "\t",
         b"emdash": "—", b"endash": "–", b"lquote": "‘", b"rquote": "’", b"ldblquote": "“", b"rdblquote": "”",
         b"bullet": "•", b"nestcell": "\t", b"nestrow": "\n"}  # fmt: skip
_CHARSETS = {128: "cp932", 129: "cp949", 134: "gb18030", 136: "cp950", 161: "cp1253", 162: "cp1254", 204: "cp1251",
             238: "cp1250", 222: "cp874", 177: "cp1255", 178: "cp1256", 186: "cp1257", 163: "cp1258"}  # fmt: skip
_PAGES = {936: "gb18030", 54936: "gb18030", 10008: "gb18030", 65001: "utf-8"}
MOST = 128 * 1024 * 1024
"""Bytes of a file that are read; pictures stand in it as text."""
DEPTH = 1000
"""Groups within groups that are told apart."""


@dataclass(slots=True)
class State:
    """What a group inherits and what ends with it."""

    hidden: bool = False
    fonts: bool = False
    encoding: str = ""
    skip: int = 1


@dataclass(slots=True)
class Reader:
    """One pass over the tokens."""

    page: str = "cp1252"
    fonts: dict[int, str] = field(default_factory=dict)
    font: int = 0
    """Being described in the font table."""
    state: State = field(default_factory=State)
    stack: list[State] = field(default_factory=list)
    left: int = 0
    """Characters to skip: those that stand in for a \\u escape."""
    raw: bytearray = field(default_factory=bytearray)
    """Bytes not yet decoded; a Chinese character takes two escapes."""

    def text(self, data: bytes) -> Iterator[str]:
        """The visible text, in bits."""
        for match in _TOKEN.finditer(data):
            word, number, code, sign, brace, run = match.groups()
            if code or run:
                self._take(bytes.fromhex(code.decode()) if code else run)
                continue
            yield self._flush()
            if brace:
                self._group(brace)
            elif sign:
                yield self._sign(sign)
            else:
                yield self._word(word, int(number) if number else None)
        yield self._flush()

    def _take(self, data: bytes) -> None:
        if self.left:
            cut = min(self.left, len(data))
            self.left -= cut
            data = data[cut:]
        if not self.state.hidden:
            self.raw += data

    def _flush(self) -> str:
        if not self.raw:
            return ""
        text = self.raw.decode(self.state.encoding or self.page, "replace")
        self.raw.clear()
        return text

    def _group(self, brace: bytes) -> None:
        self.left = 0
        if brace == b"{" and len(self.stack) < DEPTH:
            self.stack.append(replace(self.state))
        elif brace == b"}" and self.stack:
            self.state = self.stack.pop()

    def _sign(self, sign: bytes) -> str:
        if sign == b"*":
            self.state.hidden = True
        said = {b"~": " ", b"_": "-", b"\\": "\\", b"{": "{", b"}": "}", b"\n": "\n", b"\r": "\n"}.get(
            sign, ""
        )
        return "" if self.state.hidden else said

    def _word(self, word: bytes, number: int | None) -> str:
        if word in _HIDDEN:
            self.state.hidden = True
            self.state.fonts = word == b"fonttbl"
        elif word == b"u" and number is not None:
            self.left = self.state.skip
            return "" if self.state.hidden else _unit(number)
        elif word in _SAID:
            return "" if self.state.hidden else _SAID[word]
        elif number is not None:
            self._set(word, number)
        return ""

    def _set(self, word: bytes, number: int) -> None:
        if word == b"ansicpg":
            self.page = _known(_PAGES.get(number, f"cp{number}"))
        elif word == b"uc":
            self.state.skip = max(number, 0)
        elif word == b"f":
            self.font = number
            self.state.encoding = self.fonts.get(number, "")
        elif word == b"fcharset" and self.state.fonts:
            self.fonts[self.font] = _CHARSETS.get(number, "")


def _unit(number: int) -> str:
    """A UTF-16 unit, told as a signed 16-bit number by old writers."""
    return chr(number & 0xFFFF)


def _known(encoding: str) -> str:
    try:
        "a".encode(encoding)
    except LookupError:
        return "cp1252"
    return encoding


def plain(data: bytes) -> str:
    """The text. Raises Unreadable for what is no RTF."""
    if not data.lstrip().startswith(b"{\\rtf"):
        raise Unreadable("no RTF")
    text = "".join(Reader().text(data))
    # Characters beyond the first plane come as two units.
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def read(path: Path, name: str, limits: Limits) -> Extracted:
    """The text, in pieces. Raises Unreadable."""
    with path.open("rb") as source:
        data = source.read(MOST)
    texts, truncated = unpaged([plain(data)], limits)
    return Extracted("ready", texts=texts, truncated=truncated)
