"""Whether the bytes are still what they were: verified by a scrub, least recently first, and by `tongke check`. What is
damaged or lost is withheld and reported; what was made from a file is made anew; what no row refers to is swept."""

import heapq
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import func, literal, select, update
from sqlmodel import col

from service.library import administering, digests
from service.library.derived import Opens
from service.models import Conversion, Derived, File, Organisation, Resource, Upload, to_micros
from service.storage import ObjectMissing, Objects, Stat
from service.work import Work

GRACE = timedelta(days=1)
"""An object younger than this may belong to a transaction that has not been committed yet."""
SECOND_LOOK = timedelta(hours=1)
"""Before an orphan goes it is looked at once more: to a clock that is a day ahead, what is being written seems old."""
SCRUB_EVERY = timedelta(hours=1)
SWEEP_EVERY = timedelta(days=1)
LEAST = 20
"""Objects verified in one scrub at least."""
BATCH = 50
"""Objects between two writes of what was found."""
QUARANTINED = ("damaged", "missing")


@dataclass(frozen=True, slots=True)
class Known:
    """An object that a row refers to: the file it belongs to; kind and n of what was made from that, else empty."""

    file_id: str
    kind: str
    n: int
    key: str
    size: int
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found of it: state good, damaged or missing, and how."""

    known: Known
    state: Literal["good", "damaged", "missing"]
    detail: str = ""


def _files() -> Any:
    """Select Known's fields."""
    return select(
        col(File.id), literal("").label("kind"), literal(0).label("n"), col(File.object_key), col(File.size),
        col(File.sha256),
    )  # fmt: skip


def _derived() -> Any:
    return select(
        col(Derived.file_id), col(Derived.kind), col(Derived.n), col(Derived.object_key), col(Derived.size),
        col(Derived.sha256),
    )  # fmt: skip


def after(work: Work, file_id: str, number: int) -> list[Known]:
    """The objects of the next so many files in the order of their ids, each file before what was made from it."""
    files = work.session.execute(
        _files().where(col(File.id) > file_id).order_by(col(File.id)).limit(number)
    ).all()
    found = [Known(*row) for row in files]
    ids = [known.file_id for known in found]
    found += [Known(*row) for row in work.session.execute(_derived().where(col(Derived.file_id).in_(ids)))]
    return sorted(found, key=lambda known: (known.file_id, known.kind, known.n))


def of_file(work: Work, file_id: str) -> list[Known]:
    """The objects of one file."""
    rows = [
        *work.session.execute(_files().where(col(File.id) == file_id)),
        *work.session.execute(_derived().where(col(Derived.file_id) == file_id)),
    ]
    return [Known(*row) for row in rows]


def all_known(work: Work) -> list[Known]:
    """Every object that a row refers to."""
    return [Known(*row) for query in (_files(), _derived()) for row in work.session.execute(query)]


def verify(objects: Objects, known: Known) -> Verdict:
    """Read every byte of it. Raises StoreDown: a store that is silent has lost nothing."""
    try:
        found = objects.stat(known.key).size
        if found != known.size:
            return Verdict(known, "damaged", f"{known.key} has {found} bytes, should have {known.size}")
        if known.sha256 is not None:
            with objects.open(known.key) as source:
                digest = digests.digest_of(source, lambda: None).hexdigest()
            if digest != known.sha256:
                return Verdict(known, "damaged", f"{known.key} does not have the SHA-256 {known.sha256}")
    except ObjectMissing:
        return Verdict(known, "missing", f"{known.key} is not in the object store")
    return Verdict(known, "good")


def record(work: Work, verdicts: Sequence[Verdict]) -> None:
    """Write down what was found: good files are given out (again), others withheld, and what was made of a file and is
    not good is made anew."""
    for verdict in verdicts:
        if verdict.known.kind:
            _record_derived(work, verdict)
        else:
            _record_file(work, verdict)


def _record_file(work: Work, verdict: Verdict) -> None:
    file = work.session.get(File, verdict.known.file_id)
    if file is None or file.object_key != verdict.known.key:
        return
    file.checked_at = work.now
    state = "" if verdict.state == "good" else verdict.state
    if file.withheld == state or (file.withheld and file.withheld not in QUARANTINED):
        return
    file.withheld = state
    action = "file.quarantine" if state else "file.release"
    work.audit(action, file.resource_id, file=file.id, found=verdict.state)


def _record_derived(work: Work, verdict: Verdict) -> None:
    known = verdict.known
    row = work.session.get(Derived, (known.file_id, known.kind, known.n))
    if row is None or row.object_key != known.key:
        return
    if verdict.state == "good":
        row.checked_at = work.now
        return
    work.session.delete(row)
    work.session.flush()
    work.enqueue("discard", known.key, priority=8)
    _make_again(work, known.file_id, known.kind)
    work.audit("file.remake", known.file_id, kind=known.kind, n=known.n, found=verdict.state)


