"""A `service.search.Query` in tantivy's own terms, and the counts of its facets, over the embedded engine's schema."""

from collections.abc import Collection, Iterable, Iterator

import tantivy
from tantivy import Occur, Query

from service.search import Query as Wanted
from service.search import Soft, chinese, pinyin

VALUES = 2000
"""Values of a facet that are counted (124 editions exist, and some hundred schools)."""
FEW = 128
"""Values up to this number are asked for as terms."""
BOOSTS = {"title": 6.0, "head": 2.0}
"""What a phrase is worth beyond its BM25 over the whole document: in the title; in summary, tags and credits."""
SOFT = 6.0
"""What the metadata that a soft condition asks for are worth: as much as its words in a title."""
HEARD = 0.001
"""What sounding alike is worth: less than any word."""


def query_of(schema: tantivy.Schema, query: Wanted, *, without: str = "") -> Query:
    """Everything that is asked; `without` leaves out the filter of that name."""
    clauses = [
        (Occur.Must, _any(schema, name, values)) for name, values in query.filters.items() if name != without
    ]
    if query.only is not None:
        clauses.append((Occur.Must, _any(schema, "id", query.only)))
    if query.excluded:
        clauses.append((Occur.MustNot, _any(schema, "id", query.excluded)))
    if query.hidden_from:
        clauses.append((Occur.MustNot, _any(schema, "readers", query.hidden_from)))
    clauses += [(Occur.Must, _soft(schema, soft)) for soft in query.soft]
    if query.text.strip():
        clauses.append((Occur.Must, _text(schema, query)))
    # The half of a library that is public is only looked up for what holds a word alone; joined with the rest of what she
    # may read it was gone through whole (scripts/bench/search_scale: 2.3 ms of a rare word at a million). What many sound
    # like is not gone through twice for it.
    parts = [query.readers]
    alone = query.text.strip() and not (query.soft or query.filters or pinyin.letters(query.text))
    if alone and query.readers > {"public"}:
        parts = [frozenset({"public"}), query.readers - {"public"}]
    readable = [
        Query.boolean_query([*clauses, (Occur.Must, _any(schema, "readers", part))]) for part in parts
    ]
    return readable[0] if len(readable) == 1 else Query.disjunction_max_query(readable)


def _any(schema: tantivy.Schema, field: str, values: Collection[str], score: float = 0.0) -> Query:
    """What has one of these values. A set of terms is looked for in the whole dictionary
    and its documents gathered before the first is asked for, so that few are asked for one by one."""
    if len(values) > FEW:
        return Query.const_score_query(Query.term_set_query(schema, field, sorted(values)), score)
    terms = [Query.term_query(schema, field, value, "basic") for value in sorted(values)]
    return Query.const_score_query(terms[0] if len(terms) == 1 else _one_of(terms), score)


def _text(schema: tantivy.Schema, query: Wanted) -> Query:
    """Every term of the text; or, for Latin letters alone, what sounds like them."""
    found = chinese.terms(query.text)
    if not found:
        return Query.empty_query()
    literal = _all_of([_literal(schema, term, heads=query.heads) for term in found])
    letters = pinyin.letters(query.text)
    if not letters:
        return literal
    beginnings = [("pinyin", f"\\{pinyin.BEGIN}{letters}")]
    if not query.begins:
        beginnings.append(("pinyin", letters))
    if query.heads:
        beginnings.append(("title", letters))
    alike = [Query.regex_query(schema, field, f"{begun}.*") for field, begun in beginnings]
    return _one_of([literal, *(Query.boost_query(clause, HEARD) for clause in alike)])


def _soft(schema: tantivy.Schema, soft: Soft) -> Query:
    """The metadata, or one of the words."""
    words = [_all_of([_literal(schema, term) for term in chinese.terms(word)]) for word in soft.words]
    if not soft.values:
        return _one_of(words)
    values = _any(schema, soft.field, soft.values, SOFT)
    return _one_of([values, *words])


def _all_of(clauses: list[Query]) -> Query:
    return Query.boolean_query([(Occur.Must, clause) for clause in clauses])


def _one_of(clauses: list[Query]) -> Query:
    return Query.boolean_query([(Occur.Should, clause) for clause in clauses])


def _literal(schema: tantivy.Schema, term: chinese.Term, *, heads: bool = False) -> Query:
    suffix = "_singles" if term.single else ""
    boosted = [
        (Occur.Should, Query.boost_query(_phrase(schema, f"{name}{suffix}", term.tokens), boost))
        for name, boost in BOOSTS.items()
    ]
    if heads:
        return Query.boolean_query(boosted)
    return Query.boolean_query([(Occur.Must, _phrase(schema, f"all{suffix}", term.tokens)), *boosted])


def _phrase(schema: tantivy.Schema, field: str, tokens: tuple[str, ...]) -> Query:
    if len(tokens) == 1:
        return Query.term_query(schema, field, tokens[0], "freq")
    return Query.phrase_query(schema, field, list(tokens))


def passes(query: Wanted) -> Iterator[tuple[tuple[str, ...], str]]:
    """In how many passes the facets are counted: the names of each, and the name whose filter it leaves out. A name that
    is filtered by is counted without its own filter."""
    if unfiltered := tuple(name for name in query.facets if name not in query.filters):
        yield unfiltered, ""
    for name in query.facets:
        if name in query.filters:
            yield (name,), name


def count(searcher: tantivy.Searcher, wanted: Query, names: Iterable[str]) -> dict[str, dict[str, int]]:
    """How many of what is wanted have each value of these facets."""
    asked = {name: {"terms": {"field": name, "size": VALUES, "segment_size": VALUES}} for name in names}
    answer = searcher.aggregate(wanted, asked)
    return {
        name: {bucket["key"]: bucket["doc_count"] for bucket in answer[name]["buckets"]} for name in asked
    }
