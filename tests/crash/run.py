"""One run: the story on a fresh library, one death at one passage, and what must be so afterwards."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select
from sqlmodel import col

from service.errors import TongkeError
from service.library import checking, integrity
from service.library.checking import Mark
from service.models import Conversion, Derived, Job, Upload
from service.wiring import Backends, open_backends
from service.work import Work
from tests.crash import grounds, processes, restoring
from tests.crash.grounds import Ground
from tests.crash.points import DOOM, Doom, Passage
from tests.crash.processes import KILLED, Time
from tests.crash.story import Story, Wrong
from tests.e2e.server import free_port

RECURRING = ("seal", "expire", "scrub", "sweep", "watch", "announce")
"""Jobs that always wait for their next time."""
LONGEST = 180.0
"""Seconds of a real clock that everything may take to settle."""
ABANDONED = 4.0
"""Seconds after which a job under way is taken for one whose claim nobody heard of; its lease is then over."""
PAUSE = 0.05
UNDONE = "没有完成"
"""Begins the sentence with which a command ends that could not do what it was asked."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run went: whether anybody died, and the objects that nothing referred to (a sweep took them)."""

    struck: bool
    orphans: int
    seconds: float


class World:
    """The processes of one run on one library; whoever dies is started again."""

    def __init__(self, ground: Ground, folder: Path, environment: dict[str, str], doom: Doom | None) -> None:
        self.ground, self.folder, self.environment = ground, folder, environment
        self.time, self.port = Time(), free_port()
        self.deaths: list[str] = []
        self._doom = doom
        self._running: dict[str, BaseProcess] = {}
        for name in ground.processes:
            self._start(name, doom)
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", trust_env=False, timeout=60)

    def _start(self, name: str, doom: Doom | None) -> None:
        arguments: dict[str, Any] = (
            {"data": None, "host": "127.0.0.1", "port": self.port, "demo": False}
            if name == "serve"
            else {"data": None, "until_idle": False}
        )
        self._running[name] = processes.start(
            name, arguments, self.environment, self.folder, self.time, doom, self.ground.pid
        )

    def revive(self) -> None:
        """Start again who died, once its leases are over; pause where nobody did."""
        died = [name for name, process in self._running.items() if process.exitcode is not None]
        for name in died:
            if not self._fair(name):
                code = self._running[name].exitcode
                raise Wrong(f"{name} ended with {code}; see {self.folder}/{name}.log")
            self.deaths.append(name)
            self.time.pass_by(minutes=6)
            self._start(name, None)
        if not died:
            time.sleep(PAUSE)

    def _fair(self, name: str) -> bool:
        """Whether a process may have ended as it did: killed, or with a sentence, since it began while a server was gone."""
        if self._doom is None:
            return False
        if self._doom.victim == "itself":
            return self._running[name].exitcode == KILLED
        told = (self.folder / f"{name}.log").read_text()
        return self._running[name].exitcode == 1 and UNDONE in told and "Traceback" not in told

    @contextmanager
    def opened(self) -> Iterator[Backends]:
        """The library, as a command of the same machine opens it."""
        backends = open_backends(grounds.settings(self.environment))
        backends.clock = self.time
        try:
            yield backends
        finally:
            backends.close()

    def settle(self, backends: Backends) -> None:
        """Let time pass until nothing waits any more. Raises Wrong where that does not come, or a job is given up."""
        until = time.monotonic() + LONGEST
        left, since = list[Any](), time.monotonic()
        while time.monotonic() < until:
            self.revive()
            try:
                with backends.reading() as work:
                    before, left = left, list(_waiting(work))
            except TongkeError:
                continue
            if not left:
                return
            if any(job.state == "buried" for job in left):
                raise Wrong(f"given up: {[(job.name, job.error) for job in left]}")
            if left != before:
                since = time.monotonic()
            if all(job.state == "waiting" for job in left) or time.monotonic() - since > ABANDONED:
                since = time.monotonic()
                now = self.time()
                self.time.reach(min((job.run_at for job in left if job.run_at > now), default=now))
        raise Wrong(f"still waiting: {left}")

    def close(self) -> None:
        """End the processes."""
        self.http.close()
        for process in self._running.values():
            process.kill()
            process.join()


