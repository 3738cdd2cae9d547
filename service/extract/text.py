"""Plain text, Markdown, CSV, JSON, XML and notebooks, in whatever encoding they came."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lxml import etree

from service.extract import Extracted, Limits, encodings, xml
from service.extract.pieces import unpaged
from service.extract.problems import Unreadable


def load(path: Path, limits: Limits) -> tuple[str, str, bool]:
    """The text, its encoding, and whether the file goes on beyond what was read."""
    most = limits.characters * 4
    with path.open("rb") as source:
        data = source.read(most + 1)
    text, encoding = encodings.decode(data[:most])
    return text, encoding, len(data) > most


def read(path: Path, name: str, limits: Limits) -> Extracted:
    """The text as it stands, in pieces; details tell the encoding."""
    text, encoding, more = load(path, limits)
    return _extracted([text], limits, encoding, more)


def _extracted(parts: list[str], limits: Limits, encoding: str, more: bool) -> Extracted:
    texts, truncated = unpaged(parts, limits)
    return Extracted("ready", texts=texts, truncated=truncated or more, details={"encoding": encoding})


def read_json(path: Path, name: str, limits: Limits) -> Extracted:
    """The text as it stands, with escapes such as \\u4e00 turned into what they mean, where it is sound JSON."""
    text, encoding, more = load(path, limits)
    if "\\u" in text:
        # Not JSON, or nested beyond reason: then as it stands.
        with contextlib.suppress(ValueError, RecursionError):
            text = json.dumps(json.loads(text), ensure_ascii=False, indent=1)
    return _extracted([text], limits, encoding, more)


def read_notebook(path: Path, name: str, limits: Limits) -> Extracted:
    """What its cells say and printed (nbformat 4), a part per cell; as JSON where it is no notebook."""
    text, encoding, more = load(path, limits)
    try:
        cells = json.loads(text)["cells"]
        parts = ["\n".join(_cell(cell)) for cell in cells]
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return read_json(path, name, limits)
    return _extracted(["\n\n".join(parts)], limits, encoding, more)


def _cell(cell: dict[str, Any]) -> Iterator[str]:
    yield _joined(cell.get("source", ""))
    for output in cell.get("outputs", []):
        yield _joined(output.get("text", ""))
        yield _joined(output.get("data", {}).get("text/plain", ""))


def _joined(value: Any) -> str:
    return "".join(map(str, value)) if isinstance(value, list) else str(value)


def read_xml(path: Path, name: str, limits: Limits) -> Extracted:
    """The text between the tags; the file as it stands where there is none."""
    text, encoding, more = load(path, limits)
    try:
        root = xml.parse_leniently(text)
    except Unreadable:
        return _extracted([text], limits, encoding, more)
    said = "\n".join(filter(None, (part.strip() for part in _said(root))))
    return _extracted([said or text], limits, encoding, more)


def _said(root: etree._Element) -> Iterator[str]:
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if event == "end":
            yield element.tail or ""
        elif isinstance(element.tag, str) and xml.local(element).lower() not in ("script", "style"):
            yield element.text or ""
