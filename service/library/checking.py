"""`tongke check`: every row's object is there and whole, every object has a row, the index and the audit log agree."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select
from sqlmodel import col

from service.library import audit, indexing
from service.models import Derived, File, Upload, to_micros
from service.search import IndexDown
from service.storage import ObjectMissing
from service.work import Work

BLOCK = 1024 * 1024
GRACE = timedelta(days=1)
"""An object younger than this may belong to a transaction that has not been committed yet."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong: its kind (missing, damaged, orphan, index, audit), with what, and how."""

    kind: str
    subject: str
    detail: str


def check(work: Work, progress: Progress = lambda _done, _total: None) -> Iterator[Finding]:
    """Every finding, as it is found. Reads every byte; changes nothing."""
    yield from _files(work, progress)
    yield from _orphans(work)
    yield from _index(work)
    for last_id in audit.broken_seals(work):
        yield Finding("audit", last_id, "audit rows up to this one were changed, removed or slipped in")


def _files(work: Work, progress: Progress) -> Iterator[Finding]:
    total = work.session.execute(select(func.count()).select_from(File)).scalar_one()
    rows = work.session.execute(
        select(col(File.id), col(File.object_key), col(File.size), col(File.sha256)).order_by(col(File.id))
    )
    for done, (file_id, key, size, sha256) in enumerate(rows, 1):
        yield from _object(work, file_id, key, size, sha256)
        progress(done, total)
    for file_id, key, size in work.session.execute(
        select(col(Derived.file_id), col(Derived.object_key), col(Derived.size))
    ):
        yield from _object(work, file_id, key, size, None)


def _object(work: Work, file_id: str, key: str, size: int, sha256: str | None) -> Iterator[Finding]:
    try:
        found = work.objects.stat(key).size
        if found != size:
            yield Finding("damaged", file_id, f"{key} has {found} bytes, should have {size}")
        elif sha256 is not None and _digest(work, key) != sha256:
            yield Finding("damaged", file_id, f"{key} does not have the SHA-256 {sha256}")
    except ObjectMissing:
        yield Finding("missing", file_id, f"{key} is not in the object store")


def _digest(work: Work, key: str) -> str:
    digest = hashlib.sha256()
    with work.objects.open(key) as source:
        while block := source.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _orphans(work: Work) -> Iterator[Finding]:
    known = {
        key
        for table in (File, Derived, Upload)
        for key in work.session.scalars(select(col(table.object_key)))
    }
    young = to_micros(work.now - GRACE)
    for stat in work.objects.list():
        if stat.key not in known and stat.modified < young:
            yield Finding("orphan", stat.key, f"{stat.size} bytes that no row refers to")


def _index(work: Work) -> Iterator[Finding]:
    try:
        for resource_id, words in indexing.differences(work):
            yield Finding("index", resource_id, words)
    except IndexDown as error:
        yield Finding("index", "", str(error))
