"""From SQL to the index: documents with their full state read at send time, fed in batches, rebuilt when needed."""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, select, update
from sqlmodel import col

from service.library import majors, shapes
from service.library.derived import Opens
from service.library.fields import PLACE
from service.models import (
    Change,
    Job,
    Organisation,
    PageText,
    Resource,
    Version,
    VersionFile,
    fetch,
    to_micros,
)
from service.permissions import readable_tokens
from service.search import Document, Receipt
from service.work import SHANGHAI, Work

BATCH = 200
"""Resources that are read at once."""
FULL = 500_000
"""Characters of text with which a batch is sent; Meilisearch is sent about 17 bytes for each, 5 to 20 MB a batch."""
LOOK = 0.02
"""Seconds between looks at a batch that is not in effect yet."""
TEXT_LIMIT = 1_000_000
"""Characters of file text that one resource contributes to the index."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What was handed to the engine: its receipt, and the state of SQL that it was made from."""

    receipt: Receipt
    revisions: Mapping[str, int | None]
    """By resource id, None for one that is no more."""
    narrowed: Mapping[str, int]
    """`acl_rev` of those whose audience had shrunk since they were indexed."""


def feed_index(reading: Opens, writing: Opens, resource_ids: Sequence[str]) -> None:
    """Bring these resources' documents up to date, and wait until they are. Safe to run again."""
    sent = send(reading, resource_ids)
    with reading() as work:
        index = work.index
    pause = threading.Event()
    while index.waits(sent.receipt):
        pause.wait(LOOK)
    with writing() as work:
        settle(work, sent)


def send(reading: Opens, resource_ids: Sequence[str]) -> Sent:
    """Hand these resources' documents to the engine as they are now. Raises IndexDown, Refused."""
    receipt, batch, asked = list[int](), list[Document](), list[str]()
    revisions, narrowed = dict[str, int | None](), dict[str, int]()
    for start in range(0, len(resource_ids), BATCH):
        ids = resource_ids[start : start + BATCH]
        with reading() as work:
            rows = work.session.execute(_STATE.where(col(Resource.id).in_(ids))).all()
            batch += documents(work, ids)
            index = work.index
        revisions |= dict.fromkeys(ids) | {row.id: row.revision for row in rows}
        narrowed |= {row.id: row.acl_rev for row in rows if row.acl_stale}
        asked += ids
        if start + BATCH >= len(resource_ids) or sum(map(size, batch)) >= FULL:
            known = {document.id for document in batch}
            receipt += index.send(batch, [resource_id for resource_id in asked if resource_id not in known])
            batch, asked = [], []
    return Sent(tuple(receipt), revisions, narrowed)


def size(document: Document) -> int:
    """Characters of its texts."""
    return len(document.summary) + len(document.content) + sum(map(len, document.texts))


_STATE = select(
    col(Resource.id),
    (col(Resource.revision) + col(Resource.acl_rev)).label("revision"),
    col(Resource.acl_rev),
    col(Resource.acl_stale),
)


def settle(work: Work, sent: Sent) -> None:
    """What was sent is in effect: nobody is excluded from it any more. Whose row has changed since is fed again, lest
    another worker sent the newer state before this one sent the older."""
    for resource_id, acl_rev in sent.narrowed.items():
        work.session.execute(
            update(Resource)
            .where(col(Resource.id) == resource_id, col(Resource.acl_rev) == acl_rev)
            .values(acl_stale=False)
        )
    ids = list(sent.revisions)
    for start in range(0, len(ids), BATCH):
        some = ids[start : start + BATCH]
        rows = work.session.execute(_STATE.where(col(Resource.id).in_(some)))
        now: dict[str, int | None] = dict.fromkeys(some) | {row.id: row.revision for row in rows}
        if changed := [
            resource_id for resource_id in some if now[resource_id] != sent.revisions[resource_id]
        ]:
            work.enqueue("index", *changed, priority=3)


def documents(work: Work, resource_ids: Sequence[str]) -> list[Document]:
    """The index's documents of these resources; what nobody can see, or is gone, is left out."""
    rows = fetch(work.session, _SOURCE, {"ids": list(resource_ids)}).all()
    readers = readable_tokens(work.session, resource_ids, work.now)
    texts = _texts(work, [row.version_id for row in rows])
    return [_document(row, readers[row.id], texts[row.version_id]) for row in rows if readers[row.id]]


_VOCATIONAL = ("job_task", "equipment", "safety", "training_base")
_OF_VERSION = (
    "title",
    "title_order",
    "summary",
    "plain",
    "unit",
    "tags",
    "credits",
    "system",
    *PLACE,
    *_VOCATIONAL,
)
_SOURCE = (
    select(
        *(
            col(getattr(Resource, name))
            for name in ("id", "kind", "status", "school_id", "created_at", "updated_at")
        ),
        (col(Resource.revision) + col(Resource.acl_rev)).label("revision"),
        col(Organisation.city_id),
        col(Version.id).label("version_id"),
        col(Version.published_at),
        *(col(getattr(Version, name)) for name in _OF_VERSION),
    )
    .select_from(Resource)
    .join(Version, col(Version.id) == shapes.SHOWN)
    .join(Organisation, col(Organisation.id) == col(Resource.school_id))
    .where(col(Resource.id).in_(shapes.ids()))
)
"""Columns, not objects: of a million resources their making was a tenth of the time."""


