"""What an import reads: a line of NDJSON or a document of a folder, as one shape."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from service.errors import Invalid
from service.library import vocabulary
from service.library.exporting import FORMAT, LINES, MANIFEST, VERSION

MAX_LINE = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Told:
    """What an export says of a file, beside its bytes."""

    name: str
    sha256: str
    shows_children: str = "unasked"
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One resource to be: where it stands, its fields, its files, and how far it is to be shared."""

    place: str
    """Line number or path: what the report names."""
    key: str | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    files: tuple[Path, ...] = ()
    told: tuple[Told, ...] = ()
    """Of each file, where the item comes from an export; empty otherwise."""
    status: str = "draft"
    grants: tuple[dict[str, Any], ...] = ()
    own: str | None = None
    """The id of the school that exported it; None where it comes from no export."""
    adapted_from: str | None = None
    error: str = ""
    """Why it could not even be read; empty otherwise."""


def count(path: Path) -> int:
    """How many items there are, for the progress bar."""
    if exported(path):
        return count(path / LINES)
    if path.is_dir():
        return sum(1 for _ in _documents(path))
    with path.open("rb") as lines:
        return sum(1 for line in lines if line.strip())


def items(path: Path) -> Iterator[Item]:
    """The items of an export, an NDJSON file or a folder."""
    if (manifest := exported(path)) is not None:
        yield from _exported(path, manifest)
    else:
        yield from _folder(path) if path.is_dir() else _lines(path)


def exported(path: Path) -> dict[str, Any] | None:
    """The manifest of an export; None for anything else. Raises Invalid for an export of a later release."""
    if not (path / MANIFEST).is_file():
        return None
    try:
        found = json.loads((path / MANIFEST).read_bytes())
    except ValueError:
        return None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        return None
    if found.get("version") != VERSION or not isinstance(found.get("school"), dict):
        raise Invalid(
            "这份导出是另一个版本的程序做的，这里读不了。",
            english="This export was made by another release.",
        )
    return found


def _exported(folder: Path, manifest: dict[str, Any]) -> Iterator[Item]:
    with (folder / LINES).open("rb") as lines:
        for number, line in enumerate(lines, 1):
            yield _exported_line(folder, f"第 {number} 行", line, str(manifest["school"].get("id", "")))


def _exported_line(folder: Path, place: str, line: bytes, own: str) -> Item:
    """As `_line`, but for its files, which must lie in the folder itself: an export comes from elsewhere."""
    if len(line) > MAX_LINE:
        return Item(place, error="这一行太长。")
    try:
        data = json.loads(line)
        files = data.pop("files")
        adapted_from = data.pop("adapted_from", None)
        told = tuple(
            Told(str(file["name"]), str(file["sha256"]), str(file["shows_children"]), str(file["alt"]))
            for file in files
        )
        paths = tuple(_within(folder, str(file["path"])) for file in files)
    except (ValueError, RecursionError, TypeError, KeyError, AttributeError):
        return Item(place, error="这一行不是导出的内容，或附件的路径不对。")
    if any(about.shows_children not in ("yes", "no", "unasked") for about in told):
        return Item(place, error="shows_children 只能是 yes、no 或 unasked。")
    item = _read(folder, place, data)
    return replace(item, files=paths, told=told, own=own, adapted_from=adapted_from)


def _within(folder: Path, name: str) -> Path:
    found = folder / name
    if found.is_symlink() or not found.resolve().is_relative_to(folder.resolve()):
        raise ValueError(name)
    return found


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
    return _read(folder, place, data)


def _read(folder: Path, place: str, data: dict[str, Any]) -> Item:
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
    paths = tuple(folder / name for name in names)
    return Item(place, key, data, paths, status=status, grants=tuple(grants))
