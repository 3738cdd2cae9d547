"""The server engine: Meilisearch 1.50 or newer, fed with our own tokens (`meilisearch_documents`).

Layout: one index, `tongke` unless the URL names another (`?index=`); a rebuild fills `NAME-…` beside it and swaps the
two. A document without readers carries the version of layout and analyser. Whatever is written becomes a task of the
server, which works them off in the order in which they came; `waits` follows them to their end.
"""

import re
import secrets
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import cached_property, lru_cache, partial
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit, urlunsplit

import httpx2
from meilisearch_python_sdk import Client
from meilisearch_python_sdk.errors import (
    MeilisearchApiError,
    MeilisearchCommunicationError,
    MeilisearchError,
)
from meilisearch_python_sdk.models.client import KeyCreate

from service.search import Counts, Document, Hits, IndexDown, Query, Receipt, Refused, newest
from service.search.meilisearch_documents import MARK, fields, settings, version
from service.search.meilisearch_queries import Asked, Said, asked, federation, params
from service.search.patience import Patience

ACTIONS = (
    "search", "documents.add", "documents.get", "documents.delete", "indexes.create", "indexes.get", "indexes.delete",
    "indexes.swap", "settings.update", "tasks.get",
)  # fmt: skip
"""What the key must allow, on the indexes NAME and NAME-*; docs/operations.md shows how one is made."""
CONNECT = 0.5
"""Seconds until a server that does not answer is given up."""
PATIENCE = 120.0
"""Seconds that anything but a search may take: the server reads 20 MB in some."""
LOOKING = 5.0
"""Seconds that a small question of a worker may take."""
PAYLOAD = 16 * 1024 * 1024
"""Bytes of one request with documents; a larger document goes alone."""
AHEAD = 16
"""Requests that a rebuild sends before the first of them is in effect: the server works them off together."""
_PAGE = 1000
"""Documents, or tasks, that are listed at a time."""
_REFUSED = frozenset({400, 413, 415, 422})
"""HTTP states that say the same however often it is tried."""

T = TypeVar("T")


