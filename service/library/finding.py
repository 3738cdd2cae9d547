"""Search: the engine proposes, SQL decides. Every hit is checked against the permission rule before it is shown, and
what was narrowed since it was indexed is excluded from totals and counts alike."""

import time
from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, or_, select
from sqlmodel import col

from service.errors import FieldError, Invalid, Unavailable
from service.library import indexing, shapes, vocabulary
from service.library.listing import shaped
from service.models import File, Grant, Moment, Organisation, PageText, Resource, Version, VersionFile, fetch
from service.permissions import VISIBLE, seen_by
from service.search import IndexDown, Query, Sort, chinese
from service.work import Work

FILTERS = (
    "kind", "system", "stage", "grade", "subject", "edition", "volume", "type", "major", "school", "city", "year",
)  # fmt: skip
EXCLUSIONS = 500
"""Ids that a query excludes at most; beyond it totals and counts are null ("数量更新中")."""
HITS_IN = 3
"""Pages of a resource's files that a hit names."""
DEEPEST = 10_000
"""Hits that can be paged through."""


def search(
    work: Work,
    text: str = "",
    filters: Mapping[str, list[str]] | None = None,
    *,
    sort: Sort = "relevance",
    page: int = 1,
    per_page: int = 20,
) -> dict[str, Any]:
    """The answer of GET /search (api.md)."""
    began = time.perf_counter()
    if page * per_page > DEEPEST:
        raise Invalid(
            "翻得太深了，请缩小搜索范围。",
            errors=[
                FieldError(
                    "page",
                    f"最多看前 {DEEPEST} 条。",
                    english=f"At most the first {DEEPEST} hits can be paged through.",
                )
            ],
            english="That is too deep. Narrow the search.",
        )
    excluded = _narrowed(work)
    too_many = len(excluded) > EXCLUSIONS
    query = Query(
        text=text,
        readers=work.caller.tokens,
        filters={name: tuple(values) for name, values in (filters or {}).items() if values},
        excluded=frozenset(excluded[:EXCLUSIONS]),
        facets=FILTERS,
        sort=sort,
        offset=(page - 1) * per_page,
        limit=per_page,
    )
    try:
        hits = work.index.search(query)
    except IndexDown as error:
        raise Unavailable(
            "搜索暂时不可用，浏览和下载不受影响。请稍后再试。",
            headers={"Retry-After": "5"},
            english="Search is down for the moment; reading and downloads go on. Try again soon.",
        ) from error
    terms = chinese.terms(text)
    return {
        "total": None if too_many else hits.total,
        "page": page,
        "items": _items(work, list(hits.ids), terms),
        "facets": {} if too_many else _labelled(work, hits.facets),
        "understood": [],
        "relaxed": [],
        "took_ms": round((time.perf_counter() - began) * 1000, 1),
    }


_NOW: Any = bindparam("now", type_=Moment())
_LAPSED = select(col(Grant.resource_id)).where(
    ~col(Grant.clocked), col(Grant.expires_at) <= _NOW, col(Grant.revoked_at).is_(None)
)
_NARROWED = (
    select(col(Resource.id))
    .where(or_(col(Resource.acl_stale), col(Resource.id).in_(_LAPSED)), ~VISIBLE)
    .limit(EXCLUSIONS + 1)
)
_HITS = (
    shapes.rows()
    .add_columns(col(Version.plain))
    .where(col(Resource.id).in_(bindparam("ids", expanding=True)), VISIBLE)
)


def _narrowed(work: Work) -> list[str]:
    """Ids whose audience shrank since they were indexed (lapsed grants included) and that this caller may not see."""
    return list(fetch(work.session, _NARROWED, seen_by(work.caller, work.now)).scalars())


def _items(work: Work, ids: list[str], terms: tuple[chinese.Term, ...]) -> list[dict[str, Any]]:
    """The hits that the caller may see, in the engine's order, with highlights and the pages they are on."""
    rows = fetch(work.session, _HITS, seen_by(work.caller, work.now) | {"ids": ids}).all()
    found = {item["id"]: item for item in shaped(work, rows)}
    versions = {row.version_id: row.id for row in rows}
    words = {row.id: row.plain for row in rows}
    pages = _pages(work, versions, terms) if terms else {}
    items = []
    for resource_id in ids:
        if (item := found.get(resource_id)) is None:
            continue
        item["highlights"] = (
            _highlights(item, words[resource_id], pages.get(resource_id, []), terms) if terms else {}
        )
        item["hits_in"] = [
            {"file_id": file_id, "page": page} for file_id, page, _text in pages.get(resource_id, [])
        ]
        items.append(item)
    return items


def _highlights(
    item: dict[str, Any],
    content: str,
    pages: list[tuple[str, int | None, str]],
    terms: tuple[chinese.Term, ...],
) -> dict[str, str]:
    """Field → HTML (escaped, hits in <mark>) for the fields that hold a hit."""
    fields = {
        "title": (item["title"], None),
        "summary": (item["summary"], 160),
        "tags": (" · ".join(item["tags"]), None),
        "credits": (" · ".join(indexing.credit_words(credit) for credit in item["credits"]), 160),
        "content": (content, 160),
        "text": (next((text for _file, _page, text in pages), ""), 160),
    }
    return {
        name: chinese.mark(text, found, size=size)
        for name, (text, size) in fields.items()
        if text and (found := chinese.spans(text, terms))
    }


def _pages(
    work: Work, versions: Mapping[str, str], terms: tuple[chinese.Term, ...]
) -> dict[str, list[tuple[str, int | None, str]]]:
    """Resource id → (file id, page or None where it has no pages, text) of the first pages that hold a term."""
    patterns = chinese.like_patterns(terms)
    query = (
        select(
            col(VersionFile.version_id),
            col(PageText.file_id),
            col(PageText.n),
            col(File.pages),
            col(PageText.text),
        )
        .join(File, col(File.id) == col(VersionFile.file_id))
        .join(PageText, col(PageText.file_id) == col(File.id))
        .where(
            col(VersionFile.version_id).in_(list(versions)),
            or_(*(col(PageText.folded).like(pattern, escape="\\") for pattern in patterns)),
        )
        .order_by(col(VersionFile.version_id), col(VersionFile.position), col(PageText.n))
    )
    found: dict[str, list[tuple[str, int | None, str]]] = {}
    for version_id, file_id, n, pages, text in fetch(work.session, query, {}):
        here = found.setdefault(versions[version_id], [])
        if len(here) < HITS_IN and chinese.spans(text, terms):
            here.append((file_id, n if pages else None, text))
    return found


_NAMES = select(col(Organisation.id), col(Organisation.name)).where(
    col(Organisation.id).in_(bindparam("ids", expanding=True))
)


def _labelled(work: Work, facets: Mapping[str, Mapping[str, int]]) -> dict[str, list[dict[str, Any]]]:
    """Facet counts with the words for their codes; the most frequent first."""
    ids = {value for name in ("school", "city") for value in facets.get(name, {})}
    names: dict[str, str] = {}
    if ids:
        names = dict(fetch(work.session, _NAMES, {"ids": sorted(ids)}).all())
    return {
        name: [
            {
                "value": value,
                "label": names.get(value, value)
                if name in ("school", "city")
                else vocabulary.label(name, value),
                "count": count,
            }
            for value, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
        ]
        for name, counts in facets.items()
    }