def _texts(work: Work, version_ids: list[str]) -> dict[str, list[str]]:
    """Version id → the text of its files by page, cut at TEXT_LIMIT characters."""
    found: dict[str, list[str]] = defaultdict(list)
    lengths: dict[str, int] = defaultdict(int)
    query = (
        select(col(VersionFile.version_id), col(PageText.text))
        .join(PageText, col(PageText.file_id) == col(VersionFile.file_id))
        .where(col(VersionFile.version_id).in_(version_ids))
        .order_by(col(VersionFile.version_id), col(VersionFile.position), col(PageText.n))
    )
    for version_id, text in work.session.execute(query):
        if lengths[version_id] < TEXT_LIMIT:
            found[version_id].append(text)
            lengths[version_id] += len(text)
    return found


def _document(row: Row[Any], readers: list[str], texts: list[str]) -> Document:
    facets: dict[str, tuple[str, ...]] = {
        name: (value,) for name in ("system", *PLACE) if (value := getattr(row, name)) is not None
    }
    facets |= {
        "major": tuple(majors.above(row.major)) if row.major else (),
        "kind": (row.kind,),
        "status": (row.status,),
        "school": (row.school_id,),
        "city": (row.city_id,) if row.city_id else (),
        "year": (str((row.published_at or row.created_at).astimezone(SHANGHAI).year),),
    }
    vocational = [row.job_task, " ".join(row.equipment), row.safety, row.training_base]
    return Document(
        id=row.id,
        title=row.title,
        readers=tuple(readers),
        revision=row.revision,
        updated_at=to_micros(row.updated_at),
        summary=row.summary,
        content="\n".join(filter(None, [row.plain, *vocational, row.unit])),
        tags=tuple(row.tags),
        credits=tuple(credit_words(credit) for credit in row.credits),
        texts=tuple(texts),
        title_order=row.title_order,
        facets=facets,
    )


def credit_words(credit: dict[str, Any]) -> str:
    """A credit as one line: person, school or enterprise, part."""
    return " ".join(credit[name] for name in ("person", "school", "enterprise", "part") if credit.get(name))


def mark(work: Work) -> int:
    """The number of the newest change: a rebuild that begins now holds everything up to it."""
    found: int | None = work.session.execute(select(func.max(col(Change.number)))).scalar()
    return found or 0


def replay(work: Work, since: int) -> None:
    """After a rebuild: feed what changed since its mark. Other workers fed it to the index that is gone."""
    changed = select(col(Change.resource_id)).where(col(Change.number) > since).distinct()
    ids = list(work.session.scalars(changed))
    for start in range(0, len(ids), BATCH):
        work.enqueue("index", *ids[start : start + BATCH], priority=3)


def rebuild(reading: Opens, progress: Callable[[int, int], None] = lambda _done, _all: None) -> int:
    """Fill a fresh index from SQL and swap it in; searches go on over the old one. Returns the number of documents that
    were sent: where a process that rebuilt was killed, this one goes on with what that left.

    What changed while it ran is fed again afterwards: see `mark` and `replay`.
    """
    done = 0
    with reading() as work:
        ids = list(work.session.scalars(select(col(Resource.id)).order_by(col(Resource.id))))
    gathered, gone = list[Document](), list[str]()
    with work.index.rebuild() as fresh:
        there = dict(fresh.ids())
        for start in range(0, len(ids), BATCH):
            with reading() as batch:
                wanted = _changed(batch, ids[start : start + BATCH], there)
                gathered += documents(batch, wanted)
            gone += [resource_id for resource_id in wanted if resource_id in there]
            if start + BATCH >= len(ids) or sum(map(size, gathered)) >= FULL:
                fresh.send(gathered, gone)
                done += len(gathered)
                gathered, gone = [], []
            progress(min(start + BATCH, len(ids)), len(ids))
        fresh.send((), there.keys() - set(ids))
    return done


def _changed(work: Work, ids: list[str], there: Mapping[str, int]) -> list[str]:
    """Those that an index, by its ids and revisions, has not, or not as they are."""
    if not there.keys() & set(ids):
        return ids
    rows = work.session.execute(_STATE.where(col(Resource.id).in_(ids)))
    now = {row.id: row.revision for row in rows}
    return [resource_id for resource_id in ids if there.get(resource_id) != now.get(resource_id)]


def differences(work: Work) -> Iterator[tuple[str, str]]:
    """(resource id, what is wrong) for every difference between the index and SQL; waiting jobs are no difference."""
    waiting = set(
        work.session.scalars(
            select(col(Job.subject)).where(col(Job.name) == "index", col(Job.state) != "buried")
        )
    )
    indexed = dict(work.index.ids())
    rows = work.session.execute(
        select(col(Resource.id), col(Resource.revision) + col(Resource.acl_rev), col(Resource.readers))
    )
    for resource_id, revision, readers in rows:
        found = indexed.pop(resource_id, None)
        if resource_id in waiting:
            continue
        if found is None and readers:
            yield resource_id, "missing from the index"
        elif found is not None and found != revision:
            yield resource_id, f"indexed at revision {found}, is {revision}"
    for resource_id in indexed.keys() - waiting:
        yield resource_id, "in the index, not in SQL"
