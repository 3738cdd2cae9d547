"""The import itself: files are stored first (durable, in threads), then a batch of rows is committed. A batch that was
interrupted leaves orphaned objects at most; the next run finds by key what is there already."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from service.errors import Invalid, TongkeError
from service.extract.sniff import sniff
from service.library import filenames, files, resources, sharing, versions
from service.library.derived import Opens
from service.library.fields import NewResource, new_resource
from service.library.importing import audiences
from service.library.importing.source import Item, Told, items
from service.models import File, Organisation, Person, Resource
from service.permissions import Caller
from service.storage import Objects
from service.work import Work, ulid

BATCH = 100
THREADS = 4
BLOCK = 1024 * 1024


@dataclass
class Report:
    """What an import did."""

    created: int = 0
    known: int = 0
    """There already, by key or by the file's hash."""
    refused: list[tuple[str, str]] = field(default_factory=list)
    """Place and reason."""
    left_out: list[tuple[str, str]] = field(default_factory=list)
    """Place, and what of an imported resource does not exist here: an audience, the work that it was adapted from."""
    file_ids: list[str] = field(default_factory=list)
    """Files whose text is still to be extracted."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A file whose bytes are durable."""

    key: str
    name: str
    media_type: str
    size: int
    sha256: str
    shows_children: str = "unasked"
    alt: str = ""


def run(
    reading: Opens,
    writing: Opens,
    path: Path,
    caller: Caller,
    *,
    school_id: str,
    progress: Callable[[int], None] = lambda _done: None,
) -> Report:
    """Import everything under `path` into the school, as the caller. Safe to stop and to run again."""
    report = Report()
    stream = items(path)
    done = 0
    with ThreadPoolExecutor(THREADS) as pool:
        while batch := list(islice(stream, BATCH)):
            _batch(reading, writing, pool, batch, caller, school_id, report)
            done += len(batch)
            progress(done)
    return report


def _batch(
    reading: Opens,
    writing: Opens,
    pool: ThreadPoolExecutor,
    batch: Sequence[Item],
    caller: Caller,
    school_id: str,
    report: Report,
) -> None:
    keyed = list(_keyed(pool, batch, report))
    with reading() as work:
        known = set(
            work.session.scalars(
                select(col(Resource.key)).where(
                    col(Resource.school_id) == school_id, col(Resource.key).in_([key for key, _item in keyed])
                )
            )
        )
        objects = work.objects
    fresh: dict[str | None, Item] = {}
    for key, item in keyed:
        if key is not None and (key in known or key in fresh):
            report.known += 1
        else:
            fresh[key or f"\x00{item.place}"] = item
    stored = list(pool.map(lambda item: _store(objects, item), fresh.values()))
    with writing() as work:
        work.caller = caller
        # Held for the length of the batch, so that the session finds them without asking the database again.
        held = work.session.get(Organisation, school_id), work.session.get(Person, caller.person_id)
        assert all(held), "the caller and her school were found before"
        before = len(report.file_ids)
        for (key, item), found in zip(fresh.items(), stored, strict=True):
            own_key = None if key is None or key.startswith("\x00") else key
            _import(work, item, own_key, found, school_id, report)
        work.session.flush()
        work.enqueue("extract", *report.file_ids[before:], priority=4)


def _keyed(
    pool: ThreadPoolExecutor, batch: Sequence[Item], report: Report
) -> Iterator[tuple[str | None, Item]]:
    """Items with their key: their own, or the hash of the folder's document. Unreadable ones go to the report."""
    for item, (key, error) in zip(batch, pool.map(_key, batch), strict=True):
        if error:
            report.refused.append((item.place, error))
        else:
            yield key, item


def _key(item: Item) -> tuple[str | None, str]:
    if item.error:
        return None, item.error
    for path in item.files:
        if not path.is_file():
            return None, f"没有找到文件 {path.name}。"
    if item.key is not None or len(item.files) != 1:
        return item.key, ""
    try:
        return f"sha256:{_digest(item.files[0])}", ""
    except OSError as error:
        return None, f"读不了文件 {item.files[0].name}:{error.strerror}。"


def _digest(path: Path) -> str:
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def _store(objects: Objects, item: Item) -> list[Stored] | TongkeError | OSError:
    """Write the item's files; an error is handed back, so that the others go on."""
    try:
        told: Sequence[Told | None] = item.told or [None] * len(item.files)
        return [_store_file(objects, path, about) for path, about in zip(item.files, told, strict=True)]
    except (TongkeError, OSError) as error:
        return error


