"""Finding resources. One Protocol, one contract suite (tests/contracts/test_index.py), an implementation a file.

The index is disposable: SQL and the objects are the truth, and it can be rebuilt from them at any time. Both engines
are fed by one analyser (`service.search.chinese`), so that they find the same documents.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Literal, Protocol

FACETS = (
    "kind", "system", "stage", "grade", "subject", "edition", "volume", "type", "major", "school", "city", "year",
    "status",
)  # fmt: skip
"""Names of the exact, filterable values of a document; each may hold several. Values are codes, lower-case ASCII."""

MAX_TERMS = 10
"""Terms of a query beyond this number are dropped, on both engines (Meilisearch counts ten)."""

MAX_ONLY = 400
"""Ids that a query can be narrowed to."""

Sort = Literal["relevance", "newest", "oldest", "title"]


class IndexDown(Exception):
    """The engine does not answer, or its files are gone."""


class Refused(Exception):
    """The engine answers and will not take a batch. The text is its own words."""


Receipt = tuple[int, ...]
"""What a batch became: the engine's tasks that carry it, in order; none where it is in effect already."""


@dataclass(frozen=True, slots=True)
class Document:
    """One resource as the index holds it. Texts are plain (no HTML, no Markdown marks)."""

    id: str
    title: str
    readers: tuple[str, ...]
    """Audience tokens; a caller who holds one of them finds the document."""
    revision: int
    """Grows with each change of the resource; an older one never overwrites a newer one within a batch. Across batches
    the later one wins: who feeds looks afterwards (`service.library.indexing.settle`)."""
    updated_at: int
    """Unix microseconds, UTC: the order of `newest`."""
    summary: str = ""
    content: str = ""
    tags: tuple[str, ...] = ()
    credits: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    """Text inside the files, a string per page."""
    title_order: str = ""
    """Sort key of the title (pinyin)."""
    facets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Soft:
    """A condition that a document meets by one of `values` of the facet `field`, or by holding one of `words`."""

    field: str
    values: tuple[str, ...]
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked. All terms of `text` must match somewhere in the document; an empty text matches everything.

    A text of Latin letters alone also finds titles and tags that sound like it (`service.search.pinyin`), after
    everything that holds it.
    """

    text: str = ""
    soft: tuple[Soft, ...] = ()
    """All of them must be met."""
    heads: bool = False
    """The text must match in the title, or in summary, tags and credits; a Latin word may be the beginning of one of
    the title's. For suggestions."""
    begins: bool = False
    """What sounds like letters must begin so: a text's first run of Han does. Many more hold a sound than begin with it."""
    readers: frozenset[str] = frozenset({"public"})
    hidden_from: frozenset[str] = frozenset()
    """Audience tokens: what a holder of one of them finds is neither found nor counted."""
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """OR within a name, AND across names. Names are of FACETS."""
    only: frozenset[str] | None = None
    """Where it is given, nothing but these ids is found or counted; at most MAX_ONLY."""
    excluded: frozenset[str] = frozenset()
    """Ids narrowed since they were indexed: neither found nor counted."""
    facets: tuple[str, ...] = ()
    """Names to count. A name's own filter is left out of its counts, so that several values can be chosen."""
    sort: Sort = "relevance"
    offset: int = 0
    limit: int = 20
    until: float | None = None
    """A moment (`time.monotonic`) at which nobody waits for the answer any more: IndexDown then. Questions of one request
    share it; None where only the engine's own patience counts."""


Counts = Mapping[str, Mapping[str, int]]
"""Of each facet that was asked for, how many documents have each of its values."""


@dataclass(frozen=True, slots=True)
class Hits:
    """Ids in order, and the exact number of all matches."""

    ids: tuple[str, ...]
    total: int
    counts: Callable[[], Counts]
    """Waits for what may still be counted beside, and raises as `Index.search`."""

    @property
    def facets(self) -> Counts:
        """Counts by facet value."""
        return self.counts()


def newest(documents: Iterable[Document]) -> list[Document]:
    """Of each id the document of the highest revision, the later one where two are equal."""
    found: dict[str, Document] = {}
    for document in documents:
        if document.id not in found or found[document.id].revision <= document.revision:
            found[document.id] = document
    return list(found.values())


class Index(Protocol):
    """A full-text index of documents."""

    def send(self, documents: Iterable[Document], gone: Iterable[str] = ()) -> Receipt:
        """Hand over a batch: documents to add or replace by id, ids to remove (unknown ones are no error). Batches take
        effect in the order in which they are sent. Raises IndexDown where the batch, or a part of it, was not taken:
        send it again; Refused where that would not help."""
        ...

    def waits(self, receipt: Receipt) -> bool:
        """Whether the batch is not in effect yet; once it is, searches find it and it is durable. Raises Refused where
        the engine gave it up, IndexDown where nothing is known of it any more."""
        ...

    def upsert(self, documents: Iterable[Document]) -> None:
        """Add or replace by id. Found by searches once this returns, and durable. Raises as `send` and `waits` do."""
        ...

    def delete(self, ids: Iterable[str]) -> None:
        """Remove; unknown ids are no error. In effect and durable once this returns."""
        ...

    def search(self, query: Query) -> Hits:
        """What is found; its facets may still be counted while the caller does something else. Raises IndexDown, also
        where the engine takes too long."""
        ...

    def ids(self) -> Iterator[tuple[str, int]]:
        """(id, revision) of every document, in no order: for verification."""
        ...

    def rebuild(self) -> "AbstractContextManager[Index]":
        """A fresh index to fill inside the `with`; searches go on over the old one. Swapped in when the block ends
        without an error and everything that was sent to it is in effect, dropped when it raises. Each id is sent to
        it once. It is empty, but where a process that rebuilt was killed it may hold what that one made durable: its
        `ids` say so, and what of it has changed since is to be removed as the new state is sent."""
        ...

    def fresh(self) -> bool:
        """False where the index is missing, empty of schema, or was made by another analyser version: rebuild it. True
        where a server does not answer."""
        ...

    def writable(self) -> bool:
        """Whether this process may write now: false while another one holds an embedded index's only writer."""
        ...

    def check(self) -> None:
        """Cheap proof that the engine answers; raises IndexDown."""
        ...

    def close(self) -> None:
        """Release files and locks."""
        ...
