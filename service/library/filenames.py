"""Names of files as people see them: what a browser or a program sends is cleaned once, when it arrives."""

import unicodedata

MAX_BYTES = 255
"""Of UTF-8: what the file systems of Linux and macOS take, so that a download can be saved under its own name."""
MAX_SUFFIX = 32
"""Bytes of an extension that survives shortening; what is longer is no extension."""
NAMELESS = "未命名"

_DIRECTION = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks that turn the direction of text, so that `gpj.exe` can be shown as `exe.jpg` (Unicode TR 36, 2.5)."""
_INVISIBLE = frozenset("\u200b\u2060\ufeff")
_REMOVED_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})


def clean(name: str) -> str:
    """The name to keep for a file: NFC, the last segment of a path, nothing invisible, 1 to 255 bytes of UTF-8.

    The extension survives shortening. Cleaning a clean name changes nothing.
    """
    name = unicodedata.normalize("NFC", "".join(filter(_stays, name)))
    segment = _trim(name.replace("\\", "/").rstrip("/ ").rpartition("/")[2])
    return _shorten(segment) or NAMELESS


def _stays(character: str) -> bool:
    if character in _DIRECTION or character in _INVISIBLE:
        return False
    return unicodedata.category(character) not in _REMOVED_CATEGORIES


def _trim(name: str) -> str:
    """Without white space around it and dots behind it: Windows drops those, and `..` is a place."""
    return name.strip().rstrip(". ").strip()


def _shorten(name: str) -> str:
    if len(name.encode()) <= MAX_BYTES:
        return name
    stem, dot, suffix = name.rpartition(".")
    if not stem or len(suffix.encode()) > MAX_SUFFIX:
        stem, dot, suffix = name, "", ""
    room = MAX_BYTES - len((dot + suffix).encode())
    return _trim(stem.encode()[:room].decode(errors="ignore")) + dot + suffix
