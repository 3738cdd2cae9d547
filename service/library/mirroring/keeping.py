"""The feed's items → rows of the library's own tables. The caller commits: items, cursor and index jobs together."""

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Table, delete, insert, select, update
from sqlmodel import SQLModel, col

from service.library.collation import sort_key
from service.library.fields import VERSION_FIELDS
from service.library.mirroring import wanted
from service.library.mirroring.wanted import AWAY
from service.library.shapes import moment
from service.models import (
    Conversion,
    Derived,
    File,
    Grant,
    Major,
    Mirror,
    MirrorObject,
    MirrorResource,
    Organisation,
    PageLayer,
    PageText,
    Partnership,
    Resource,
    Use,
    Version,
    VersionFile,
)
from service.permissions import VIEWER
from service.search import chinese
from service.work import Work


def begin(work: Work, url: str, school_id: str) -> Mirror:
    """The mirror's row; made where there is none. A mirror of another library or school begins anew."""
    row = work.session.get(Mirror, 1)
    if row is None:
        row = Mirror(url=url, school_id=school_id)
        work.session.add(row)
    elif row.school_id != school_id:
        row.school_id = school_id
        again(row)
    row.url = url
    work.session.flush()
    return row


def known(work: Work) -> bool:
    """Whether this folder is a mirror already."""
    return work.session.get(Mirror, 1) is not None


def state(work: Work) -> Mirror:
    """The mirror's row; there is one."""
    return work.session.get_one(Mirror, 1)


def again(row: Mirror) -> None:
    """Everything is brought anew; what is here stays and is shown until the new walk has passed it."""
    row.cursor, row.epoch, row.walked = None, row.epoch + 1, False


def apply(
    work: Work, gone: Iterable[str], copies: Sequence[Mapping[str, Any]], cursor: str, *, more: bool
) -> list[str]:
    """A page of the feed: what goes, what comes or changed, and the cursor after it. Returns the SHA-256 that nothing
    speaks of any more, to be dropped after the commit."""
    row = state(work)
    ids = {copy["resource"]["id"] for copy in copies}
    freed = remove(work, sorted(set(gone) - ids))
    freed |= _keep(work, row, copies)
    row.cursor, row.contact_at = cursor, work.now
    work.session.flush()
    if not more and not row.walked:
        row.walked = True
        freed |= remove(work, _left_behind(work, row.epoch))
    if ids:
        work.enqueue("index", *sorted(ids), priority=3)
    work.session.flush()
    return sorted(freed - _spoken_of(work, freed))


def remove(work: Work, resource_ids: Sequence[str]) -> set[str]:
    """Take resources out, index entries and objects included; returns the SHA-256 that they spoke of."""
    freed: set[str] = set()
    for start in range(0, len(resource_ids), 500):
        ids = resource_ids[start : start + 500]
        freed |= set(
            work.session.scalars(
                select(col(MirrorObject.sha256)).where(col(MirrorObject.resource_id).in_(ids))
            )
        )
        _take_out(work, ids)
        work.enqueue("index", *ids, priority=3)
    return freed


def _take_out(work: Work, ids: Sequence[str]) -> None:
    """Every row of these resources."""
    if not ids:
        return
    files = select(col(File.id)).where(col(File.resource_id).in_(ids))
    for table in (PageText, PageLayer, Derived, Conversion, VersionFile):
        work.session.execute(delete(table).where(col(table.file_id).in_(files)))
    for owned in (File, Version, Grant):
        work.session.execute(delete(owned).where(col(owned.resource_id).in_(ids)))
    for about in (MirrorObject, MirrorResource, Use):
        work.session.execute(delete(about).where(col(about.resource_id).in_(ids)))
    work.session.execute(delete(Resource).where(col(Resource.id).in_(ids)))


def _left_behind(work: Work, epoch: int) -> list[str]:
    return list(
        work.session.scalars(select(col(MirrorResource.resource_id)).where(col(MirrorResource.epoch) < epoch))
    )


