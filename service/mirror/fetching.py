"""The bytes: what is to be read first comes first, several at a time, verified, and gone on with wherever it broke off."""

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog

from service.library.mirroring import keeping, wanted
from service.mirror.pace import Between, Pace
from service.storage.mirrored import Mirrored
from service.wiring import Backends
from tongke import Client, Damaged, Problem, Unreachable
from tongke.drive import digest

log = structlog.get_logger()

AT_ONCE = 4
"""Transfers; rclone's default too."""
AHEAD = 200
"""Objects whose arrival is written down together."""
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

    def run(self) -> bool:
        """Bring what is wanted, within hours and budget; whether everything that has its place here is here. Raises
        Unreachable: what came is kept."""
        with self.backends.writing() as work:
            freed = wanted.plan(work, self.budget)
        for sha256 in freed:
            self.store.drop(sha256)
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="fetch") as pool:
            while self.open():
                with self.backends.reading() as work:
                    rows = wanted.following(work, AHEAD)
                    here = wanted.recorded(work, [row.sha256 for row in rows])
                if not rows:
                    return self._complete()
                self._bring(pool, rows, here)
        return False

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
        return hours and not self.stopping.is_set()

    def _complete(self) -> bool:
        with self.backends.writing() as work:
            complete = not wanted.amounts(work).get("failed")
            if complete:
                keeping.state(work).complete_at = work.now
        return complete

    def _bring(self, pool: ThreadPoolExecutor, rows: Sequence[Any], here: set[str]) -> None:
        """A batch; of equal contents one comes. What has come is written down also where the line is lost meanwhile."""
        by_hash: dict[str, list[Any]] = {}
        for row in rows:
            by_hash.setdefault(row.sha256, []).append(row)
        done = [row.key for sha256 in here for row in by_hash.pop(sha256, ())]
        failed, lost = list[str](), None
        running: dict[Future[bool], list[Any]] = {
            pool.submit(self._one, same[0]): same for same in by_hash.values()
        }
        while running:
            ended, _left = wait(running, return_when=FIRST_COMPLETED)
            for future in ended:
                keys = [row.key for row in running.pop(future)]
                try:
                    if future.result():
                        done += keys
                except Unreachable as error:
                    lost = error
                    self.stopping.set()
                except (Problem, Damaged) as error:
                    log.warning("a file does not come", file=keys[0], error=str(error))
                    failed += keys
        with self.backends.writing() as work:
            wanted.kept(work, done)
            wanted.failed(work, failed)
        if lost is not None:
            self.stopping.clear()
            raise lost

    def _one(self, row: Any) -> bool:
        """Whether it came; not where the hours are over meanwhile: its part stays."""
        if not self.open():
            return False
        target = self.store.path(row.sha256)
        if _whole(target, row.sha256):  # came before a kill, and was not written down
            return True
        target.parent.mkdir(exist_ok=True)
        place = _PLACES[row.kind].format(n=row.n)
        etag = row.sha256 if row.kind == wanted.FILE else f"{row.original}-{row.kind}-{row.n}"
        paced = _Paced(self, row.size)
        try:
            self.client.bring(
                f"/resources/{row.resource_id}/files/{row.file_id}/{place}",
                target,
                size=row.size,
                sha256=row.sha256,
                etag=etag,
                progress=paced,
            )
        except _Over:
            return False
        self.told(row.size - paced.done)
        _make_durable(target)
        return True


class _Over(Exception):
    """The hours are over, or the mirror is to end: what has come is gone on with another time."""


class _Paced:
    """The progress of one object: counts it, keeps it to its pace, and ends it with the hours."""

    def __init__(self, fetching: Fetching, size: int) -> None:
        self._fetching = fetching
        self.done = 0

    def __call__(self, done: int, _size: int) -> None:
        came = max(0, done - self.done)
        self._fetching.told(came)
        self.done = max(self.done, done)
        self._fetching.stopping.wait(self._fetching.pace.wait_for(came))
        if not self._fetching.open():
            raise _Over


def _whole(path: Path, sha256: str) -> bool:
    return path.exists() and digest(path) == sha256


def _make_durable(path: Path) -> None:
    """Before it is written down that it is here, so that a power cut takes no bytes that the database promises."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())