def _store_file(objects: Objects, path: Path, told: Told | None) -> Stored:
    digest = hashlib.sha256()

    def chunks() -> Iterator[bytes]:
        with path.open("rb") as source:
            while block := source.read(BLOCK):
                digest.update(block)
                yield block

    key = f"files/{ulid()}"
    stat = objects.put(key, chunks())
    name = filenames.clean(told.name if told else path.name)
    found = Stored(key, name, sniff(path, name), stat.size, digest.hexdigest())
    if told is None:
        return found
    if told.sha256 != found.sha256:
        objects.delete(key)
        raise Invalid(
            f"附件 {name} 的内容与清单不符。", english=f"The bytes of {name} are not those of the list."
        )
    return replace(found, shows_children=told.shows_children, alt=told.alt)


def _import(
    work: Work,
    item: Item,
    key: str | None,
    stored: list[Stored] | TongkeError | OSError,
    school_id: str,
    report: Report,
) -> None:
    """The rows of one item; a refusal leaves none of them and goes to the report."""
    try:
        if isinstance(stored, Exception):
            raise stored
        parsed = new_resource(item.fields)
        grants = (
            [(wanted, _reach(work, wanted, parsed, school_id)) for wanted in map(sharing.parse, item.grants)]
            if item.own is None
            else list(_carried(work, item, parsed, school_id, report))
        )
    except (TongkeError, OSError) as error:
        words = "; ".join(f"{wrong.field} {wrong.message}" for wrong in getattr(error, "errors", ()))
        report.refused.append((item.place, words or getattr(error, "detail", str(error))))
        if isinstance(stored, list) and stored:
            work.enqueue("discard", *(found.key for found in stored), priority=8)
        return
    source = _source(work, item, school_id, report)
    resource, draft = resources.insert(work, parsed, school_id=school_id, key=key, adapted_from=source)
    for position, found in enumerate(stored, 1):
        file = _file(work, resource, found)
        files.place(work, resource, draft, file, position, found.alt)
        report.file_ids.append(file.id)
    if item.status == "published":
        clear = not any(
            files.is_recorded(found.media_type) and found.shows_children != "no" for found in stored
        )
        versions.publish_new(work, resource, draft, children_clear=clear, to_own_school=item.own is None)
    for wanted, reach in grants:
        sharing.grant_at_once(work, resource, wanted, reach)
    report.created += 1


def _carried(
    work: Work, item: Item, parsed: NewResource, school_id: str, report: Report
) -> Iterator[tuple[sharing.Wanted, sharing.Reach]]:
    """The grants of an export that can be given here; the others are told of."""
    for given in item.grants:
        with work.session.no_autoflush:
            wanted = audiences.here(work, given, own=item.own, school_id=school_id)
        try:
            if wanted is not None:
                yield wanted, _reach(work, wanted, parsed, school_id)
                continue
        except TongkeError:
            pass  # it may not be shared so here: narrowed, ended, over
        report.left_out.append((item.place, f"共享给 {_named(given)}"))


def _named(given: Mapping[str, Any]) -> str:
    """An audience in words, as far as the export knows them."""
    places = [given.get("school"), *(given.get("sides") or [])]
    names = [str(place["name"]) for place in places if isinstance(place, dict) and "name" in place]
    return "–".join(names) or str(given.get("audience", ""))


def _source(work: Work, item: Item, school_id: str, report: Report) -> str | None:
    """The id here of the work that it was adapted from; only one of the same school is known by its key."""
    if item.adapted_from is None:
        return None
    found = work.session.scalars(
        select(col(Resource.id)).where(
            col(Resource.school_id) == school_id, col(Resource.key) == item.adapted_from
        )
    ).one_or_none()
    if found is None:
        report.left_out.append((item.place, "改编自的资源"))
    return found


def _reach(work: Work, wanted: sharing.Wanted, parsed: NewResource, school_id: str) -> sharing.Reach:
    with work.session.no_autoflush:
        return sharing.check(work, wanted, school_id=school_id, stage=parsed.stage, subject=parsed.subject)


def _file(work: Work, resource: Resource, found: Stored) -> File:
    return File(
        id=work.ids(),
        resource_id=resource.id,
        object_key=found.key,
        name=found.name,
        media_type=found.media_type,
        size=found.size,
        sha256=found.sha256,
        shows_children=found.shows_children,
        created_by=work.caller.person_id,
        created_at=work.now,
    )
