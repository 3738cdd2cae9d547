"""Search: the engine proposes, SQL decides. Every hit is checked against the permission rule before it is shown, and
what was narrowed since it was indexed is excluded from totals and counts alike."""

import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, select, text, union_all
from sqlmodel import col

from service.errors import FieldError, Invalid, Unavailable
from service.library import hits, ranking, relaxing, simple, vocabulary
from service.library.understanding import Understood, understand
from service.models import Grant, Moment, Organisation, Resource, fetch
from service.permissions import VISIBLE, VISIBLE_OF_FEW, seen_by
from service.search import FACETS, Hits, IndexDown, Query, Soft, Sort
from service.work import Work

FILTERS = tuple(name for name in FACETS if name != "status")
"""What a search is narrowed by. Not the status: whoever sees a draft finds it among the rest."""
EXCLUSIONS = 500
"""Ids that a query excludes at most; beyond it totals and counts are null ("数量更新中")."""
LISTED = 200
"""Values of a facet that are named in an answer: of schools there may be thousands."""
DEEPEST = 10_000
"""Hits that can be paged through."""


def search(
    work: Work,
    text: str = "",
    filters: Mapping[str, list[str]] | None = None,
    *,
    literal: Collection[str] = (),
    facets: Collection[str] = FILTERS,
    sort: Sort = "relevance",
    page: int = 1,
    per_page: int = 20,
) -> dict[str, Any]:
    """The answer of GET /search (api.md). The words of `literal` are no chips; `facets` are counted, of FILTERS. While the
    index is down, SQL answers (`library.simple`)."""
    began = time.perf_counter()
    _require_near(page, per_page)
    meant = meaning(work, text, filters or {}, literal)
    offset = (page - 1) * per_page
    try:
        found = _indexed(work, meant, filters or {}, sort, offset, per_page, tuple(facets))
    except Unavailable:
        found = _simple(work, meant, filters or {}, sort, offset, per_page)
    return found | {"page": page, "took_ms": round((time.perf_counter() - began) * 1000, 1)}


def indexed(
    work: Work, text: str, filters: Mapping[str, list[str]], *, sort: Sort = "relevance", limit: int
) -> dict[str, Any]:
    """The first hits, from the index alone, without facets. Unavailable while it is down."""
    return _indexed(work, meaning(work, text, filters), filters, sort, 0, limit, ())


def among(
    work: Work,
    text: str,
    filters: Mapping[str, list[str]],
    literal: Collection[str],
    ids: Collection[str],
) -> set[str]:
    """Which of these resources (at most MAX_ONLY) a search finds that the caller may see. Unavailable while the index
    is down."""
    if not ids:
        return set()
    query, _exact = scope(work, filters)
    meant = meaning(work, text, filters, literal)
    found = ask(work, meant, replace(query, only=frozenset(ids), limit=len(ids), until=None))
    return _seen(work, found.ids)


def gained(
    work: Work,
    text: str,
    filters: Mapping[str, list[str]],
    literal: Collection[str],
    new: frozenset[str],
    old: frozenset[str],
    besides: Collection[str],
    limit: int,
) -> tuple[int, list[str]]:
    """Of what a search finds by the caller's new tokens and did not by her old ones, without the ids of `besides`: how
    many there are, and the newest. Unavailable while the index is down."""
    asked, _exact = scope(work, filters)
    query = replace(
        asked,
        readers=new,
        hidden_from=old,
        excluded=asked.excluded | frozenset(besides),
        sort="newest",
        limit=limit,
        until=None,
    )
    found = ask(work, meaning(work, text, filters, literal), query)
    seen = _seen(work, found.ids)
    return found.total, [ident for ident in found.ids if ident in seen]


def exact(work: Work) -> bool:
    """Whether what the index counts for this caller is exact at the moment."""
    return len(_narrowed(work)) <= EXCLUSIONS


def _seen(work: Work, ids: Collection[str]) -> set[str]:
    """Those of them that the caller may see."""
    return set(fetch(work.session, _SEEN, seen_by(work.caller, work.now) | {"ids": list(ids)}).scalars())


_SEEN = select(col(Resource.id)).where(col(Resource.id).in_(bindparam("ids", expanding=True)), VISIBLE_OF_FEW)


def _indexed(
    work: Work,
    meant: Understood,
    filters: Mapping[str, list[str]],
    sort: Sort,
    offset: int,
    limit: int,
    facets: tuple[str, ...],
) -> dict[str, Any]:
    asked, exact = scope(work, filters)
    shown = replace(asked, sort=sort, offset=offset, limit=limit, facets=facets if exact else ())
    dropped = tuple[relaxing.Dropped, ...]()
    found = _page(work, meant, shown)

    def wider(less: Understood, limit: int, only: frozenset[str] | None = None) -> Hits:
        return ask(work, less, replace(asked, limit=limit, only=only))

    if found.total == 0 and (relaxed := relaxing.relax(meant, wider)):
        meant, dropped = relaxed.meant, relaxed.dropped
        if relaxed.ids is None:
            found = _page(work, meant, shown)
        else:  # a question's answers, which are these
            found = _near(work, meant, replace(shown, only=frozenset(relaxed.ids)), relaxed.ids)
    items = hits.items(work, list(found.ids), meant)  # while facets are counted
    with _unavailable():
        counts = found.facets
    return {
        "total": found.total if exact else None,
        "items": items,
        "facets": _labelled(work, counts),
        "understood": [chip.as_json() for chip in meant.chips],
        "relaxed": [part.as_json() for part in dropped],
        "simplified": False,
    }


