"""`tongke restore`: the records at the revision they were written at, then this release's tables, then what was erased by
law goes again, and last the objects that are still referred to."""

import json
from collections.abc import Callable
from typing import Protocol

from service.library import erasing, integrity
from service.library.backup import Manifest, tables
from service.library.backup.copying import Copied, copy
from service.library.checking import Finding
from service.library.derived import Opens
from service.library.erasing import Erased
from service.library.integrity import Verdict
from service.storage import Objects
from service.work import Work

Progress = Callable[[int, int], None]


class Migrates(Protocol):
    """What is needed of a database beside its transactions."""

    def migrate(self, revision: str = ...) -> None: ...

    def empty(self) -> bool: ...


def records(
    database: Migrates,
    writing: Opens,
    place: Objects,
    told: Manifest,
    done: list[str],
    said: Callable[[str], None],
) -> None:
    """Every table that is not among `done`, each in a transaction; `said` is told its name once it is loaded. Raises
    NoBackup."""
    database.migrate(told.revision)
    for table in told.tables:
        if table.name not in done:
            with writing() as work:
                tables.load(work.session.connection(), place, told.id, table)
            said(table.name)
    database.migrate()


def objects(
    reading: Opens,
    writing: Opens,
    place: Objects,
    copied: Copied,
    progress: Progress = lambda _done, _total: None,
) -> list[Finding]:
    """Every object that a row refers to, verified while it is read; those that are there already stay. What the backup
    has not, or not whole, is found, and its file withheld."""
    findings: list[Finding] = []
    with reading() as work:
        wanted, store = integrity.all_known(work), work.objects
    for done, known in enumerate(wanted, 1):
        finding = copy(place, store, known, f"objects/{known.key}", known.key, copied)
        if finding is not None:
            findings.append(Finding.of(finding))
            with writing() as work:
                integrity.record(work, [Verdict(known, "missing", finding.detail)])
        progress(done, len(wanted))
    return findings


def erasures(writing: Opens, place: Objects) -> int:
    """Erase again what was erased by law, before or after this snapshot; returns how many things it still held."""
    number = 0
    for stat in place.list("erasures/"):
        with place.open(stat.key) as source:
            erased = Erased(**json.loads(source.read()))
        with writing() as work:
            number += _erase(work, erased)
    return number


def _erase(work: Work, erased: Erased) -> bool:
    if not erasing.replay(work, erased):
        return False
    work.audit(erasing.ERASED, erased.resource_id, file=erased.file_id, reason="restore")
    return True