def _spoken_of(work: Work, hashes: set[str]) -> set[str]:
    found: set[str] = set()
    ordered = sorted(hashes)
    for start in range(0, len(ordered), 500):
        some = ordered[start : start + 500]
        found |= set(
            work.session.scalars(select(col(MirrorObject.sha256)).where(col(MirrorObject.sha256).in_(some)))
        )
    return found


def _keep(work: Work, row: Mirror, copies: Sequence[Mapping[str, Any]]) -> set[str]:
    """Write the copies' rows anew, in bulk: a first walk writes those of ten thousand resources. Returns the SHA-256 that
    they spoke of before."""
    session = work.session
    ids = [copy["resource"]["id"] for copy in copies]
    before = dict(
        session.execute(
            select(col(Resource.id), col(Resource.revision)).where(col(Resource.id).in_(ids))
        ).all()
    )
    known = session.execute(
        select(col(MirrorObject.key), col(MirrorObject.sha256), col(MirrorObject.state)).where(
            col(MirrorObject.resource_id).in_(ids)
        )
    ).all()
    kept = {key for key, _sha256, state in known if state == "kept"}
    _take_out(work, list(before))
    _schools_known(work, copies)
    rows: dict[type[SQLModel], list[dict[str, Any]]] = defaultdict(list)
    for copy in copies:
        for kind, values in _rows(work, row, copy, before, kept):
            rows[kind].append(_defaults(kind) | values)
    for kind, every in rows.items():
        session.execute(insert(_table(kind)), every)
    _texts(work, copies)
    return {sha256 for _key, sha256, _state in known}


@lru_cache
def _defaults(kind: type[SQLModel]) -> dict[str, Any]:
    """What its columns hold where nothing is said: rows that are inserted as dicts pass the model by."""
    fields = kind.model_fields.items()
    return {
        name: field.get_default(call_default_factory=True)
        for name, field in fields
        if not field.is_required()
    }


def _table(kind: type[SQLModel]) -> Table:
    found: Table = kind.__table__  # type: ignore[attr-defined]
    return found


_Row = tuple[type[SQLModel], dict[str, Any]]


def _rows(
    work: Work, row: Mirror, copy: Mapping[str, Any], before: Mapping[str, int], kept: Container[str]
) -> Iterator[_Row]:
    resource = copy["resource"]
    ident = resource["id"]
    audience = "public" if copy["public"] else f"school:{row.school_id}"
    yield (
        Resource,
        {
            "id": ident,
            "key": resource["key"],
            "kind": resource["kind"],
            "school_id": resource["school"]["id"],
            "status": "published",
            "published_id": ident,
            "adapted_from": resource["adapted_from"],
            "revision": before.get(ident, 0) + 1,
            "acl_stale": False,
            "readers": [audience],
            "created_at": moment(resource["created_at"]),
            "updated_at": moment(resource["updated_at"]),
        },
    )
    yield Version, _version(copy)
    yield (
        Grant,
        {
            "id": ident,
            "resource_id": ident,
            "audience": audience,
            "role": VIEWER,
            "near": not copy["public"],
            "open": copy["public"],
            "created_at": work.now,
        },
    )
    yield MirrorResource, {"resource_id": ident, "epoch": row.epoch}
    if copy["downloads"]:
        yield Use, {"resource_id": ident, "school_id": "", "month": "", "downloads": copy["downloads"]}
    for one in wanted.objects(copy):
        # What was beyond the budget or not to be had is looked at again.
        yield MirrorObject, one | {"state": "kept" if one["key"] in kept else "wanted"}
    yield from _files(work, copy, kept)


def _version(copy: Mapping[str, Any]) -> dict[str, Any]:
    resource = copy["resource"]
    return {name: resource[name] for name in VERSION_FIELDS} | {
        "id": resource["id"],
        "resource_id": resource["id"],
        "number": resource["version"],
        "status": "published",
        # of a library of an earlier release: made anew, which is slow
        "title_order": copy.get("title_order") or sort_key(resource["title"]),
        "plain": copy["plain"],
        "created_at": moment(resource["created_at"]),
        "updated_at": moment(resource["updated_at"]),
        "published_at": moment(copy["published_at"]),
    }


