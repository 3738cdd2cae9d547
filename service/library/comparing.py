"""What changed from one version of a resource to another: fields and files, plainly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Any

from service.library.fields import VERSION_FIELDS
from service.library.resources import view
from service.work import Work

SHOWN = 10
"""Newest versions whose changes are told on the resource's page."""
LINES = 1000
"""Lines of content that are compared line by line."""
AROUND = 2
"""Unchanged lines shown around a change."""

Found = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Changes:
    """From an older version to a newer one."""

    older: int
    fields: tuple[str, ...]
    """Names of the fields that differ, in the order of a form."""
    added: tuple[str, ...]
    removed: tuple[str, ...]
    replaced: tuple[str, ...]
    """Names of files: new, gone, and of the same name with other bytes."""

    def __bool__(self) -> bool:
        return bool(self.fields or self.added or self.removed or self.replaced)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the content: `kept`, `added`, `removed`, or a `gap` of unchanged lines."""

    kind: str
    text: str = ""


def between(older: Found, newer: Found) -> Changes:
    """What differs between two Resources of api.md."""
    before = {file["name"]: file["sha256"] for file in older["files"]}
    after = {file["name"]: file["sha256"] for file in newer["files"]}
    return Changes(
        older=older["version"],
        fields=tuple(name for name in VERSION_FIELDS if older[name] != newer[name]),
        added=tuple(name for name in after if name not in before),
        removed=tuple(name for name in before if name not in after),
        replaced=tuple(name for name in after if name in before and before[name] != after[name]),
    )


def steps(work: Work, resource_id: str, history: Sequence[Found]) -> dict[int, Changes]:
    """Version number → its changes against the one before it, for the newest SHOWN of `versions.history`."""
    found = [view(work, resource_id, str(item["version"]))[0] for item in history[: SHOWN + 1]]
    return {newer["version"]: between(older, newer) for newer, older in pairwise(found)}


def pair(work: Work, resource_id: str, older: str, newer: str) -> tuple[Found, Found]:
    """Two versions that the caller may read (`view`'s `version`), the older first."""
    found = sorted(
        (view(work, resource_id, name)[0] for name in (older, newer)), key=lambda one: one["version"]
    )
    return found[0], found[1]


def lines(older: str, newer: str) -> list[Line]:
    """The content's changes by line, with AROUND unchanged lines around each."""
    before, after = older.split("\n")[:LINES], newer.split("\n")[:LINES]
    found: list[Line] = []
    matcher = SequenceMatcher(None, before, after)
    last = 0
    for group in matcher.get_grouped_opcodes(AROUND):
        if group[0][1] > last:
            found.append(Line("gap"))
        for kind, start, stop, begin, end in group:
            if kind == "equal":
                found += [Line("kept", text) for text in before[start:stop]]
                continue
            found += [Line("removed", text) for text in before[start:stop]]
            found += [Line("added", text) for text in after[begin:end]]
        last = group[-1][2]
    return [*found, Line("gap")] if found and last < len(before) else found
