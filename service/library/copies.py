"""What a copy of a resource is made of, for programs that keep a whole library (`tongke mirror`): beside the Resource of
api.md its files' texts, what was made of them, and how open it is. Only what is published, and open to everybody of the
caller's school."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Executable, and_, func, or_, select
from sqlmodel import col

from service.errors import Denied
from service.library import shapes
from service.library.listing import shaped
from service.models import (
    Conversion,
    Derived,
    File,
    Major,
    Organisation,
    PageLayer,
    PageText,
    Partnership,
    Resource,
    Use,
    Version,
    VersionFile,
    fetch,
)
from service.permissions import VISIBLE, Scope, as_school, require_scope, seen_by
from service.work import Work

MOST = 100
"""Resources of one answer."""
FULL = 1_000_000
"""Characters of text after which an answer ends; what is left is asked for again."""


def reader(work: Work) -> None:
    """Read as everybody of the caller's school may. Denied for who has none."""
    require_scope(work.caller, Scope.READ)
    if work.caller.school_id is None:
        raise Denied(
            "只有属于一所学校的账号或程序可以建立副本。",
            english="Only accounts and programs of a school can keep a copy.",
        )
    work.caller = as_school(work.caller)


def of(work: Work, resource_ids: Sequence[str]) -> dict[str, Any]:
    """`{"items": what is published of these and open to the reader, "left": ids that did not fit into the answer}`."""
    wanted = [
        row.id
        for row in fetch(
            work.session, _PUBLISHED, seen_by(work.caller, work.now) | {"ids": list(resource_ids)}
        )
    ]
    lengths = _lengths(work, wanted)
    taken, length = list[str](), 0
    for resource_id in wanted:
        if taken and length + lengths[resource_id] > FULL:
            break
        taken.append(resource_id)
        length += lengths[resource_id]
    return {"items": _items(work, taken), "left": wanted[len(taken) :]}


_PUBLISHED = (
    select(col(Resource.id))
    .where(col(Resource.status) == "published", VISIBLE)
    .where(col(Resource.id).in_(shapes.ids()))
    .order_by(col(Resource.id))
)
_LENGTHS = (
    select(col(Resource.id), func.sum(func.length(col(PageText.text))))
    .join(VersionFile, col(VersionFile.version_id) == col(Resource.published_id))
    .join(PageText, col(PageText.file_id) == col(VersionFile.file_id))
    .where(col(Resource.id).in_(shapes.ids()))
    .group_by(col(Resource.id))
)


def _lengths(work: Work, ids: list[str]) -> dict[str, int]:
    return defaultdict(int, fetch(work.session, _LENGTHS, {"ids": ids}).all()) if ids else {}


_ROWS = shapes.rows(content=True).where(col(Resource.id).in_(shapes.ids()))
_BESIDE = (
    select(
        col(Resource.id),
        col(Resource.readers),
        col(Version.published_at),
        col(Version.plain),
        col(Version.title_order),
        select(func.coalesce(func.sum(col(Use.downloads)), 0))
        .where(col(Use.resource_id) == col(Resource.id))
        .correlate(Resource)
        .scalar_subquery()
        .label("downloads"),
    )
    .join(Version, col(Version.id) == col(Resource.published_id))
    .where(col(Resource.id).in_(shapes.ids()))
)


def _items(work: Work, ids: list[str]) -> list[dict[str, Any]]:
    if not ids:
        return []
    resources = {item["id"]: item for item in shaped(work, fetch(work.session, _ROWS, {"ids": ids}).all())}
    beside = {row.id: row for row in fetch(work.session, _BESIDE, {"ids": ids})}
    files = _files(work, [file["id"] for item in resources.values() for file in item["files"]])
    return [
        {
            "resource": resources[ident],
            "published_at": shapes.instant(beside[ident].published_at),
            "plain": beside[ident].plain,
            "title_order": beside[ident].title_order,
            "public": "public" in beside[ident].readers,
            "downloads": beside[ident].downloads,
            "files": {file["id"]: files[file["id"]] for file in resources[ident]["files"]},
        }
        for ident in ids
    ]


