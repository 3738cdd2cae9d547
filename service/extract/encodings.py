"""Bytes → text, for texts that do not say how they are encoded; Chinese ones first."""

import codecs
import re

import charset_normalizer

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
SAMPLE = 64 * 1024
"""Bytes that are looked at to guess an encoding."""
_COMMON = frozenset(
    "的一是不了在有人我他这这個个中大来來上国國到说說们們为為子和你地出道也时時年得就那要下以生会會自着可"
)
_HAN = re.compile("[\u4e00-\u9fff]")
_DECLARED = re.compile(
    rb"""(?:charset\s*=\s*["']?|<\?xml[^>]{0,100}encoding\s*=\s*["'])([A-Za-z0-9_.:-]{2,40})"""
)
_WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "cp936": "gb18030", "big5": "cp950", "iso-8859-1": "cp1252",
          "us-ascii": "cp1252", "ascii": "cp1252"}  # fmt: skip
"""What documents mean by these names: supersets of what they say (WHATWG Encoding Standard)."""


def decode(data: bytes) -> tuple[str, str]:
    """The text and the encoding found, by Python's name. Bytes that fit nowhere become U+FFFD; never raises."""
    encoding = guess(data)
    return data.decode(encoding, "replace"), encoding


def declared(data: bytes) -> str | None:
    """The encoding that an HTML or XML document declares, where Python knows it and the document keeps to it."""
    match = _DECLARED.search(data[:4096])
    if match is None or guess(data[:SAMPLE]) == "utf-8":
        return None
    name = match[1].decode("ascii").lower()
    name = _WIDER.get(name, name)
    try:
        codecs.lookup(name)
        "a".encode(name)
    except (LookupError, UnicodeError, TypeError, ValueError):
        return None
    # A declaration of UTF-16 that could be read as ASCII is not true.
    return None if name.startswith("utf-16") else name


def guess(data: bytes) -> str:
    """The encoding, by Python's name: by its mark, as UTF-8, UTF-16, GB18030 or Big5, else by charset-normalizer."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding
    # First the wide ones: ASCII in UTF-16 is, byte by byte, UTF-8 with NULs in it.
    if wide := _wide(data[:SAMPLE]):
        return wide
    if fits(data, "utf-8"):
        return "utf-8"
    sample = data[:SAMPLE]
    scores = {encoding: _chinese(sample, encoding) for encoding in ("gb18030", "cp950")}
    best = max(scores, key=lambda encoding: scores[encoding])
    if scores[best] >= 0.1:
        return best
    return _last_guess(sample) or ("gb18030" if scores["gb18030"] > 0 else "cp1252")


def fits(data: bytes, encoding: str) -> bool:
    """Whether the bytes decode strictly; a character cut off at the end is forgiven."""
    try:
        codecs.getincrementaldecoder(encoding)("strict").decode(data)
    except UnicodeError:
        return False
    return True


def _wide(data: bytes) -> str | None:
    """UTF-16 without a mark: ASCII in it has every second byte zero, Chinese a high byte of 4E to 9F."""
    even, odd = data[0::2], data[1::2]
    if len(data) < 8:
        return None
    for encoding, high, low in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        likely = (
            high.count(0) + sum(0x4E <= byte <= 0x9F for byte in high) + high.count(0x30) + high.count(0xFF)
        )
        zeros = low.count(0)
        if (
            b"\0" in data
            and high.count(0) + high.count(0x30)
            and likely > 0.9 * len(high)
            and zeros < 0.05 * len(low) + 1
        ):
            return encoding if fits(data[: len(data) // 2 * 2], encoding) else None
    return None


def _chinese(data: bytes, encoding: str) -> float:
    """Share of the most common characters among the Chinese ones, 0 where the bytes do not fit."""
    if not fits(data, encoding):
        return 0.0
    han = _HAN.findall(codecs.getincrementaldecoder(encoding)("strict").decode(data))
    if not han:
        return 0.0
    return sum(char in _COMMON for char in han) / len(han)


def _last_guess(data: bytes) -> str | None:
    best = charset_normalizer.from_bytes(data[:8192]).best()
    return best.encoding if best else None
