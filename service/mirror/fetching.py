"""The bytes: what is to be read first comes first, several at a time, verified, and gone on with wherever it broke off."""

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from time import monotonic
from typing import Any

import structlog

from service.library.mirroring import keeping, wanted
from service.mirror.pace import Between, Pace
from service.settings import MEBIBYTE
from service.storage.mirrored import PART, Mirrored
from service.wiring import Backends
from tongke import Client, Damaged, Problem, Unreachable, Wanted
from tongke.drive import digest
from tongke.packed import MOST

log = structlog.get_logger()

AT_ONCE = 4
"""Transfers; rclone's default too."""
AHEAD = 1000
"""Objects that are looked for at once."""
SMALL = 2 * MEBIBYTE
"""Up to this size objects come many in one answer: each asked for by itself costs more than its bytes."""
LOAD = 64 * MEBIBYTE
"""Bytes of such an answer: the library's work on a question is that on some megabytes."""
BESIDE = 0.2
"""Seconds between looks for what the feed has told meanwhile."""
EVERY = 1.0
"""Seconds between the moments at which what has come is written down."""
_PLACES = {
    wanted.FILE: "content", "thumbnail": "thumbnail", "page": "pages/{n}", "pdf": "pdf", "play": "film",
    "small": "film?small=true",
}  # fmt: skip