def _simple(
    work: Work, meant: Understood, filters: Mapping[str, list[str]], sort: Sort, offset: int, limit: int
) -> dict[str, Any]:
    return simple.search(work, meant, filters, sort, offset, limit) | {
        "facets": {},
        "understood": [chip.as_json() for chip in meant.chips],
        "relaxed": [],
        "simplified": True,
    }


def _page(work: Work, meant: Understood, shown: Query) -> Hits:
    """A page of what the index finds. By relevance, the engine's first hits are put in our order and the rest follow
    in its own, so that the pages together hold each hit once."""
    if shown.sort != "relevance":
        return ask(work, meant, shown)
    if not (meant.text.strip() or meant.chips):
        shown = replace(shown, sort="newest")
    if shown.offset >= ranking.FIRST:
        return ask(work, meant, shown)
    end = shown.offset + shown.limit
    found = ask(work, meant, replace(shown, offset=0, limit=max(ranking.FIRST, end)))
    first = ranking.ordered(work, meant, found.ids[: ranking.FIRST])
    return replace(found, ids=(*first, *found.ids[ranking.FIRST :])[shown.offset : end])


def _near(work: Work, meant: Understood, shown: Query, ids: tuple[str, ...]) -> Hits:
    """A page of a question's answers: `shown` is narrowed to them, `ids` has them in order."""
    found = ask(work, replace(meant, text=""), shown)
    if shown.sort != "relevance":
        return found
    return replace(found, ids=ids[shown.offset : shown.offset + shown.limit])


def _require_near(page: int, per_page: int) -> None:
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


def scope(work: Work, filters: Mapping[str, list[str]]) -> tuple[Query, bool]:
    """A query of nothing yet, for this caller and these filters; and whether its counts are exact. However many questions
    a request asks, they take `search_seconds` together: then SQL answers."""
    narrowed = _narrowed(work)
    query = Query(
        readers=work.caller.tokens,
        filters={name: tuple(values) for name, values in filters.items() if values},
        excluded=frozenset(narrowed[:EXCLUSIONS]),
        until=work.begun + work.settings.search_seconds,
    )
    return query, len(narrowed) <= EXCLUSIONS


def meaning(
    work: Work, text: str, filters: Mapping[str, list[str]], literal: Collection[str] = ()
) -> Understood:
    """What this caller means by the text, beside these filters."""
    systems = filters.get("system", [])
    system = systems[0] if len(systems) == 1 else None
    if system is None and "初" in text and work.caller.school_id is not None:
        system = fetch(work.session, _SYSTEM, {"school_id": work.caller.school_id}).scalar()
    return understand(text, system=system, subjects=filters.get("subject", ()), literal=literal)


def ask(work: Work, meant: Understood, query: Query) -> Hits:
    """What the index finds for the meaning, in the scope of the query. Unavailable while it is down."""
    soft = tuple(Soft(chip.field, chip.values, chip.words) for chip in meant.chips)
    with _unavailable():
        return work.index.search(replace(query, text=meant.text, soft=soft))


@contextmanager
def _unavailable() -> Iterator[None]:
    try:
        yield
    except IndexDown as error:
        raise Unavailable(
            "搜索暂时不可用，浏览和下载不受影响。请稍后再试。",
            english="Search is down for the moment; reading and downloads go on. Try again soon.",
        ) from error


_SYSTEM = select(col(Organisation.system)).where(col(Organisation.id) == bindparam("school_id"))
_NOW: Any = bindparam("now", type_=Moment())
_LAPSED = select(col(Grant.resource_id)).where(
    ~col(Grant.clocked), col(Grant.expires_at) <= _NOW, col(Grant.revoked_at).is_(None)
)
_STALE = select(col(Resource.id)).where(text("acl_stale"))
"""As the partial index says it: `acl_stale = 1` would not use it."""
_SHRUNK = union_all(_STALE, _LAPSED).limit(1)
_NARROWED = (
    select(col(Resource.id))
    .where(col(Resource.id).in_(union_all(_STALE, _LAPSED)), ~VISIBLE)
    .limit(EXCLUSIONS + 1)
)


def _narrowed(work: Work) -> list[str]:
    """Ids whose audience shrank since they were indexed (lapsed grants included) and that this caller may not see."""
    # Mostly there are none at all, which is asked sooner than who may see them.
    if fetch(work.session, _SHRUNK, {"now": work.now}).first() is None:
        return []
    return list(fetch(work.session, _NARROWED, seen_by(work.caller, work.now)).scalars())


_NAMES = select(col(Organisation.id), col(Organisation.name)).where(
    col(Organisation.id).in_(bindparam("ids", expanding=True))
)


def words(work: Work, values: Mapping[str, Iterable[str]]) -> dict[tuple[str, str], str]:
    """(name, value) → the words for it, for values of FILTERS by name."""
    places = {value for name in ("school", "city") for value in values.get(name, ())}
    names = dict(fetch(work.session, _NAMES, {"ids": sorted(places)}).all()) if places else {}
    return {
        (name, value): names.get(value, value)
        if name in ("school", "city")
        else vocabulary.label(name, value)
        for name, found in values.items()
        for value in found
    }


def _labelled(work: Work, facets: Mapping[str, Mapping[str, int]]) -> dict[str, list[dict[str, Any]]]:
    """The LISTED most frequent values of each facet with the words for their codes."""
    most = {
        name: sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:LISTED]
        for name, counts in facets.items()
    }
    labels = words(work, {name: [value for value, _count in found] for name, found in most.items()})
    return {
        name: [{"value": value, "label": labels[name, value], "count": count} for value, count in found]
        for name, found in most.items()
    }
