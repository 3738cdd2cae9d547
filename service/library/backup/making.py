"""`tongke backup`: first the records, in one snapshot of the database, then the objects that they name."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from service.library import integrity, shapes
from service.library.backup import Manifest, Table, manifest, manifest_key, snapshots, tables
from service.library.backup.copying import Copied, copy
from service.library.checking import Finding
from service.library.derived import Opens
from service.library.erasing import ERASED, Erased
from service.library.integrity import Known
from service.models import AuditEntry
from service.storage import Objects
from service.work import Work

TRIES = 3
"""Snapshots of the records, where something was deleted before its bytes were copied."""

Progress = Callable[[int, int], None]


@dataclass
class Report:
    """What a backup did."""

    snapshot: str
    copied: Copied
    findings: list[Finding] = field(default_factory=list)
    """Objects that the library itself has not, or not whole: they are in no backup."""


def make(
    reading: Opens, writing: Opens, place: Objects, progress: Progress = lambda _done, _total: None
) -> Report:
    """Write a snapshot. What the place holds already is not written again; interrupted, the next run goes on from what
    is there. Each object is verified while it is read; what is damaged or missing is withheld from then on."""
    copied = Copied()
    for left in reversed(range(TRIES)):
        report, gone = _attempt(reading, writing, place, copied, progress)
        if not gone or not left:
            break
    return report


def _attempt(
    reading: Opens, writing: Opens, place: Objects, copied: Copied, progress: Progress
) -> tuple[Report, bool]:
    """One snapshot, and whether something in it was deleted meanwhile; then it gets no manifest."""
    with reading() as work:
        snapshot, written, known, revision = _records(work, place)
        _erasures(work, place)
        objects, at = work.objects, work.now
    report, gone = Report(snapshot, copied), False
    for done, one in enumerate(known, 1):
        finding = copy(objects, place, one, one.key, f"objects/{one.key}", copied)
        if finding is not None:
            gone = gone or _was_deleted(reading, one)
            report.findings.append(Finding.of(finding))
            with writing() as work:
                integrity.record(work, [finding])
        progress(done, len(known))
    if not gone:
        told = Manifest(
            snapshot, shapes.instant(at), revision, len(known), sum(one.size for one in known), written
        )
        place.put(manifest_key(snapshot), [told.packed()])
    return report, gone


def _records(work: Work, place: Objects) -> tuple[str, list[Table], list[Known], str]:
    connection, snapshot = work.session.connection(), work.ids()
    written = [tables.dump(connection, place, snapshot, table) for table in tables.reflected(connection)]
    return snapshot, written, integrity.all_known(work), tables.revision(connection)


def _was_deleted(reading: Opens, known: Known) -> bool:
    with reading() as work:
        return known.key not in {one.key for one in integrity.of_file(work, known.file_id)}


def _erasures(work: Work, place: Objects) -> None:
    """What was erased by law, for every restore from this place, of whichever snapshot."""
    there = {stat.key for stat in place.list("erasures/")}
    for detail, subject in work.session.execute(
        select(col(AuditEntry.detail), col(AuditEntry.subject)).where(col(AuditEntry.action) == ERASED)
    ):
        file_id = detail.get("file")
        erased = Erased(subject, str(file_id) if file_id else None)
        if (key := f"erasures/{erased.file_id or erased.resource_id}") not in there:
            place.put(key, [json.dumps(erased.as_json()).encode()])


def verify(
    place: Objects, snapshot: str = "", progress: Progress = lambda _done, _total: None
) -> list[Finding]:
    """Read back all of a snapshot (of the newest): every table, every object. Raises NoBackup."""
    told = manifest(place, snapshot)
    found = []
    for table in told.tables:
        for _row in tables.rows(place, told.id, table):
            pass
    for done, known in enumerate(objects_of(place, told), 1):
        verdict = integrity.verify(place, known)
        if verdict.state != "good":
            found.append(Finding.of(verdict))
        progress(done, told.objects)
    return found


def objects_of(place: Objects, told: Manifest) -> list[Known]:
    """The objects of a snapshot, under their keys in the place."""
    found = []
    for table in told.tables:
        if table.name in ("file", "derived"):
            found += [_known(row, table.name) for row in tables.rows(place, told.id, table)]
    return found


def _known(row: dict[str, Any], table: str) -> Known:
    own = table == "file"
    return Known(
        row["id"] if own else row["file_id"], "" if own else row["kind"], 0 if own else row["n"],
        f"objects/{row['object_key']}", row["size"], row["sha256"],
    )  # fmt: skip


def prune(place: Objects, keep: int) -> int:
    """Drop all but the newest `keep` snapshots, and the objects that none of those refers to; returns how many
    snapshots went. What a snapshot without manifest left is dropped as well."""
    kept = snapshots(place)[-keep:]
    referred = {known.key for one in kept for known in objects_of(place, manifest(place, one))}
    gone = set()
    for stat in list(place.list("snapshots/")):
        if (snapshot := stat.key.split("/")[1]) not in kept:
            gone.add(snapshot)
            place.delete(manifest_key(snapshot))  # first, so that a crash leaves no snapshot that seems whole
            place.delete(stat.key)
    for stat in list(place.list("objects/")):
        if stat.key not in referred:
            place.delete(stat.key)
    return len(gone)