def _files(work: Work, copy: Mapping[str, Any], kept: Container[str]) -> Iterator[_Row]:
    resource = copy["resource"]
    for position, file in enumerate(resource["files"], 1):
        beside = copy["files"][file["id"]]
        key = wanted.key(file["sha256"], file["id"])
        same = ("id", "name", "media_type", "size", "sha256", "state", "reason", "pages", "shows_children")
        yield (
            File,
            {name: file[name] for name in same}
            | {
                "resource_id": resource["id"],
                "object_key": key,
                "listing": beside["listing"],
                "details": beside["details"],
                "created_at": work.now,
                "withheld": "" if key in kept else AWAY,
            },
        )
        yield (
            VersionFile,
            {"version_id": resource["id"], "file_id": file["id"], "position": position, "alt": file["alt"]},
        )
        if beside["conversion"]:
            done = {**beside["conversion"], "step": beside["conversion"]["steps"]}
            yield Conversion, {"file_id": file["id"], "state": "ready", "at": work.now, **done}
        for one in beside["made"]:
            made = wanted.derived(file["id"], one)
            if made["object_key"] in kept:
                yield Derived, made


def _texts(work: Work, copies: Sequence[Mapping[str, Any]]) -> None:
    rows = [
        {"file_id": file_id, "n": n, "text": text, "folded": chinese.fold(text).text}
        for copy in copies
        for file_id, beside in copy["files"].items()
        for n, text in beside["texts"]
    ]
    if rows:
        work.session.execute(insert(PageText), rows)
    layers = [
        {"file_id": file_id, "n": n, "lines": lines}
        for copy in copies
        for file_id, beside in copy["files"].items()
        for n, lines in beside.get("layers", ())  # of a library of an earlier release
    ]
    if layers:
        work.session.execute(insert(PageLayer), layers)


def _schools_known(work: Work, copies: Sequence[Mapping[str, Any]]) -> None:
    """A row for the school of each resource, until `surround` tells all of it."""
    named = {copy["resource"]["school"]["id"]: copy["resource"]["school"] for copy in copies}
    known = set(
        work.session.scalars(select(col(Organisation.id)).where(col(Organisation.id).in_(sorted(named))))
    )
    work.session.add_all(
        Organisation(id=ident, level="school", name=school["name"], name_order=sort_key(school["name"]))
        for ident, school in sorted(named.items())
        if ident not in known
    )
    work.session.flush()


def schools(work: Work) -> list[str]:
    """Ids of the schools that resources here are of."""
    return list(
        work.session.scalars(select(col(Resource.school_id)).distinct().order_by(col(Resource.school_id)))
    )


def surround(work: Work, told: Mapping[str, Any]) -> None:
    """Organisations, partnerships and majors as the library has them (`library.copies.surroundings`)."""
    for item in told["organisations"]:
        work.session.merge(Organisation(**item, name_order=sort_key(item["name"])))
    work.session.flush()
    work.session.execute(update(Partnership).where(col(Partnership.level) == "school").values(status="ended"))
    for item in told["partnerships"]:
        ends = moment(item["ends"]) if item["ends"] else None
        work.session.merge(Partnership(**{**item, "starts": moment(item["starts"]), "ends": ends}))
    known = {major.code: major for major in work.session.scalars(select(Major))}
    for item in told["majors"]:
        row = known.pop(item["code"], None)
        if row is None or (row.label, row.year) != (item["label"], item["year"]):
            work.session.merge(Major(**item, changed_at=work.now))
    for row in known.values():
        work.session.delete(row)
    work.session.flush()


def contacted(work: Work, cursor: str) -> None:
    """The library has answered, and had nothing new."""
    row = state(work)
    row.cursor, row.contact_at = cursor, work.now