_OF_FILES: Executable = (
    select(
        col(File.id),
        col(File.listing),
        col(File.details),
        col(File.withheld),
        col(Conversion.steps),
        col(Conversion.pages).label("converted"),
    )
    .outerjoin(Conversion, and_(col(Conversion.file_id) == col(File.id), col(Conversion.state) == "ready"))
    .where(col(File.id).in_(shapes.ids()))
)
_TEXTS = (
    select(col(PageText.file_id), col(PageText.n), col(PageText.text))
    .where(col(PageText.file_id).in_(shapes.ids()))
    .order_by(col(PageText.file_id), col(PageText.n))
)
_LAYERS = (
    select(col(PageLayer.file_id), col(PageLayer.n), col(PageLayer.lines))
    .where(col(PageLayer.file_id).in_(shapes.ids()))
    .order_by(col(PageLayer.file_id), col(PageLayer.n))
)
_MADE = (
    select(
        col(Derived.file_id),
        col(Derived.kind),
        col(Derived.n),
        col(Derived.media_type),
        col(Derived.size),
        col(Derived.sha256),
    )
    .where(col(Derived.file_id).in_(shapes.ids()), col(Derived.sha256).is_not(None))
    .order_by(col(Derived.file_id), col(Derived.kind), col(Derived.n))
)


def _files(work: Work, ids: list[str]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {
        row.id: {
            "listing": row.listing,
            "details": row.details,
            "withheld": bool(row.withheld),
            "conversion": None if row.steps is None else {"steps": row.steps, "pages": row.converted},
            "texts": [],
            "layers": [],
            "made": [],
        }
        for row in fetch(work.session, _OF_FILES, {"ids": ids})
    }
    for file_id, n, text in fetch(work.session, _TEXTS, {"ids": ids}):
        found[file_id]["texts"].append([n, text])
    for file_id, n, lines in fetch(work.session, _LAYERS, {"ids": ids}):
        found[file_id]["layers"].append([n, lines])
    for row in fetch(work.session, _MADE, {"ids": ids}):
        made = row._asdict()
        found[made.pop("file_id")]["made"].append(made)
    return found


def surroundings(work: Work, school_ids: Iterable[str]) -> dict[str, Any]:
    """The reader's school, the organisations of these ids, the partnerships in which the school or its region is a side,
    and the majors: what pages and search need beside the resources."""
    own = work.session.get_one(Organisation, work.caller.school_id)
    sides = [ident for ident in (own.id, own.city_id, own.county_id) if ident]
    pairs = list(
        work.session.scalars(
            select(Partnership)
            .where(
                col(Partnership.status) != "proposed",
                or_(col(Partnership.helper_id).in_(sides), col(Partnership.aided_id).in_(sides)),
            )
            .order_by(col(Partnership.id))
        )
    )
    named = {own.id, *school_ids} | {side for pair in pairs for side in (pair.helper_id, pair.aided_id)}
    return {
        "school_id": own.id,
        "organisations": [_organisation(row) for row in _with_regions(work, named)],
        "partnerships": [_partnership(pair) for pair in pairs],
        "majors": [
            {"code": code, "label": label, "year": year}
            for code, label, year in work.session.execute(
                select(col(Major.code), col(Major.label), col(Major.year)).order_by(col(Major.code))
            )
        ],
    }


def _with_regions(work: Work, ids: set[str]) -> list[Organisation]:
    """These organisations, and before them the regions they lie in."""
    found, missing = dict[str, Organisation](), ids
    while missing:
        rows = list(
            work.session.scalars(select(Organisation).where(col(Organisation.id).in_(sorted(missing))))
        )
        found |= {row.id: row for row in rows}
        above = {ident for row in rows for ident in (row.parent_id, row.city_id, row.county_id) if ident}
        missing = above - found.keys()
    order = ("province", "city", "county", "school")
    return sorted(found.values(), key=lambda row: (order.index(row.level), row.id))


def _organisation(row: Organisation) -> dict[str, Any]:
    names = (
        "id", "level", "parent_id", "city_id", "county_id", "code", "name", "former_names", "category", "system",
        "stages",
    )  # fmt: skip
    return {name: getattr(row, name) for name in names}


def _partnership(row: Partnership) -> dict[str, Any]:
    found = {
        name: getattr(row, name)
        for name in ("id", "level", "helper_id", "aided_id", "stages", "subjects", "status")
    }
    return found | {
        "starts": shapes.instant(row.starts),
        "ends": shapes.instant(row.ends) if row.ends else None,
    }