def _make_again(work: Work, file_id: str, kind: str) -> None:
    conversion = work.session.get(Conversion, file_id)
    if conversion is not None:
        conversion.state, conversion.at = "waiting", work.now
        work.enqueue("convert", file_id, priority=9)
    elif kind == "page":
        work.enqueue("pages", file_id, priority=9)
    else:
        work.session.execute(update(File).where(col(File.id) == file_id).values(state="pending"))
        work.enqueue("extract", file_id, priority=9)


def scrub(reading: Opens, writing: Opens, subject: str) -> None:
    """The job: verify the objects that were verified longest ago, so many that all come around in `scrub_days`; those
    that are withheld each time, since they may have come back."""
    with reading() as work:
        due = _longest_ago(work)
    for start in range(0, len(due), BATCH):
        found = [verify(work.objects, known) for known in due[start : start + BATCH]]
        with writing() as writer:
            record(writer, found)
    with writing() as writer:
        writer.enqueue("scrub", subject, priority=9, run_at=writer.now + SCRUB_EVERY)


def _longest_ago(work: Work) -> list[Known]:
    rounds = work.settings.scrub_days * timedelta(days=1) / SCRUB_EVERY
    due = list(work.session.execute(_files().where(col(File.withheld).in_(QUARANTINED))))
    for query, table in ((_files(), File), (_derived(), Derived)):
        total = work.session.execute(select(func.count()).select_from(table)).scalar_one()
        number = max(LEAST, int(total / rounds) + 1)
        order = col(table.checked_at).asc().nulls_first()
        due += work.session.execute(query.order_by(order).limit(number)).all()
    return list(dict.fromkeys(Known(*row) for row in due))


def unreferenced(work: Work) -> Iterator[Stat]:
    """Objects older than GRACE that no row refers to, in key order; both sides are walked side by side."""
    young = to_micros(work.now - GRACE)
    with ExitStack() as stack:
        rows = [
            stack.enter_context(
                closing(
                    work.session.scalars(
                        select(col(table.object_key))
                        .order_by(col(table.object_key))
                        .execution_options(yield_per=1000)
                    )
                )
            )
            for table in (File, Derived, Upload)
        ]
        keys = heapq.merge(*rows)
        key = next(keys, None)
        for stat in work.objects.list():
            while key is not None and key < stat.key:
                key = next(keys, None)
            if stat.key != key and stat.modified < young:
                yield stat


def sweep(reading: Opens, writing: Opens, subject: str) -> None:
    """The job: delete what no row has referred to for GRACE; each key is looked up once more before it goes. And what
    a crash left half-written."""
    with reading() as work:
        keys = [stat.key for stat in unreferenced(work)]
        work.objects.tidy(to_micros(work.now - GRACE), set(work.session.scalars(select(col(Upload.handle)))))
    with writing() as writer:
        writer.enqueue("discard", *keys, priority=9, run_at=writer.now + SECOND_LOOK)
        writer.enqueue("sweep", subject, priority=9, run_at=writer.now + SWEEP_EVERY)


def withheld(work: Work) -> list[dict[str, Any]]:
    """Files whose bytes are not given out, for the platform's administrator: name, school, why, since when known."""
    administering.require_platform(work)
    query: Any = (
        select(
            col(File.id), col(File.name), col(File.size), col(File.withheld), col(File.checked_at),
            col(File.resource_id), col(Organisation.name).label("school"),
        )
        .join(Resource, col(Resource.id) == col(File.resource_id))
        .join(Organisation, col(Organisation.id) == col(Resource.school_id))
        .where(col(File.withheld) != "")
        .order_by(col(File.id).desc())
        .limit(200)
    )  # fmt: skip
    return [row._asdict() for row in work.session.execute(query)]


@dataclass(frozen=True, slots=True)
class Coverage:
    """How far the scrub is: objects, those never verified since they came, the longest ago verified."""

    objects: int
    never: int
    oldest: datetime | None
    withheld: int


def coverage(work: Work) -> Coverage:
    """Of files and of what was made from them."""
    administering.require_platform(work)
    counts = [
        work.session.execute(
            select(func.count(), func.count(col(table.checked_at)), func.min(col(table.checked_at)))
        ).one()
        for table in (File, Derived)
    ]
    oldest = [row[2] for row in counts if row[2] is not None]
    return Coverage(
        sum(row[0] for row in counts), sum(row[0] - row[1] for row in counts), min(oldest, default=None),
        count_withheld(work),
    )  # fmt: skip


def count_withheld(work: Work) -> int:
    """How many files are not given out."""
    return work.session.execute(
        select(func.count()).select_from(File).where(col(File.withheld) != "")
    ).scalar_one()
