"""The commands `tongke mirror …`, and what they say."""

import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from typer.core import TyperGroup

from service.library.mirroring import wanted
from service.library.mirroring.wanted import Amount
from service.library.uploads import in_words
from service.mirror import carrying, lock
from service.mirror.fetching import Fetching
from service.mirror.following import Following
from service.mirror.pace import Between, Pace, parse_size
from service.settings import Settings
from service.storage.mirrored import Mirrored
from service.terminal import collect_seldom, err, failed, opened, out
from service.wiring import Backends
from tongke import Client, Problem, TongkeError, Unreachable

ACCESS = "access.json"
"""Of the mirror's folder: the address and the credentials that it was made with, readable by its owner alone."""
WAIT = 50
"""Seconds that a contact may wait for news while the mirror follows."""


class _Sync(TyperGroup):
    """`tongke mirror URL DIR` is short for `tongke mirror sync URL DIR`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ("--help", "-h"):
            args = ["sync", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_Sync, no_args_is_help=True, help="本校的资源库副本：`tongke mirror 网址 文件夹`。见 docs/mirror.md。"
)


def install(parent: typer.Typer) -> None:
    """Add the commands."""
    parent.add_typer(app, name="mirror")


def _size(text: str) -> int:
    try:
        return parse_size(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def _hours(text: str) -> Between:
    try:
        return Between.parse(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


@app.command()
def sync(
    url: Annotated[str, typer.Argument(help="资源库的网址。")],
    folder: Annotated[Path, typer.Argument(help="副本放在哪个文件夹。")],
    client_id: Annotated[
        str, typer.Option(envvar="TONGKE_CLIENT_ID", help="本校程序的编号；只需第一次给出。")
    ] = "",
    client_secret: Annotated[
        str, typer.Option(envvar="TONGKE_CLIENT_SECRET", help="它的密钥；只需第一次给出。")
    ] = "",
    between: Annotated[
        Between | None, typer.Option(parser=_hours, metavar="22:00-06:00", help="只在这段时间取附件。")
    ] = None,
    limit: Annotated[int | None, typer.Option(parser=_size, metavar="500k", help="每秒最多取多少。")] = None,
    budget: Annotated[
        int | None, typer.Option(parser=_size, metavar="200G", help="附件最多占多少硬盘。")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", help="一直运行，有更新就取。")] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="先把已有的文件全部核对一遍，坏了的重新取。")
    ] = False,
) -> None:
    """把本校老师都能看的资源取到这个文件夹；可以随时停下再运行。"""
    # Looking for circles was a quarter of the time of a first walk.
    collect_seldom(100_000, 50, 100)
    with _mirror(folder) as (backends, store), _client(url, folder, client_id, client_secret) as client:
        stopping = threading.Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, lambda *_: stopping.set())
        out.print(f"正在与资源库 {url} 同步到 {folder}……")
        with _bars() as bars:
            following = Following(backends, client, url, store, _tell_resources(bars))
            fetching = Fetching(
                backends, client, store, Pace(limit), between, budget, _tell_bytes(bars, backends), stopping
            )
            if verify and (bad := fetching.verify()):
                err.print(f"有 {bad} 个文件坏了或不见了，重新取。", style="yellow")
            run(following, fetching, follow=follow)
        _report(backends, fetching)


@app.command("export")
def export_(
    folder: Annotated[Path, typer.Argument(exists=True, help="副本的文件夹。")],
    disk: Annotated[Path, typer.Argument(help="U 盘或移动硬盘上的文件夹。")],
) -> None:
    """把副本复制到 U 盘或移动硬盘；再次导出只补上新的。"""
    with _mirror(folder) as (backends, store), _bars() as bars:
        number = carrying.export(backends, store, disk, _tell_copied(bars))
    out.print(f"已导出到 {disk}，附件和预览共 {number} 个，都核对过。")


@app.command("import")
def import_(
    disk: Annotated[Path, typer.Argument(exists=True, help="U 盘或移动硬盘上的文件夹。")],
    folder: Annotated[Path, typer.Argument(help="副本放在哪个文件夹。")],
) -> None:
    """从 U 盘或移动硬盘取来副本；可以随时停下再运行。"""
    with _mirror(folder) as (backends, store), _bars() as bars:
        number = carrying.bring(backends, store, disk, _tell_copied(bars))
    out.print(f"已导入到 {folder}，附件和预览共 {number} 个，都核对过。")


def run(following: Following, fetching: Fetching, *, follow: bool) -> None:
    """Once, or again and again until it is to end. A library that cannot be reached, or fails, is waited for while it
    follows; else raises what the client raises."""
    begun = False
    while not begun or (follow and not fetching.stopping.is_set()):
        try:
            if begun:
                following.contact(WAIT)
            else:
                fetching.beside(following.contact, following.quick)
                _sweep(fetching.backends, fetching.store)
                begun = True
            fetching.run()
        except (Unreachable, Problem) as error:
            if not follow or not _passes(error):
                raise
            err.print("暂时连不上资源库，稍后再试：", style="yellow", end="")
            err.print(str(error))
            if fetching.stopping.wait(WAIT):
                return


def _passes(error: Unreachable | Problem) -> bool:
    """Whether it is the library's own trouble, which passes, and no refusal."""
    return not isinstance(error, Problem) or error.status >= 500 or error.status == 429


