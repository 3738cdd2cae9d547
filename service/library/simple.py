"""简化搜索: what SQL answers while the index does not. It looks for the typed words in titles, summaries and tags of the
newest resources, literally; nothing is counted by facet, and no page of a file is named."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, and_, bindparam, cast, false, func, or_, select
from sqlmodel import col

from service.library import hits, ranking, shapes
from service.library.listing import FILTERS
from service.library.understanding import Chip, Understood
from service.models import Organisation, Resource, Version, fetch
from service.permissions import VISIBLE, seen_by
from service.search import Sort
from service.search.chinese import Term, like_patterns, terms
from service.work import SHANGHAI, Work

SCANNED = 10_000
"""Resources, the last changed first, that are looked through: so many take about 0.1 s."""
MOST = 200
"""Hits that can be paged through."""

_BEYOND = select(col(Resource.updated_at)).order_by(col(Resource.updated_at).desc()).offset(SCANNED).limit(1)
_ORDERS: Mapping[str, tuple[Any, ...]] = {
    "oldest": (col(Resource.updated_at), col(Resource.id)),
    "title": (col(Version.title_order), col(Resource.id)),
}
_USUAL = (col(Resource.updated_at).desc(), col(Resource.id).desc())


@dataclass(frozen=True, slots=True)
class Simple:
    """A page of hits; `total` is None where there are more than were counted."""

    ids: tuple[str, ...]
    total: int | None


def search(
    work: Work, meant: Understood, filters: Mapping[str, list[str]], sort: Sort, offset: int, limit: int
) -> dict[str, Any]:
    """The parts of an answer of GET /search that hold hits."""
    found = _found(work, meant, filters, sort)
    ids = list(found.ids)[offset : offset + limit]
    return {"total": found.total, "items": hits.items(work, ids, meant, pages=False)}


def _found(work: Work, meant: Understood, filters: Mapping[str, list[str]], sort: Sort) -> Simple:
    if not (wanted := terms(meant.text)) and meant.text.strip():
        return Simple((), 0)
    beyond = fetch(work.session, _BEYOND, {}).scalar()
    query = (
        select(col(Resource.id))
        .join(Version, col(Version.id) == shapes.SHOWN)
        .where(
            *(_filter(name, values) for name, values in filters.items() if values),
            *(_chip(chip) for chip in meant.chips),
            *(_holds(term) for term in wanted),
            VISIBLE.is_(True),
        )
        .order_by(*_ORDERS.get(sort, _USUAL))
        .limit(bindparam("most"))
    )
    if beyond is not None:
        query = query.where(col(Resource.updated_at) > beyond)
    rows = fetch(work.session, query, seen_by(work.caller, work.now) | {"most": MOST + 1})
    ids = list(rows.scalars())
    whole = len(ids) <= MOST and beyond is None
    ids = ids[:MOST]
    if sort == "relevance":
        ids = ranking.ordered(work, meant, ids)
    return Simple(tuple(ids), len(ids) if whole else None)


def _filter(name: str, values: list[str]) -> ColumnElement[bool]:
    if name == "city":
        return col(Resource.school_id).in_(
            select(col(Organisation.id)).where(col(Organisation.city_id).in_(values))
        )
    if name == "year":
        return or_(*map(_year, values))
    return FILTERS[name].in_(values)


def _year(value: str) -> ColumnElement[bool]:
    """Published in this year of Asia/Shanghai, or, where it never was, begun in it."""
    if not re.fullmatch("[1-8][0-9]{3}", value):
        return false()
    first, last = (datetime(year, 1, 1, tzinfo=SHANGHAI) for year in (int(value), int(value) + 1))
    made = func.coalesce(col(Version.published_at), col(Resource.created_at))
    return and_(made >= first, made < last)


def _chip(chip: Chip) -> ColumnElement[bool]:
    """The metadata, or one of the words."""
    words = [and_(*map(_holds, found)) for word in chip.words if (found := terms(word))]
    if chip.field == "unit":
        words += [col(Version.unit).ilike(f"%{word}%") for word in chip.words]
    return or_(*([FILTERS[chip.field].in_(chip.values)] if chip.values else []), *words)


def _holds(term: Term) -> ColumnElement[bool]:
    """Title, summary or a tag holds it; tags are kept as JSON, whose letters may be escaped."""
    (pattern,) = like_patterns([term])
    (escaped,) = like_patterns([Term(json.dumps(term.needle)[1:-1], (), single=False)])
    return or_(
        col(Version.title).ilike(pattern, escape="\\"),
        col(Version.summary).ilike(pattern, escape="\\"),
        cast(col(Version.tags), String).ilike(escaped, escape="\\"),
    )