@dataclass
class Fetching:
    """A mirror on its way through what is wanted."""

    backends: Backends
    client: Client
    store: Mirrored
    pace: Pace = field(default_factory=lambda: Pace(None))
    between: Between | None = None
    budget: int | None = None
    told: Callable[[int], None] = lambda _size: None
    """How many bytes have come."""
    stopping: threading.Event = field(default_factory=threading.Event)
    _whole: SimpleQueue[Any] = field(default_factory=SimpleQueue)
    """Rows whose bytes are here, and not durable yet."""
    _came: SimpleQueue[tuple[str, bool]] = field(default_factory=SimpleQueue)
    """SHA-256 of what is here and durable, or (False) not to be had; to be written down."""
    _lost: Unreachable | None = None

    def run(self) -> bool:
        """Bring what is wanted, within hours and budget; whether everything that has its place here is here. Raises
        Unreachable: what came is kept."""
        with self.backends.writing() as work:
            freed = wanted.plan(work, self.budget)
        for sha256 in freed:
            self.store.drop(sha256)
        return self._bring(lambda: True) and self._complete()

    def beside(self, contact: Callable[[], bool], quick: threading.Event) -> bool:
        """`contact`; once the line proved to be quick, bytes come meanwhile. Not within a budget, for which all that has
        its place must be known."""
        if self.budget is not None:
            return contact()
        ended = threading.Event()
        with ThreadPoolExecutor(1) as one:
            meanwhile = one.submit(self._until, ended, quick)
            try:
                return contact()
            finally:
                ended.set()
                quick.set()
                meanwhile.result()

    def _until(self, ended: threading.Event, quick: threading.Event) -> None:
        quick.wait()
        try:
            self._bring(lambda: ended.wait(BESIDE))
        except Unreachable as error:  # the feed meets that too, or whoever brings what is left
            log.info("no bytes beside the feed", error=str(error))

    def verify(self) -> int:
        """Read everything that is here; what is damaged or gone is not shown any more, and brought again. Returns how
        many contents that are."""
        with self.backends.reading() as work:
            sizes = wanted.kept_sizes(work)
        bad = [sha256 for sha256 in sizes if not _whole(self.store.path(sha256), sha256)]
        with self.backends.writing() as work:
            wanted.lost(work, bad)
        for sha256 in bad:
            self.store.drop(sha256)
        return len(bad)

    def open(self) -> bool:
        """Whether bytes may come now."""
        hours = self.between is None or self.between.open(self.backends.clock())
        return hours and not self.stopping.is_set() and self._lost is None

    def _complete(self) -> bool:
        with self.backends.writing() as work:
            complete = not wanted.amounts(work).get("failed")
            if complete:
                keeping.state(work).complete_at = work.now
        return complete

    def _bring(self, ended: Callable[[], bool]) -> bool:
        """Bring what is wanted until nothing is left and it has `ended`, which is asked when there is nothing to do;
        whether it came to that. What comes is made durable while the next comes, and written down once a second, also
        where the line is lost. Raises Unreachable."""
        self._lost, written_at, looked_at = None, monotonic(), 0.0
        keys: dict[str, list[str]] = {}
        loading, settling = set[Future[None]](), set[Future[None]]()
        with (
            ThreadPoolExecutor(AT_ONCE, thread_name_prefix="fetch") as lines,
            ThreadPoolExecutor(AT_ONCE, thread_name_prefix="disk") as disk,
        ):
            while self.open() or loading or settling or not self._whole.empty():
                found = True  # until a look says otherwise
                due = not loading or monotonic() - looked_at >= BESIDE
                if due and len(loading) < 2 * AT_ONCE and self.open():
                    found, loads = self._next(keys)
                    looked_at = monotonic()
                    loading |= {lines.submit(self._load, load) for load in loads}
                done, _ = wait(loading | settling, timeout=EVERY, return_when=FIRST_COMPLETED)
                for future in done:
                    future.result()  # what a disk says against it ends everything
                loading, settling = loading - done, settling - done
                if (
                    not settling
                ):  # many at a time: the first that is made durable carries most of the others along
                    settling = {disk.submit(self._keep, rows) for rows in self._to_settle()}
                over = not loading and not settling
                if over or monotonic() - written_at >= EVERY:
                    self._write_down(keys)
                    written_at = monotonic()
                if over:
                    keys.clear()  # what the feed took back may come again
                    if not found and self.open() and ended():
                        return True
        if self._lost is not None:
            raise self._lost
        return False

    def _to_settle(self) -> list[list[Any]]:
        """What has come whole since the last time, in shares for as many threads."""
        rows = [self._whole.get() for _n in range(self._whole.qsize())]
        return [share for n in range(AT_ONCE) if (share := rows[n::AT_ONCE])]

    def _next(self, keys: dict[str, list[str]]) -> tuple[bool, list[list[Any]]]:
        """Whether there is anything that is not under way, and the loads of it; `keys` by SHA-256 hold what is. Of equal
        contents one comes."""
        with self.backends.reading() as work:
            under_way = {key for every in keys.values() for key in every}
            rows = [row for row in wanted.following(work, AHEAD + len(under_way)) if row.key not in under_way]
            here = wanted.recorded(work, [row.sha256 for row in rows])
        missing = {row.sha256: row for row in rows if row.sha256 not in here and row.sha256 not in keys}
        for row in rows:
            keys.setdefault(row.sha256, []).append(row.key)
        for sha256 in here:
            self._came.put((sha256, True))
        return bool(rows), list(_loads(missing.values()))

    def _write_down(self, keys: dict[str, list[str]]) -> None:
        """In one transaction, what has come or is not to be had since the last one."""
        came: dict[bool, list[str]] = {True: [], False: []}
        while not self._came.empty():
            sha256, well = self._came.get()
            came[well] += keys.pop(sha256, [])
        if came[True] or came[False]:
            with self.backends.writing() as work:
                wanted.kept(work, came[True])
                wanted.failed(work, came[False])

    def _load(self, rows: Sequence[Any]) -> None:
        """Bring some: several small ones in one answer, what is left one by one; nothing any more once the hours are over,
        where what has begun stays as it is."""
        left = list[Any]()
        for row in rows:
            if self._is_here(row):  # before a kill, and was not written down
                self._whole.put(row)
            else:
                left.append(row)
        try:
            while len(some := [row for row in left if not _begun(self.store.path(row.sha256))]) > 1:
                came = self._unpack(some)
                left = [row for row in left if row.key not in came]
                if not came:
                    break
            for row in left:
                self._one(row)
        except _Over:
            pass
        except Unreachable as error:
            self._lost = error  # the others end too

    def _is_here(self, row: Any) -> bool:
        target = self.store.path(row.sha256)
        target.parent.mkdir(exist_ok=True)
        return _whole(target, row.sha256)

    def _unpack(self, rows: Sequence[Any]) -> set[str]:
        """Bring these in one answer; the keys of those that came. What is left out, or of a line that broke, is asked for again; by
        itself it says why it does not come. Raises _Over."""
        by_name = {wanted.name(row.file_id, row.kind, row.n): row for row in rows}
        asked = {
            name: Wanted(self.store.path(row.sha256), row.size, row.sha256) for name, row in by_name.items()
        }
        came = set[str]()

        def arrived(name: str) -> None:
            came.add(by_name[name].key)
            self._whole.put(by_name[name])

        try:
            self.client.bring_copies(asked, arrived, progress=self._pause)
        except (Problem, Unreachable, Damaged, FileNotFoundError) as error:
            log.info("an answer of many files broke off", came=len(came), error=str(error))
        return came

    def _one(self, row: Any) -> None:
        """Bring one by itself."""
        target = self.store.path(row.sha256)
        place = _PLACES[row.kind].format(n=row.n)
        etag = row.sha256 if row.kind == wanted.FILE else f"{row.original}-{row.kind}-{row.n}"
        done = 0

        def progress(so_far: int, _size: int) -> None:
            nonlocal done
            came, done = max(0, so_far - done), max(done, so_far)
            self._pause(came)

        self._pause(0)
        try:
            self.client.bring(
                f"/resources/{row.resource_id}/files/{row.file_id}/{place}",
                target,
                size=row.size,
                sha256=row.sha256,
                etag=etag,
                progress=progress,
            )
        except (Problem, Damaged) as error:
            log.warning("a file does not come", file=row.key, error=str(error))
            self._came.put((row.sha256, False))
        except FileNotFoundError:
            log.info("a file was taken back while it came", file=row.key)
        else:
            self.told(row.size - done)
            self._whole.put(row)

    def _keep(self, rows: Sequence[Any]) -> None:
        """They are written down once a power cut can take nothing of them; not what the feed took back meanwhile."""
        for row in rows:
            with suppress(FileNotFoundError):
                _make_durable(self.store.path(row.sha256))
                self._came.put((row.sha256, True))

    def _pause(self, came: int) -> None:
        """So many bytes came: tell of them, and keep to the pace. Raises _Over where the hours are, or it is to end."""
        self.told(came)
        if pause := self.pace.wait_for(came):
            self.stopping.wait(pause)
        if not self.open():
            raise _Over


def _loads(rows: Iterable[Any]) -> Iterator[list[Any]]:
    """What is brought together, in the order of the rows: small ones up to LOAD bytes, a larger one alone."""
    load, size = list[Any](), 0
    for row in rows:
        if row.size > SMALL:
            yield [row]
            continue
        if len(load) == MOST or size + row.size > LOAD:
            yield load
            load, size = [], 0
        load.append(row)
        size += row.size
    if load:
        yield load


class _Over(Exception):
    """The hours are over, or the mirror is to end: what has come is gone on with another time."""


def _begun(target: Path) -> bool:
    return target.with_name(target.name + PART).exists()


def _whole(path: Path, sha256: str) -> bool:
    return path.exists() and digest(path) == sha256


def _make_durable(path: Path) -> None:
    """Before it is written down that it is here, so that a power cut takes no bytes that the database promises."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())
