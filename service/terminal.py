"""What every command shares: where it writes, how it opens the library, how it ends."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from time import monotonic, sleep
from typing import Annotated, Any

import structlog
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from service import logs
from service.db import UnfitDatabase
from service.errors import TongkeError, Unavailable
from service.library import regions
from service.library.backup import NoBackup
from service.search import IndexDown
from service.settings import Settings
from service.wiring import Backends, UnknownBackend, open_backends

_COMMANDS = {code: "\ufffd" for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\n"}
"""Characters that a terminal obeys (C0, C1): a file's name may hold some, which an administrator only reads."""


class _Console(Console):
    def print(self, *objects: Any, **options: Any) -> None:
        """As Rich's, but no word is a command to the terminal; Rich takes out five of them, and not the escape."""
        told = (one.translate(_COMMANDS) if isinstance(one, str) else one for one in objects)
        super().print(*told, **options)


out = _Console(highlight=False, soft_wrap=True, markup=False, emoji=False)
err = _Console(stderr=True, highlight=False, soft_wrap=True, markup=False, emoji=False)
"""Lines are broken by whoever shows them: what a program reads stays in one. Words are written as they are: a title may
have brackets in it, and a fingerprint `:CD:`."""

PATIENCE = 60.0
"""Seconds that `serve` and `worker` wait at their start for a database that is being started too."""
AGAIN = 1.0
"""Seconds before it is asked again."""

log = structlog.get_logger()

Data = Annotated[Path | None, typer.Option("--data", help="数据文件夹；也可用环境变量 TONGKE_DATA_DIR。")]


def settings_of(data: Path | Settings | None) -> Settings:
    """The settings, with this data folder or as they are given; the log tells of nothing below a warning, since commands
    have a line of their own to show."""
    settings = data if isinstance(data, Settings) else Settings() if data is None else Settings(data_dir=data)
    logs.configure(settings.log_level, least="warning")
    return settings


def collect_seldom(*thresholds: int) -> None:
    """Have Python look for circular garbage seldom (`gc.set_threshold`), and never among what the program has loaded. Rows
    and pages are made and dropped by the thousand, and hold few circles: it was a tenth of what a page takes."""
    gc.freeze()
    gc.set_threshold(*thresholds)


@contextmanager
def opened(data: Path | Settings | None, *, prepared: bool = True, patience: float = 0) -> Iterator[Backends]:
    """The back ends, migrated unless that is not wanted; expected errors end the command with a sentence and exit code
    1. For so many seconds (`patience`) a database or an object store that does not answer is waited for."""
    try:
        backends = open_backends(settings_of(data))
        try:
            if prepared:
                _once_they_answer(partial(prepare, backends), patience)
            yield backends
        finally:
            backends.close()
    except (TongkeError, UnfitDatabase, UnknownBackend, IndexDown, NoBackup) as error:
        failed(error)
        raise typer.Exit(1) from error


def _once_they_answer(run: Callable[[], None], patience: float) -> None:
    until = monotonic() + patience
    while True:
        try:
            return run()
        except Unavailable as error:
            if monotonic() >= until:
                raise
            log.warning("waits for what does not answer", error=str(error))
            sleep(AGAIN)


def failed(error: Exception) -> None:
    """Say that it was not done, and why."""
    err.print("没有完成：", style="red", end="")
    err.print(str(getattr(error, "detail", error)))


def prepare(backends: Backends) -> None:
    """Tables at this release's revision, provinces to counties in place, and the place of the objects."""
    if not backends.database.current():
        backends.objects.prepare()
        backends.database.migrate()
        with backends.writing() as work:
            regions.load(work)


def bar() -> Progress:
    """A line that shows how far it is."""
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=err,
    )


def rate(number: int, begun: float) -> str:
    """How fast that was, where there was anything."""
    return f"（每秒 {number / max(monotonic() - begun, 0.001):.0f} 个）" if number else ""
