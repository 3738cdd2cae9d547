"""Subtitles: what is said, without times and numbers (SubRip, WebVTT, TTML)."""

import html
import re
from pathlib import Path

from service.extract import Extracted, Limits, text, xml
from service.extract.pieces import unpaged

_TIMES = re.compile(r"^\s*(\d+:)?\d+:\d+[.,]\d+\s*-->.*$")
_NUMBER = re.compile(r"^\s*\d+\s*$")
_TAG = re.compile(r"</?[a-zA-Z][^<>\n]{0,200}>|<\d[\d:.]*>|\{\\[^}\n]{0,200}\}")
_BLOCK = re.compile(r"\n[ \t]*\n+")


def read(path: Path, name: str, limits: Limits) -> Extracted:
    """SubRip or WebVTT: the lines spoken. A file that has no times is read as it stands."""
    whole, encoding, more = text.load(path, limits)
    whole = whole.replace("\r\n", "\n").replace("\r", "\n").replace("\ufeff", "")
    spoken = [line for block in _BLOCK.split(whole) for line in _spoken(block.split("\n"))]
    texts, truncated = unpaged(["\n".join(spoken) or whole], limits)
    return Extracted("ready", texts=texts, truncated=truncated or more, details={"encoding": encoding})


def _spoken(lines: list[str]) -> list[str]:
    """Of one cue: the lines after its times. Blocks without times (WEBVTT, NOTE, STYLE) say nothing."""
    at = next((n for n, line in enumerate(lines) if _TIMES.match(line)), None)
    if at is None:
        return []
    # Cues that no empty line parts follow each other in one block.
    said = [line for line in lines[at + 1 :] if not _TIMES.match(line) and not _NUMBER.match(line)]
    return [html.unescape(_TAG.sub("", line)).strip() for line in said if line.strip()]


def read_ttml(path: Path, name: str, limits: Limits) -> Extracted:
    """TTML (W3C): a line per p. Raises Unreadable where it is not well-formed."""
    with path.open("rb") as source:
        lines = []
        for _, paragraph in xml.walk(source, ("p",)):
            lines.append(" ".join(" ".join(map(str, paragraph.itertext())).split()))
            xml.empty(paragraph)
    texts, truncated = unpaged(["\n".join(lines)], limits)
    return Extracted("ready", texts=texts, truncated=truncated)
