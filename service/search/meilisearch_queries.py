"""A `service.search.Query` in Meilisearch's terms.

The server knows AND between phrases and filters, and no OR between a phrase and a filter. So a query becomes the ways in
which a document may meet it, each a conjunction; what one of them finds is found. Nearly every query is a single way:
that a text holds a word of a vocabulary is a value to filter by (`said`), and so may stand beside metadata.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, product

from meilisearch_python_sdk.models.search import Federation, FederationOptions, SearchParams

from service.search import MAX_TERMS, Query, Soft, chinese, pinyin
from service.search.meilisearch_documents import EVERY, phrase, spell

MOST_WAYS = 64
"""Of a query; only words that no vocabulary knows can make so many. What is beyond is not asked."""
HEARD = (0.01, 0.0001)
"""What beginning with a sound, and holding it, weigh beside holding the letters."""
_CODE = re.compile("[a-z0-9][a-z0-9:._-]*")
"""What a value can be; the server folds, trims and unescapes others."""
_SORTS = {"newest": ["updated_at:desc"], "oldest": ["updated_at:asc"], "title": ["title_order:asc"]}

Said = Callable[[str], frozenset[str]]
"""The words of soft conditions, folded, that a folded text holds."""


@dataclass(frozen=True, slots=True)
class Way:
    """A document meets it that holds all phrases and passes all filters."""

    phrases: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    weight: float = 1.0

    def __and__(self, other: "Way") -> "Way":
        return Way(self.phrases + other.phrases, self.filters + other.filters, self.weight * other.weight)


@dataclass(frozen=True, slots=True)
class Asked:
    """One question to the server: the documents that meet any of the ways, and which of them, and what to count."""

    ways: tuple[Way, ...]
    scope: tuple[str, ...]
    facets: tuple[str, ...]
    sort: tuple[str, ...]
    page: int
    per_page: int
    skip: int
    """Hits of the page before the first that was asked for."""


class Exact(Federation):
    """A federation by pages: its total is exact. The SDK's own has no pages."""

    page: int
    hits_per_page: int


def asked(query: Query, said: Said) -> list[Asked]:
    """What is asked for a query: its hits, with the counts of the names that it does not filter by (asked for apart, the same
    was looked for twice), and the counts of each of the others without its own filter. Empty where nothing can match."""
    ways = tuple(_ways(query, said))
    if not ways or not query.readers:
        return []
    limit = max(1, query.limit)
    whole = query.offset % limit == 0
    hits = Asked(
        ways=ways,
        scope=tuple(_scope(query)),
        facets=tuple(name for name in query.facets if name not in query.filters),
        sort=tuple(_SORTS.get(query.sort, ())),
        page=query.offset // limit + 1 if whole else 1,
        per_page=limit if whole else query.offset + limit,
        skip=0 if whole else query.offset,
    )
    alone = replace(hits, sort=(), page=1, per_page=0, skip=0)
    return [hits] + [
        replace(alone, scope=tuple(_scope(query, without=name)), facets=(name,))
        for name in query.facets
        if name in query.filters
    ]


def params(found: Asked, uid: str) -> list[SearchParams]:
    """The SDK's form, a query a way."""
    single = len(found.ways) == 1
    return [
        SearchParams(
            index_uid=uid,
            query=" ".join(way.phrases or (() if single else (phrase([EVERY]),))),
            filter=[*found.scope, *way.filters],
            sort=list(found.sort) or None,
            facets=list(found.facets) if single and found.facets else None,
            page=found.page if single else None,
            hits_per_page=found.per_page if single else None,
            attributes_to_retrieve=["id"],
            matching_strategy="all",
            locales=["eng"],
            federation_options=None if single else FederationOptions(weight=way.weight),
        )
        for way in found.ways
    ]


def federation(found: Asked, uid: str) -> Exact:
    """What joins the ways of a question."""
    facets = {uid: list(found.facets)} if found.facets else {}
    return Exact(page=found.page, hits_per_page=found.per_page, facets_by_index=facets)


def one_of(name: str, values: Iterable[str]) -> str:
    """The filter that one of the values meets; what is no code meets nothing."""
    return f"{name} IN [{', '.join(_quoted(value) for value in values if _CODE.fullmatch(value))}]"


def _quoted(value: str) -> str:
    return f'"{value}"'


def _scope(query: Query, *, without: str = "") -> Iterator[str]:
    yield one_of("readers", sorted(query.readers))
    for name, values in query.filters.items():
        if name != without:
            yield one_of(name, values)
    if query.only is not None:
        yield one_of("id", sorted(query.only))
    if query.excluded:
        yield f"NOT {one_of('id', sorted(query.excluded))}"
    if query.hidden_from:
        yield f"NOT {one_of('readers', sorted(query.hidden_from))}"


def _ways(query: Query, said: Said) -> Iterator[Way]:
    choices = [list(_soft(soft, said)) for soft in query.soft]
    if query.text.strip():
        choices.append(list(_text(query)))
    for chosen in islice(product(*choices), MOST_WAYS):
        way = Way()
        for part in chosen:
            way = way & part
        yield replace(way, phrases=tuple(dict.fromkeys(way.phrases))[:MAX_TERMS])


def _text(query: Query) -> Iterator[Way]:
    """Every term of the text; or, for Latin letters alone, what sounds like them."""
    found = chinese.terms(query.text)
    if not found:
        return
    yield Way(tuple(phrase(term.tokens, heads=query.heads) for term in found))
    if letters := pinyin.letters(query.text):
        holds = [] if query.begins else [_begins(letters)]
        if query.heads:
            holds.append(_begins("." + spell(letters)))
        for weight, filters in zip(HEARD, ([_begins(pinyin.BEGIN + letters)], holds), strict=True):
            if filters:
                yield Way(filters=(" OR ".join(filters),), weight=weight)


def _begins(value: str) -> str:
    return f"sounds STARTS WITH {_quoted(value)}"


def _soft(soft: Soft, said: Said) -> Iterator[Way]:
    """The metadata or a vocabulary's word; or a word that no vocabulary knows."""
    known, unknown = list[str](), list[Sequence[chinese.Term]]()
    for word in soft.words:
        found = chinese.terms(word)
        if len(found) == 1 and found[0].needle in said(found[0].needle):
            known.append(spell(found[0].needle))
        elif found:
            unknown.append(found)
    filters = [one_of("said", known)] if known else []
    if soft.values:
        filters.insert(0, one_of(soft.field, soft.values))
    if filters:
        yield Way(filters=(" OR ".join(filters),))
    for words in unknown:
        yield Way(tuple(phrase(term.tokens) for term in words))
