"""What an import reads: a line of NDJSON or a document of a folder, as one shape."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from service.library import vocabulary

MAX_LINE = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Item:
    """One resource to be: where it stands, its fields, its files, and how far it is to be shared."""

    place: str
    """Line number or path: what the report names."""
    key: str | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    files: tuple[Path, ...] = ()
    status: str = "draft"
    grants: tuple[dict[str, Any], ...] = ()
    error: str = ""
    """Why it could not even be read; empty otherwise."""


def count(path: Path) -> int:
    """How many items there are, for the progress bar."""
    if path.is_dir():
        return sum(1 for _ in _documents(path))
    with path.open("rb") as lines:
        return sum(1 for line in lines if line.strip())


def items(path: Path) -> Iterator[Item]:
    """The items of an NDJSON file or of a folder."""
    yield from _folder(path) if path.is_dir() else _lines(path)


def _documents(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not path.is_symlink() and not hidden:
            yield path


def _folder(folder: Path) -> Iterator[Item]:
    """One draft each; metadata guessed from path and name."""
    for path in _documents(folder):
        relative = path.relative_to(folder)
        guessed = vocabulary.guess(relative.as_posix())
        fields = {"kind": "lesson_case", "title": path.stem, "summary": "", **guessed}
        fields["title"] = (str(fields["title"]).strip() or path.name)[:300]
        yield Item(place=str(relative), fields=fields, files=(path,))


def _lines(path: Path) -> Iterator[Item]:
    """A JSON object a line: the fields of a Resource, plus `files`, `status`, `grants` and `key`."""
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield _line(path.parent, f"第 {number} 行", line)


def _line(folder: Path, place: str, line: bytes) -> Item:
    if len(line) > MAX_LINE:
        return Item(place, error="这一行太长。")
    try:
        data = json.loads(line)
    except (ValueError, RecursionError):
        return Item(place, error="不是有效的 JSON。")
    if not isinstance(data, dict):
        return Item(place, error="应为一个 JSON 对象。")
    key, status = data.pop("key", None), data.pop("status", "draft")
    names, grants = data.pop("files", []), data.pop("grants", [])
    if not (isinstance(names, list) and all(isinstance(name, str) for name in names)):
        return Item(place, error="files 应为路径的列表。")
    if not (isinstance(grants, list) and all(isinstance(grant, dict) for grant in grants)):
        return Item(place, error="grants 应为列表。")
    if status not in ("draft", "published"):
        return Item(place, error="status 只能是 draft 或 published。")
    if key is not None and not (isinstance(key, str) and 0 < len(key) <= 200):
        return Item(place, error="key 应为 1 到 200 个字符的文字。")
    for name in ("id", "version", "draft", "created_at", "updated_at", "school"):
        data.pop(name, None)
    return Item(place, key, data, tuple(folder / name for name in names), status, tuple(grants))
