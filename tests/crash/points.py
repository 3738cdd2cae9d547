"""Every point at which a process may die: before and after each step that outlives it.

Installed in a process under test alone; the program itself knows nothing of them. A step is a commit, a change of the
data folder's files, a call that changes the object store, or one that changes the index. Its name says whose it is: the
use-case that is on the stack, so that a new step is a new point by itself.
"""

import os
import re
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from types import FrameType
from typing import Any

import httpx2
from botocore.client import BaseClient
from sqlalchemy.engine.default import DefaultDialect

from service.search import embedded
from tests.crash import victims

_OURS = ("service.library.", "service.worker", "service.upkeep", "service.api.", "service.search.", "web.")
_SAFE = ("Get", "Head", "List")
_FILES = ("fsync", "fdatasync", "link", "replace", "unlink", "rmdir", "mkdir", "truncate")
_VARIES = re.compile(
    r"(?<=/index-)[0-9a-f]{8}/.+|(?<=-)[0-9a-f]{8}\b|[0-9a-f]{32}|(?<![0-9a-z])[0-9a-z]{26}(?![0-9a-z])|(?<=_tables_)[a-z-]+|\b[0-9a-f]{2}\b"
)
"""Ids and random names, which are others in each run, and what there are many of."""

KEPT = ("data/", "place/")
"""Folders of a run: its library, and the place of its backup."""
DOOM = "doom"
"""Stands in the journal where it struck."""


@dataclass(frozen=True, slots=True)
class Passage:
    """The n-th time that a process passes a point."""

    process: str
    point: str
    nth: int


@dataclass(frozen=True, slots=True)
class Doom:
    """At which passage somebody is killed, and who: the process itself, or a server of the stack by its name."""

    passage: Passage
    victim: str = "itself"


class Points:
    """Notes each passage in a journal, and lets doom strike."""

    def __init__(self, process: str, journal: Path, doom: Doom | None, stack: int | None) -> None:
        self._process, self._doom, self._stack = process, doom, stack
        self._journal = os.open(journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def passed(self, point: str) -> None:
        """One more time."""
        with self._lock:
            self._counts[point] += 1
            passage = Passage(self._process, point, self._counts[point])
            os.write(self._journal, f"{passage.nth}\t{point}\n".encode())
            if self._doom is None or self._doom.passage != passage:
                return
            os.write(self._journal, f"0\t{DOOM}\n".encode())
            if self._doom.victim == "itself":
                os.kill(os.getpid(), signal.SIGKILL)
            assert self._stack is not None
            victims.kill(self._stack, self._doom.victim)

    def around(self, step: str, what: Callable[[], Any]) -> Any:
        """Do it, and pass the point before and the point after."""
        where = _where()
        self.passed(f"{where}: before {step}")
        answer = what()
        self.passed(f"{where}: after {step}")
        return answer


def install(points: Points, folder: Path) -> None:
    """In this process, for good; of files, those in KEPT of the folder count."""
    _commits(points)
    _files(points, folder)
    _store(points)
    _index(points)


def _wrap(owner: Any, name: str, step: Callable[..., str | None], points: Points) -> None:
    real = getattr(owner, name)

    @wraps(real)
    def wrapped(*args: Any, **more: Any) -> Any:
        found = step(*args, **more)
        if found is None:
            return real(*args, **more)
        return points.around(found, lambda: real(*args, **more))

    setattr(owner, name, wrapped)


def _commits(points: Points) -> None:
    _wrap(DefaultDialect, "do_commit", lambda *_: "commit", points)


def _files(points: Points, folder: Path) -> None:
    def step(name: str) -> Callable[..., str | None]:
        def of(target: Any, other: Any = None, **more: Any) -> str | None:
            path = _path(other if name in ("link", "replace") else target, more.get("dir_fd"))
            inside = path.removeprefix(f"{folder}/")
            return f"{name} {_VARIES.sub('*', inside)}" if inside.startswith(KEPT) else None

        return of

    for name in _FILES:
        _wrap(os, name, step(name), points)


def _path(target: Any, folder: int | None) -> str:
    if isinstance(target, int):
        return os.readlink(f"/proc/self/fd/{target}")
    path = os.fsdecode(target)
    return path if folder is None else f"{os.readlink(f'/proc/self/fd/{folder}')}/{path}"


def _store(points: Points) -> None:
    def step(_client: Any, operation: str, _params: Any) -> str | None:
        return None if operation.startswith(_SAFE) else operation

    _wrap(BaseClient, "_make_api_call", step, points)


def _index(points: Points) -> None:
    for name in ("write", "add", "commit"):
        _wrap(embedded._Folder, name, lambda *_, name=name: f"{name} of the index", points)

    def step(_client: Any, request: Any, **_more: Any) -> str | None:
        path = _VARIES.sub("*", request.url.path)
        return None if request.method == "GET" or path.endswith("search") else f"{request.method} {path}"

    _wrap(httpx2.Client, "send", step, points)


def _where() -> str:
    """The function of ours that takes the step: the nearest on the stack that is no seam itself."""
    frame: FrameType | None = sys._getframe(3)
    while frame is not None:
        name = frame.f_globals.get("__name__", "")
        if name == "service.http" and "endpoint" in frame.f_locals:
            endpoint = frame.f_locals["endpoint"]
            return f"{endpoint.__module__}.{endpoint.__name__}"
        if name.startswith(_OURS):
            return f"{name.removeprefix('service.').removeprefix('library.')}.{frame.f_code.co_name}"
        frame = frame.f_back
    return "elsewhere"