class Meilisearch:
    """`service.search.Index` on a server. Safe for several threads and processes at once."""

    def __init__(
        self, url: str, key: str, said: Said, *, seconds: float, words: Callable[[], str] = str
    ) -> None:
        """`seconds`: what a search may take; `words`: the release of those that `said` tells of. Nothing is asked of the
        server yet."""
        parts = urlsplit(url)
        self.name = parse_qs(parts.query).get("index", ["tongke"])[0]
        self.address = urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))
        self._said, self._words = said, words
        self._known = lru_cache(maxsize=4096)(said)
        self._searching = self._client(key, seconds)
        self._patience = Patience(seconds)
        self._feeding = self._client(key, PATIENCE)
        self._looking = self._client(key, LOOKING)

    @cached_property
    def version(self) -> str:
        """What an index must say that it was made as."""
        return version(self._words())

    def _client(self, key: str, seconds: float) -> Client:
        # "identity": a compressed answer of the server stalls for 40 ms on a connection that is kept.
        made = Client(self.address, key, custom_headers={"Accept-Encoding": "identity"})
        made.http_client.timeout = httpx2.Timeout(seconds, connect=CONNECT)
        return made

    def send(self, documents: Iterable[Document], gone: Iterable[str] = ()) -> Receipt:
        self._require_whole()
        return self._send(self.name, documents, gone)

    def _require_whole(self) -> None:
        """A server that has lost the index would make a new one of the first document."""
        if self._mark().get("version") != self.version:
            raise IndexDown("搜索服务里没有可用的索引，需要重建。")

    def _send(self, uid: str, documents: Iterable[Document], gone: Iterable[str]) -> Receipt:
        index, receipt = self._feeding.index(uid), list[int]()
        with _translated(refusals=True):
            for payload in _payloads(fields(document, self._said) for document in newest(documents)):
                receipt.append(index.add_documents(payload, primary_key="id").task_uid)
            if removed := list(gone):
                receipt.append(index.delete_documents(removed).task_uid)
        return tuple(receipt)

    def waits(self, receipt: Receipt) -> bool:
        # The last ends last; only then the others are looked at, for what failed.
        return self._unfinished(receipt[-1:]) or any(
            self._unfinished(receipt[start : start + _PAGE]) for start in range(0, len(receipt), _PAGE)
        )

    def _unfinished(self, uids: Sequence[int]) -> bool:
        """Whether one of these few tasks has not ended."""
        if not uids:
            return False
        tasks = _again(lambda: self._looking.get_tasks(uids=list(uids), limit=len(uids)).results)
        if len(tasks) < len(uids):
            raise IndexDown("搜索服务不知道交给它的任务，可能换了数据。")
        for task in tasks:
            if task.status in ("failed", "canceled"):
                raise Refused(f"Meilisearch task {task.uid} {task.status}: {_words(task.error)}")
        return any(task.status != "succeeded" for task in tasks)

    def _finish(self, receipt: Receipt) -> None:
        """Wait until all of it is in effect."""
        pause, nap = threading.Event(), 0.002
        while self.waits(receipt):
            pause.wait(nap)
            nap = min(nap * 1.5, 0.25)

    def upsert(self, documents: Iterable[Document]) -> None:
        self._finish(self.send(documents))

    def delete(self, ids: Iterable[str]) -> None:
        self._finish(self.send((), ids))

    def search(self, query: Query) -> Hits:
        return self._patience.ask(partial(self._search, query), query.until)

    def _search(self, query: Query) -> Hits:
        questions = asked(query, self._known)
        found = self._answers(questions)
        counted = {name: some for _ids, _total, counts in found for name, some in counts.items()}
        facets = {name: counted.get(name, {}) for name in query.facets}
        if not questions:
            return Hits((), 0, lambda: facets)
        (ids, total, _counts), skip = found[0], questions[0].skip
        return Hits(tuple(ids[skip : skip + query.limit]), total, lambda: facets)

    def _answers(self, questions: Sequence[Asked]) -> list["_Answer"]:
        """Of each question ids, total and counts. A query that can be met in one way goes with its counts in one
        request."""
        if questions and len(questions[0].ways) == 1:
            queries = [params(question, self.name)[0] for question in questions]
            found = _again(lambda: self._searching.multi_search(queries))
            assert isinstance(found, list)
            return [(_ids(one.hits), one.total_hits or 0, one.facet_distribution or {}) for one in found]
        return [self._joined(question) for question in questions]

    def _joined(self, question: Asked) -> "_Answer":
        queries, joined = params(question, self.name), federation(question, self.name)
        one = _again(lambda: self._searching.multi_search(queries, federation=joined))
        assert not isinstance(one, list)
        counted = (one.facets_by_index or {}).get(self.name, {}).get("distribution", {})
        return _ids(one.hits), one.total_hits or 0, counted

    def ids(self) -> Iterator[tuple[str, int]]:
        self._require_whole()
        index, start = self._feeding.index(self.name), 0
        while True:
            more = partial(index.get_documents, fields=["id", "revision"], offset=start, limit=_PAGE)
            page = _again(more).results
            yield from ((found["id"], found["revision"]) for found in page if found["id"] != MARK)
            if len(page) < _PAGE:
                return
            start += _PAGE

    @contextmanager
    def rebuild(self) -> Iterator["Meilisearch"]:
        uid = f"{self.name}-{secrets.token_hex(4)}"
        with _translated():
            receipt = [self._feeding.index(uid).update_settings(settings()).task_uid]
        fresh = _Fresh(self, uid, receipt)
        try:
            self._finish(tuple(receipt))
            began = self._began(uid)
            yield fresh
            self._finish(tuple(receipt))
            if began is None or self._began(uid) != began:
                # Sent to an index that is gone, the rest made a new one, without our settings and the first part.
                raise IndexDown("另一次重建先换上了新索引，这一次作废。")
            mark = {"id": MARK, "version": self.version, "made_as": uid, "revision": 0}
            with _translated():
                receipt.append(self._feeding.index(uid).add_documents([mark], primary_key="id").task_uid)
            self._finish(tuple(receipt[-1:]))
        except BaseException:
            self._drop([uid])
            raise
        self._swap(uid)
        ours = re.compile(re.escape(self.name) + "-[0-9a-f]{8}")
        self._drop(filter(ours.fullmatch, self._indexes()))

    def _began(self, uid: str) -> datetime | None:
        """When this index was made; None where there is none."""
        found = _again(lambda: self._looking.get_raw_index(uid))
        return found.created_at if found else None

    def _swap(self, uid: str) -> None:
        """Put it in the place of the index in use; where there is none yet, the new one takes its name.

        A key for a few indexes is not shown the task of a swap. So what comes after it in the queue is waited for: that
        the index which is now called by the other name goes."""
        first = self.name not in self._indexes()
        with _translated():
            self._feeding.swap_indexes([(uid, self.name)], rename=first)
            after = self._feeding.index(uid).delete().task_uid
        with suppress(Refused):  # there is none of that name where the new one was renamed
            self._finish((after,))
        if self._mark().get("made_as") != uid:
            raise IndexDown("新索引没有换上，请重试。")

    def _indexes(self) -> list[str]:
        found = _again(lambda: self._looking.get_indexes(limit=_PAGE))
        return [index.uid for index in found or ()]

    def _drop(self, uids: Iterable[str]) -> None:
        """Nobody waits for it; what could not be dropped the next rebuild drops."""
        for uid in uids:
            try:
                self._feeding.index(uid).delete()
            except (MeilisearchError, httpx2.HTTPError):
                return

    def _mark(self) -> dict[str, Any]:
        """The document that says what the index is; empty where there is no index, or it is not whole."""

        def ask() -> dict[str, Any]:
            try:
                return self._looking.index(self.name).get_document(MARK)
            except MeilisearchApiError as error:
                if error.status_code != 404:
                    raise
                return {}

        return _again(ask)

    def fresh(self) -> bool:
        try:
            return self._mark().get("version") == self.version
        except IndexDown:
            return True

    def writable(self) -> bool:
        return True

    def check(self) -> None:
        self._patience.ask(self._require_whole)

    def close(self) -> None:
        for client in (self._searching, self._feeding, self._looking):
            client.close()