def settings_of(folder: Path) -> Settings:
    """For showing the copy in this folder. BadParameter where there is none."""
    if not (folder / "tongke.db").exists():
        raise typer.BadParameter(f"{folder} 里还没有副本。请先运行 tongke mirror。")
    return Settings(data_dir=folder, mirror=True, api_per_minute=0)  # counting would write


@contextmanager
def _mirror(folder: Path) -> Iterator[tuple[Backends, Mirrored]]:
    """The mirror's back ends, under its lock; what goes wrong ends the command with a sentence."""
    settings = Settings(data_dir=folder, mirror=True, convert=False)
    try:
        with lock.held(folder), opened(settings) as backends:
            assert isinstance(backends.objects, Mirrored)
            backends.objects.prepare()
            yield backends, backends.objects
    except (TongkeError, lock.InUse, carrying.NotCarried) as error:
        failed(error)
        raise typer.Exit(1) from error


@contextmanager
def _client(url: str, folder: Path, client_id: str, client_secret: str) -> Iterator[Client]:
    """The library, as the school's program; what was given once is kept for the next time."""
    kept = folder / ACCESS
    known: dict[str, str] = json.loads(kept.read_text("utf-8")) if kept.exists() else {}
    given = {
        "client_id": client_id or known.get("client_id", ""),
        "client_secret": client_secret or known.get("client_secret", ""),
    }
    if not all(given.values()):
        raise typer.BadParameter("第一次运行请给出 --client-id 和 --client-secret（由学校管理员登记）。")
    with Client(url, **given, language="zh-CN") as client:
        client.me()
        if known != given:
            made = kept.with_name(f"{ACCESS}.new")
            made.touch(mode=0o600)
            made.write_text(json.dumps(given), "utf-8")
            os.replace(made, kept)
        yield client


def _sweep(backends: Backends, store: Mirrored) -> None:
    """What nothing speaks of goes: a kill may have come between a commit and the deletion that follows it, or a file
    while the feed took it back."""
    with backends.reading() as work:
        hashes = wanted.hashes(work)
    store.sweep(hashes)


def _bars() -> Progress:
    return Progress(
        TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TransferSpeedColumn(),
        TimeRemainingColumn(), console=err, refresh_per_second=2,
    )  # fmt: skip


def _tell_resources(bars: Progress) -> Callable[[int, int], None]:
    came = gone = 0

    def told(here: int, away: int) -> None:
        nonlocal came, gone
        came, gone = came + here, gone + away
        bars.console.print(f"资源：新增或更新 {came} 份" + (f"，移除 {gone} 份" if gone else ""))

    return told


def _tell_bytes(bars: Progress, backends: Backends) -> Callable[[int], None]:
    task, came, total = bars.add_task("附件", total=None), 0, -1

    def told(size: int) -> None:
        nonlocal came, total
        came += size
        if came > total:  # while the feed is walked there is ever more
            with backends.reading() as work:
                total = came + wanted.amounts(work).get("wanted", Amount()).size
            bars.update(task, total=total)
        bars.advance(task, size)

    return told


def _tell_copied(bars: Progress) -> Callable[[int, int], None]:
    task = bars.add_task("复制", total=None)
    return lambda done, total: bars.update(task, completed=done, total=total)


def _report(backends: Backends, fetching: Fetching) -> None:
    with backends.reading() as work:
        found = wanted.amounts(work)
    kept, left = found.get("kept", Amount()), found.get("wanted", Amount())
    out.print(f"副本里有附件和预览 {kept.number} 个，{in_words(kept.size)}。")
    if left.number:
        later = "在设定的时间段里再取" if fetching.between else "下次再取"
        out.print(f"还有 {left.number} 个（{in_words(left.size)}）没有取，{later}。")
    if over := found.get("over"):
        out.print(f"超出硬盘预算、没有取的有 {over.number} 个（{in_words(over.size)}）。")
    if failed := found.get("failed"):
        out.print(f"没有取到的有 {failed.number} 个，下次再试。")
