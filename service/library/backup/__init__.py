"""Backup and restore. A place (a folder or a bucket, `service.storage.Objects`) holds

    snapshots/ID/tables/TABLE   NDJSON, gzip: a row a line, as the database keeps it (times in microseconds)
    snapshots/ID/manifest       JSON, written last: without it the snapshot was interrupted, and is none
    objects/KEY                 every object that a snapshot refers to, once, however many do
    erasures/ID                 what was erased by law, of which no restore may bring anything back

IDs are ULIDs, so that the newest is the last by name. Rows are portable: what SQLite wrote PostgreSQL reads, and the
reverse. Model: restic's `doc/design.rst`.
"""

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from service.storage import ObjectMissing, Objects

FORMAT = 1


class NoBackup(Exception):
    """There is no such snapshot, or it is of a form that this release does not read."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a snapshot: rows, and the SHA-256 of its packed bytes."""

    name: str
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a snapshot consists of. Tables stand in the order of their dependency."""

    id: str
    at: str
    revision: str
    """Of the schema (Alembic)."""
    objects: int
    size: int
    """Bytes of its objects."""
    tables: list[Table] = field(default_factory=list)
    format: int = FORMAT

    def packed(self) -> bytes:
        """As JSON."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1).encode()


def table_key(snapshot: str, name: str) -> str:
    """Where a table's rows are."""
    return f"snapshots/{snapshot}/tables/{name.replace('_', '-')}"


def manifest_key(snapshot: str) -> str:
    """Where a snapshot's manifest is."""
    return f"snapshots/{snapshot}/manifest"


def snapshots(place: Objects) -> list[str]:
    """IDs of the whole snapshots, oldest first."""
    return [stat.key.split("/")[1] for stat in place.list("snapshots/") if stat.key.endswith("/manifest")]


def manifest(place: Objects, snapshot: str = "") -> Manifest:
    """Of one snapshot, else of the newest. Raises NoBackup."""
    if not snapshot:
        found = snapshots(place)
        if not found:
            raise NoBackup("这里没有完整的备份。")
        snapshot = found[-1]
    try:
        with place.open(manifest_key(snapshot)) as source:
            told: dict[str, Any] = json.loads(source.read())
        if told["format"] != FORMAT:
            raise NoBackup(f"备份 {snapshot} 的格式是 {told['format']}，本版本只认 {FORMAT}。")
        return Manifest(**{**told, "tables": [Table(**table) for table in told["tables"]]})
    except (ObjectMissing, ValueError, TypeError, KeyError) as error:
        raise NoBackup(f"没有备份 {snapshot}，或它不完整。") from error