_Answer = tuple[list[str], int, Counts]


def limited_key(url: str, master_key: str) -> str:
    """The key for this URL that allows ACTIONS on its index and on those of its rebuilds, and nothing else; made with the
    server's master key where there is none yet: after a server lost all it had, the same as before. Raises IndexDown."""
    engine = Meilisearch(url, master_key, lambda _folded: frozenset(), seconds=PATIENCE)
    name, indexes = f"tongke {engine.name}", [engine.name, f"{engine.name}-*"]
    # The server makes a key of its own master key and this id.
    uid = str(uuid.uuid5(uuid.NAMESPACE_URL, " ".join((name, *ACTIONS, *indexes))))
    wanted = _Key(name=name, actions=list(ACTIONS), indexes=indexes, uid=uid)
    try:
        found = _again(lambda: engine._feeding.get_keys(limit=_PAGE)).results
        same = [key for key in found if (key.name, key.actions, key.indexes) == _terms(wanted)]
        with _translated():
            return same[0].key if same else engine._feeding.create_key(wanted).key
    finally:
        engine.close()


class _Key(KeyCreate):
    """With its id, which the SDK leaves to the server."""

    uid: str


def _terms(key: KeyCreate) -> tuple[str | None, list[str], list[str]]:
    return key.name, key.actions, key.indexes


class _Fresh(Meilisearch):
    """The index that a rebuild fills: written only."""

    def __init__(self, parent: Meilisearch, uid: str, receipt: list[int]) -> None:
        self.name, self._said, self._feeding, self._looking = (
            uid, parent._said, parent._feeding, parent._looking
        )  # fmt: skip
        self._receipt = receipt
        """Everything that was sent to it."""

    def ids(self) -> Iterator[tuple[str, int]]:
        """What one that was killed had filled is dropped, not gone on with."""
        return iter(())

    def send(self, documents: Iterable[Document], gone: Iterable[str] = ()) -> Receipt:
        self._finish(tuple(self._receipt[:-AHEAD][-1:]))
        sent = self._send(self.name, documents, gone)
        self._receipt.extend(sent)
        return sent


def _payloads(documents: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """The documents in order, in requests of about PAYLOAD bytes: their words are ASCII."""
    gathered, size = list[dict[str, Any]](), 0
    for document in documents:
        added = sum(len(part) for value in document.values() if isinstance(value, list) for part in value)
        if gathered and size + added > PAYLOAD:
            yield gathered
            gathered, size = [], 0
        gathered.append(document)
        size += added
    if gathered:
        yield gathered


def _ids(hits: Iterable[Mapping[str, Any]]) -> list[str]:
    return [hit["id"] for hit in hits]


def _again(ask: Callable[[], T]) -> T:
    """What only reads is asked once more where the connection broke: the server may have closed a kept one."""
    with _translated():
        try:
            return ask()
        except MeilisearchCommunicationError:
            return ask()


@contextmanager
def _translated(*, refusals: bool = False) -> Iterator[None]:
    """The SDK's errors in the project's own. A refusal is told apart only where documents are handed over."""
    try:
        yield
    except MeilisearchApiError as error:
        words = f"Meilisearch {error.status_code} {error.code}: {error.message}"
        refused = refusals and error.status_code in _REFUSED
        raise (Refused(words) if refused else IndexDown(words)) from error
    except (
        MeilisearchError,
        httpx2.HTTPError,
        ValueError,
    ) as error:  # ValueError: the answer is no JSON of theirs
        raise IndexDown(f"搜索服务没有答复：{error}") from error


def _words(error: Mapping[str, Any] | None) -> str:
    return f"{error.get('code')}: {error.get('message')}" if error else "no reason given"
