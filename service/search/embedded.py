"""The embedded engine: tantivy in a folder. Tokens come ready from `service.search.chinese`, joined by spaces.

Layout: `current` names the folder of the index in use; a rebuild fills another one and moves the name. One process
writes (it holds `writer.lock`); any process searches, and sees each commit.
"""

import json
import os
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import IO, Any

import tantivy
from tantivy import Query

from service.search import Counts, Document, Hits, IndexDown, Receipt, chinese, newest
from service.search import Query as Wanted
from service.search.embedded_documents import TOKENIZER, document_of, layout
from service.search.embedded_queries import count, passes, query_of
from service.search.patience import Patience

SCHEMA_VERSION = f"5/{chinese.ANALYSER_VERSION}"
HEAP = 16 * 1024 * 1024
"""Bytes that the writer may buffer before it flushes a segment."""
FILLING = 320 * 1024 * 1024
"""The same for a rebuild, which has few and large segments that way: each of the words and audience tokens of a question is
looked up in every one of them, which is most of what a rare word takes."""
DURABLE = 60_000
"""Documents between two commits of a rebuild, which are a segment where they are short; eight of those tantivy makes one.
What is done again after it was killed."""
REMNANT = 24 * 3600
"""Seconds after which nothing is gone on with that a killed rebuild left."""
_PROBE = Wanted(text="课", facets=("kind",), limit=1)
"""Reads a little of everything that a search reads."""


def _stamp(path: Path) -> tuple[int, int, int]:
    """Changes when another file takes the place of this one. The time alone would not do, two may fall into one tick of
    the clock. FileNotFoundError."""
    found = path.stat()
    return found.st_ino, found.st_mtime_ns, found.st_size


@contextmanager
def _translated() -> Iterator[None]:
    """tantivy's errors in the project's own."""
    try:
        yield
    except (ValueError, OSError) as error:
        raise IndexDown(f"搜索没有完成：{error}") from error
    except BaseException as error:
        if type(error).__name__ == "PanicException":  # tantivy's, over files that are garbage
            raise IndexDown("索引文件坏了。") from error
        raise


class _Folder:
    """One tantivy index on disk, with its lazily opened writer."""

    def __init__(self, path: Path, *, create: bool = False) -> None:
        self.path = path
        try:
            if create:
                path.mkdir(parents=True, mode=0o700)
                self.index = tantivy.Index(layout(), path=str(path), reuse=False)
            self.seen = self.stamp()  # before it is read: a commit in between is then looked at again
            if not create:
                self.index = tantivy.Index.open(str(path))
        except ValueError as error:
            raise IndexDown(f"索引打不开：{error}") from error
        self.index.register_tokenizer(
            TOKENIZER, tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
        )
        self.index.config_reader("manual")
        self._writer: tantivy.IndexWriter | None = None

    def stamp(self) -> tuple[int, int, int]:
        """Changes with every commit of any process."""
        try:
            return _stamp(self.path / "meta.json")
        except FileNotFoundError as error:
            raise IndexDown("索引文件不见了。") from error

    def searcher(self) -> tantivy.Searcher:
        """A view of the newest commit."""
        if (stamp := self.stamp()) != self.seen:
            try:
                self.index.reload()
            except ValueError as error:
                raise IndexDown(f"索引打不开：{error}") from error
            self.seen = stamp
        return self.index.searcher()

    def write(self, documents: Iterable[Document], gone: Iterable[str]) -> None:
        """Replace and delete in one commit."""
        with self._writing() as writer:
            for document in documents:
                writer.delete_documents_by_term("id", document.id)
                writer.add_document(document_of(document))
            for ident in gone:
                writer.delete_documents_by_term("id", ident)
            writer.commit()
            self.index.reload()

    def add(self, documents: Iterable[Document], gone: Iterable[str]) -> int:
        """Add what is not there, but for what of it is `gone`; nothing is committed. Returns how many were added."""
        added = list(documents)
        with self._writing(FILLING) as writer:
            for ident in gone:
                writer.delete_documents_by_term("id", ident)
            for document in added:
                writer.add_document(document_of(document))
        return len(added)

    def commit(self) -> None:
        """What was added is durable and found."""
        with self._writing(FILLING) as writer:
            writer.commit()

    @contextmanager
    def _writing(self, heap: int = HEAP) -> Iterator[tantivy.IndexWriter]:
        try:
            self._writer = self._writer or self.index.writer(heap, 1)
            yield self._writer
        except (ValueError, OSError) as error:
            self._writer = None
            raise IndexDown(f"索引写不进去：{error}") from error

    def close(self) -> None:
        """Let merges end and release the lock."""
        if self._writer is not None:
            self._writer.wait_merging_threads()
            self._writer = None


