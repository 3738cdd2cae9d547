"""The real commands as processes that can be killed: `serve`, `worker`, `backup`, `restore`.

They are forked from a process that has imported everything already, so that a restart takes a tenth of a second.
"""

import ctypes
import multiprocessing
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, TypeVar

import typer

from service import cli, terminal, upkeep
from service.errors import Unavailable
from service.search import IndexDown
from service.settings import Settings
from service.storage import StoreDown
from service.wiring import Backends, open_backends
from service.work import system_clock
from tests.crash import points
from tests.crash.points import Doom, Points

COMMANDS: dict[str, Callable[..., Any]] = {
    "serve": cli.serve,
    "worker": cli.worker,
    "backup": upkeep.backup,
    "restore": upkeep.restore,
}
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.crash.warm"])
KILLED = -signal.SIGKILL


T = TypeVar("T")
BACK = 120.0
"""Seconds in which a server that was killed is back."""


def once_it_is_back(what: Callable[[], T]) -> T:
    """Look at what a server that was killed may not answer at once."""
    until = time.monotonic() + BACK
    while True:
        try:
            return what()
        except (Unavailable, StoreDown, IndexDown):
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


class Time:
    """A clock that all processes of a run share, and that can be put forward."""

    def __init__(self) -> None:
        self._ahead: Any = CONTEXT.Value(ctypes.c_double, 0.0)

    def pass_by(self, **by: float) -> None:
        """Let time pass."""
        with self._ahead.get_lock():
            self._ahead.value += timedelta(**by).total_seconds()

    def reach(self, moment: datetime) -> None:
        """Let time pass until then, if it is to come."""
        with self._ahead.get_lock():
            self._ahead.value += max(0.0, (moment - self()).total_seconds() + 0.001)

    def __call__(self) -> datetime:
        """Now."""
        return system_clock() + timedelta(seconds=self._ahead.value)


def start(
    command: str,
    arguments: dict[str, Any],
    environment: dict[str, str],
    folder: Path,
    clock: Time,
    doom: Doom | None = None,
    stack: int | None = None,
) -> BaseProcess:
    """Run a command of COMMANDS; its passages go to FOLDER/COMMAND.journal, its words to FOLDER/COMMAND.log."""
    process = CONTEXT.Process(
        target=_run, args=(command, arguments, environment, folder, clock, doom, stack), daemon=True
    )
    process.start()
    return process


def _run(
    command: str,
    arguments: dict[str, Any],
    environment: dict[str, str],
    folder: Path,
    clock: Time,
    doom: Doom | None,
    stack: int | None,
) -> None:
    log = os.open(folder / f"{command}.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.environ.update(environment)
    scratch = folder / "scratch"  # what a killed process leaves there goes with the run
    scratch.mkdir(exist_ok=True)
    tempfile.tempdir = str(scratch)
    journal = Points(command, folder / f"{command}.journal", doom, stack)
    points.install(journal, folder)

    def opens(settings: Settings) -> Backends:
        return replace(open_backends(settings), clock=clock)

    terminal.open_backends = opens  # type: ignore[attr-defined]
    try:
        COMMANDS[command](**arguments)
    except typer.Exit as ended:
        sys.exit(ended.exit_code)