def _waiting(work: Work) -> Sequence[Any]:
    return work.session.execute(
        select(col(Job.name), col(Job.state), col(Job.run_at), col(Job.attempts), col(Job.error)).where(
            col(Job.name).not_in(RECURRING)
        )
    ).all()


def run(ground: Ground, doom: Doom) -> Outcome:
    """Play the story, or back up and restore, with this death in it. Raises Wrong; then the folder of the run stays."""
    play = _restored if doom.passage.process in restoring.COMMANDS else _played
    return play(ground, doom)[0]


def record(ground: Ground) -> list[Passage]:
    """Every passage of all that can be run, while nobody dies."""
    return [*_played(ground, None)[1], *_restored(ground, None)[1]]


def _restored(ground: Ground, doom: Doom | None) -> tuple[Outcome, list[Passage]]:
    begun = time.monotonic()
    with ground.library(empty=True) as (folder, environment):
        restoring.there_and_back(ground, folder, environment, doom)
        return Outcome(_struck(folder), 0, time.monotonic() - begun), _passages(folder)


def _played(ground: Ground, doom: Doom | None) -> tuple[Outcome, list[Passage]]:
    begun = time.monotonic()
    with ground.library() as (folder, environment):
        world = World(ground, folder, environment, doom)
        try:
            with world.opened() as backends:
                story = Story(world.http, ground.told, world.revive)
                story.play(lambda: _reindex(world, backends))
                world.settle(backends)
                story.verify()
                processes.once_it_is_back(story.found)
                processes.once_it_is_back(partial(_check, backends))
                orphans = processes.once_it_is_back(partial(_swept, world, backends))
        finally:
            world.close()
        return Outcome(_struck(folder), orphans, time.monotonic() - begun), _passages(folder)


def _reindex(world: World, backends: Backends) -> None:
    """As `tongke reindex` asks for it."""
    while True:
        try:
            with backends.writing() as work:
                work.enqueue("reindex", "all", priority=1)
            return
        except TongkeError:
            world.revive()


def _check(backends: Backends) -> None:
    """`tongke check`, and that everything which is made of a file was made."""
    backends.index.check()  # it may have died while the story was verified
    found = list(checking.check(backends.reading, backends.writing, Mark("1/1")))
    if found:
        raise Wrong(f"tongke check: {found}")
    with backends.reading() as work:
        states = set(work.session.scalars(select(col(Conversion.state))))
        kinds = Counter(work.session.scalars(select(col(Derived.kind))))
    if states != {"ready"} or kinds["page"] != 2 or kinds["play"] != 1:
        raise Wrong(f"conversions are {states}, with {dict(kinds)}")


def _swept(world: World, backends: Backends) -> int:
    """How many objects nothing refers to once they are a day old; a sweep takes them all."""
    later = replace(backends, clock=lambda: world.time() + 2 * integrity.GRACE)
    with later.reading() as work:
        orphans = [stat.key for stat in integrity.unreferenced(work)]
    integrity.sweep(later.reading, later.writing, "objects")
    world.settle(backends)
    with later.reading() as work:
        left = [stat.key for stat in integrity.unreferenced(work)]
    data = later.settings.data_dir / "objects"
    with later.reading() as work:
        staged = work.session.scalars(select(col(Upload.handle))).all()
    left += [path.name for path in data.glob("temporary/*")]
    left += [path.name for path in data.glob("staged/*") if path.name.replace("_", "/") not in staged]
    if left:
        raise Wrong(f"a sweep left {left}")
    return len(orphans)


def _passages(folder: Path) -> list[Passage]:
    found: dict[Passage, None] = {}
    for path in sorted(folder.glob("*.journal")):
        for line in path.read_text().splitlines():
            nth, _, point = line.partition("\t")
            found[Passage(path.stem, point, int(nth))] = None
    return list(found)


def _struck(folder: Path) -> bool:
    """Whether doom came."""
    return any(passage.point == DOOM for passage in _passages(folder))