class Embedded:
    """`service.search.Index` on tantivy."""

    def __init__(self, folder: Path, *, seconds: float = 60) -> None:
        """`seconds`: what a search may take."""
        self.folder = folder
        self._patience = Patience(seconds)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = threading.RLock()
        self._open: _Folder | None = None
        self._held: IO[str] | None = None
        self._read: tuple[tuple[int, int, int], dict[str, str]] | None = None
        """What `current` said, and the stamp of that file."""

    def send(self, documents: Iterable[Document], gone: Iterable[str] = ()) -> Receipt:
        self._write(newest(documents), gone)
        return ()

    def waits(self, receipt: Receipt) -> bool:
        return False

    def upsert(self, documents: Iterable[Document]) -> None:
        self.send(documents)

    def delete(self, ids: Iterable[str]) -> None:
        self._write((), ids)

    def _write(self, documents: Iterable[Document], ids: Iterable[str]) -> None:
        with self._lock:
            if not self.writable():
                raise IndexDown("另一个进程正在更新索引。")
            self._current().write(documents, ids)

    def search(self, query: Wanted) -> Hits:
        counts = self._counting(query)
        ids, total = self._patience.ask(partial(self._search, query), query.until)
        return Hits(ids, total, counts)

    def _search(self, query: Wanted) -> tuple[tuple[str, ...], int]:
        with _translated():
            searcher, schema = self._searcher()
            order: dict[str, Any] = {}
            if query.sort in ("newest", "oldest"):
                order["order_by_field"] = "updated_at"
            elif query.sort == "title":
                order["order_by_field"] = "title_order"
            if query.sort in ("oldest", "title"):
                order["order"] = tantivy.Order.Asc
            found = searcher.search(
                query_of(schema, query), limit=max(1, query.limit), offset=query.offset, count=True, **order
            )
            ids = tuple(searcher.doc(address)["id"][0] for _key, address in found.hits[: query.limit])
            total: int = found.count  # type: ignore[attr-defined]  # missing in tantivy's stubs
            return ids, total

    def _counting(self, query: Wanted) -> Callable[[], Counts]:
        # tantivy counts without Python's lock, so that each pass over the matches may have a processor of its own.
        begun = [
            self._patience.begin(partial(self._count, query, *each), query.until) for each in passes(query)
        ]

        def counts() -> Counts:
            counted = {name: found for one in begun for name, found in one().items()}
            return {name: counted[name] for name in query.facets}

        return counts

    def _count(self, query: Wanted, names: tuple[str, ...], without: str) -> Counts:
        with _translated():
            searcher, schema = self._searcher()
            return count(searcher, query_of(schema, query, without=without), names)

    def ids(self) -> Iterator[tuple[str, int]]:
        searcher, _schema = self._searcher()
        number = searcher.num_docs
        found = searcher.search(Query.all_query(), limit=max(1, number), count=False)
        for _score, address in found.hits:
            document = searcher.doc(address)
            yield document["id"][0], document["revision"][0]

    @contextmanager
    def rebuild(self) -> Iterator["Embedded"]:
        if not self.writable():
            raise IndexDown("另一个进程正在更新索引。")
        begun = self.folder / f"filling-{SCHEMA_VERSION.replace('/', '-')}"
        for path in self.folder.glob("filling-*"):
            meta = path / "meta.json"
            if path != begun or not meta.exists() or time.time() - meta.stat().st_mtime > REMNANT:
                shutil.rmtree(path, ignore_errors=True)
        try:
            fresh = _Fresh(begun)
        except IndexDown:  # what was begun is damaged
            shutil.rmtree(begun, ignore_errors=True)
            fresh = _Fresh(begun)
        try:
            yield fresh
            fresh.commit()
        except BaseException:
            fresh.close()
            shutil.rmtree(begun, ignore_errors=True)
            raise
        fresh.close()
        name = f"index-{secrets.token_hex(4)}"
        os.rename(begun, self.folder / name)
        with self._lock:
            self._point(name)
            self._drop_others(name)

    def _point(self, name: str) -> None:
        temporary = self.folder / "current.new"
        temporary.write_text(json.dumps({"folder": name, "version": SCHEMA_VERSION}))
        os.replace(temporary, self.folder / "current")

    def _drop_others(self, name: str) -> None:
        if self._open is not None and self._open.path.name != name:
            self._open.close()
            self._open = None
        for path in self.folder.glob("index-*"):
            if path.name != name:
                shutil.rmtree(path, ignore_errors=True)

    def fresh(self) -> bool:
        pointer = self._pointer()
        if (
            pointer.get("version") != SCHEMA_VERSION
            or not (self.folder / pointer["folder"] / "meta.json").exists()
        ):
            return False
        try:
            self._search(_PROBE)
            self._count(_PROBE, _PROBE.facets, "")  # however long it takes: what is slow is not lost
        except IndexDown:
            return False
        return True

    def writable(self) -> bool:
        with self._lock:
            if self._held is not None and self._holds():
                return True
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                fcntl = import_module("fcntl")
            except ImportError:  # Windows runs mirrors alone, whose one writer holds a lock of its own
                return True
            file = (self.folder / "writer.lock").open("w")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                file.close()
                return False
            if self._held is not None:
                self._held.close()
            self._held = file
            return True

    def _holds(self) -> bool:
        """Whether the lock that is held is the one that others would try: the folder may have been made anew."""
        assert self._held is not None
        try:
            return os.path.samestat(os.fstat(self._held.fileno()), (self.folder / "writer.lock").stat())
        except FileNotFoundError:
            return False

    def check(self) -> None:
        self.search(_PROBE)

    def close(self) -> None:
        with self._lock:
            if self._open is not None:
                self._open.close()
                self._open = None
            if self._held is not None:
                self._held.close()
                self._held = None

    def _pointer(self) -> dict[str, str]:
        """What `current` says, read again when another file has taken its place."""
        try:
            stamp = _stamp(self.folder / "current")
            if self._read is None or self._read[0] != stamp:
                self._read = stamp, json.loads((self.folder / "current").read_text())
            return self._read[1]
        except (FileNotFoundError, ValueError):
            return {}

    def _current(self) -> _Folder:
        """The index in use, reopened when a rebuild of any process has moved the name. A rebuild alone makes one: what a
        write made would pass for the whole."""
        with self._lock:
            name = self._pointer().get("folder")
            if name is None:
                raise IndexDown("还没有索引。")
            if self._open is None or self._open.path.name != name:
                if self._open is not None:
                    self._open.close()
                self._open = _Folder(self.folder / name)
            return self._open

    def _searcher(self) -> tuple[tantivy.Searcher, tantivy.Schema]:
        with self._lock:
            while True:
                name = self._pointer().get("folder")
                try:
                    current = self._current()
                    return current.searcher(), current.index.schema
                except IndexDown:
                    if self._pointer().get("folder") == name:
                        raise  # else a rebuild of another process moved the name meanwhile: look again


class _Fresh(Embedded):
    """The index that a rebuild fills, under its parent's lock; it goes on with what one that was killed made durable."""

    def __init__(self, path: Path) -> None:
        self._filled = _Folder(path, create=not path.exists())
        self._waiting = 0
        """Documents that are not durable yet."""

    def _searcher(self) -> tuple[tantivy.Searcher, tantivy.Schema]:
        return self._filled.searcher(), self._filled.index.schema

    def _write(self, documents: Iterable[Document], ids: Iterable[str]) -> None:
        self._waiting += self._filled.add(documents, ids)
        if self._waiting >= DURABLE:
            self.commit()

    def commit(self) -> None:
        """All of it is durable."""
        self._filled.commit()
        self._waiting = 0

    def close(self) -> None:
        self._filled.close()
