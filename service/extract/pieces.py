"""Clean text, in pages or in pieces, within the limit of characters."""

import re
from collections.abc import Iterable, Iterator

from service.extract import Limits

PIECE = 2000
"""Characters of a piece of unpaged text, about."""

_NEVER = re.compile("[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff\ufdd0-\ufdef\ufeff\ufffe\uffff]")
_BREAKS = re.compile("\r\n?|\x0b|\x0c|\x85|\u2028|\u2029")
# Only from where a run begins: else a long run without a line feed costs its length squared.
_TRAILING = re.compile(r"(?<![ \t\u3000])[ \t\u3000]+\n")
_EMPTY = re.compile(r"\n{3,}")
_ENDS = ("\n\n", "\n", "。", "！", "？", ". ", "；", "，", " ")


def clean(text: str) -> str:
    """Without NUL and other controls, lone surrogates and runs of empty lines; lines end in a line feed."""
    text = _NEVER.sub("", _BREAKS.sub("\n", text))
    return _EMPTY.sub("\n\n", _TRAILING.sub("\n", text)).strip()


def pieces(text: str) -> Iterator[str]:
    """The clean text in pieces of about PIECE characters (never over twice that), cut where a paragraph ends."""
    text = clean(text)
    start = 0
    while len(text) - start > PIECE + PIECE // 2:
        end = _cut(text, start)
        if piece := text[start:end].strip():
            yield piece
        start = end
    if rest := text[start:].strip():
        yield rest


def _cut(text: str, start: int) -> int:
    """Where the piece that begins at start ends: the last end of a paragraph, sentence or word in reach."""
    low, high = start + PIECE // 2, start + PIECE + PIECE // 2
    for mark in _ENDS:
        found = text.rfind(mark, low, high)
        if found >= 0:
            return found + len(mark)
    return start + PIECE


def paged(pages: Iterable[str], limits: Limits) -> tuple[tuple[str, ...], bool]:
    """The pages, empty ones too, and whether the limit of characters cut some off. Takes no more than it keeps."""
    return _within(map(clean, pages), limits)


def unpaged(parts: Iterable[str], limits: Limits) -> tuple[tuple[str, ...], bool]:
    """Pieces of the parts, none of which spans two parts, and whether the limit of characters cut some off."""
    return _within((piece for part in parts for piece in pieces(part)), limits)


def _within(texts: Iterable[str], limits: Limits) -> tuple[tuple[str, ...], bool]:
    kept: list[str] = []
    left = limits.characters
    for text in texts:
        if len(text) > left:
            kept.append(text[:left])
            return tuple(kept), True
        kept.append(text)
        left -= len(text)
    return tuple(kept), False
