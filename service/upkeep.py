"""Commands that keep the library well: check, backup, restore, export."""

import json
import os
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Annotated, Any

import typer

from service.library import checking, erasing, exporting, indexing, rotating, schools
from service.library.backup import NoBackup, making, manifest, restoring
from service.library.backup.copying import Copied
from service.library.checking import EXIT, Finding, Mark, Part
from service.permissions import SYSTEM
from service.storage import Objects
from service.terminal import Data, bar, opened, out, rate
from service.wiring import Backends, backup_place


def install(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (check, backup, restore, erase, rotate, revoke, export):
        app.command()(command)


def check(
    data: Data = None,
    part: Annotated[str, typer.Option(help="只核对其中一份，如 3/20。每份每次都是同样的内容。")] = "1/1",
    fresh: Annotated[bool, typer.Option("--fresh", help="从头开始，不接着上次中断的地方。")] = False,
) -> None:
    """核对：每条记录的文件都在且完好，每个文件都有记录，索引与数据库一致，审计记录没有被改动。中断后再运行会接着做。"""
    try:
        Part.parse(part)
    except ValueError as error:
        raise typer.BadParameter(f"{part} 不是“第几份/共几份”。") from error
    with opened(data) as backends:
        path = backends.settings.data_dir / "check.json"
        mark = None if fresh else _marked(path, part)
        if mark is not None:
            out.print(f"接着上次：已核对 {mark.done} 个附件，发现 {len(mark.findings)} 处问题。")
        mark = mark or Mark(part)
        found = [Finding(**finding) for finding in mark.findings]
        before, begun = mark.done, monotonic()
        with bar() as line:
            task = line.add_task("核对", total=None)
            for finding in checking.check(
                backends.reading,
                backends.writing,
                mark,
                lambda now: _write(path, now.as_json()),
                lambda done, total: line.update(task, completed=done, total=total),
            ):
                found.append(finding)
                line.console.print(f"{finding.kind}: {finding.subject}: {finding.detail}")
        path.unlink(missing_ok=True)
    kinds = {finding.kind for finding in found}
    out.print(f"核对了 {mark.done} 个附件{rate(mark.done - before, begun)}。")
    out.print("没有发现问题。" if not found else f"发现 {len(found)} 处问题。")
    for kind in [kind for kind in EXIT if kind in kinds]:
        out.print(f"  {kind}: {sum(finding.kind == kind for finding in found)}")
    if found:
        raise typer.Exit(checking.exit_code(kinds))


Where = Annotated[
    str,
    typer.Argument(help="文件夹，或 s3+https://KEY:SECRET@HOST/BUCKET/PREFIX；默认取自 TONGKE_BACKUP_URL。"),
]


def backup(
    place: Where = "",
    data: Data = None,
    keep: Annotated[
        int, typer.Option(min=0, help="只留最近几次备份，更早的连同不再需要的文件一起删除；0 为全留。")
    ] = 0,
    verify: Annotated[bool, typer.Option("--verify", help="备份后把它全部读一遍，核对每个字节。")] = False,
) -> None:
    """备份：先记录，再文件；已在备份里的不再写一遍。服务可以照常运行，中断后再运行会接着做。"""
    with opened(data) as backends:
        store, begun = _place(backends, place), monotonic()
        with bar() as line:
            task = line.add_task("备份", total=None)
            report = making.make(
                backends.reading,
                backends.writing,
                store,
                lambda done, total: line.update(task, completed=done, total=total),
            )
            findings = list(report.findings)
            if verify:
                task = line.add_task("核对备份", total=None)
                findings += making.verify(
                    store, report.snapshot, lambda done, total: line.update(task, completed=done, total=total)
                )
        out.print(f"备份 {report.snapshot}：{_said(report.copied, begun)}。")
        if keep and not findings:
            out.print(f"删除了 {making.prune(store, keep)} 次更早的备份。")
    _end(findings)


def export(
    school: Annotated[str, typer.Argument(help="学校的编号、标识码或全称。")],
    folder: Annotated[Path, typer.Argument(help="放到哪个文件夹；已经在那里的附件不再写一遍。")],
    data: Data = None,
) -> None:
    """导出一所学校已发布的资源：内容、附件和校验和。另一个平台用 tongke import 读入。"""
    with opened(data) as backends, backends.reading() as work:
        found = exporting.gather(work, schools.resolve(work, school, "school", ("school",)), seen=False)
        with bar() as line, found.lines:
            task = line.add_task("导出", total=found.size)
            exporting.write(
                work, found, folder, lambda done, total: line.update(task, completed=done, total=total)
            )
        out.print(f"导出 {found.resources} 份资源，{len(found.contents)} 个附件，{found.size / 1e6:.1f} MB。")
        for kind, number in found.left_out.items():
            if number:
                out.print(f"  没有导出：{exporting.STAYS[kind]} {number}")


def restore(
    place: Where = "",
    data: Data = None,
    snapshot: Annotated[str, typer.Option(help="哪一次备份；默认是最近一次完整的。")] = "",
) -> None:
    """恢复到一个空的地方。依法删除过的内容不会恢复。中断后再运行会接着做。"""
    with opened(data, prepared=False) as backends:
        store = _place(backends, place)
        told = manifest(store, snapshot)
        path = backends.settings.data_dir / "restore.json"
        backends.objects.prepare()  # a new store has no bucket, whose objects could be looked for
        done = _begun(backends, path, told.id)
        out.print(f"恢复备份 {told.id}（{told.at}），{told.objects} 个文件。")
        restoring.records(
            backends.database,
            backends.writing,
            store,
            told,
            done,
            lambda name: _tick(path, told.id, done, name),
        )
        erased = restoring.erasures(backends.writing, store)
        copied, begun = Copied(), monotonic()
        with bar() as line:
            task = line.add_task("恢复文件", total=None)
            findings = restoring.objects(
                backends.reading,
                backends.writing,
                store,
                copied,
                lambda now, total: line.update(task, completed=now, total=total),
            )
            task = line.add_task("建立索引", total=None)
            indexing.rebuild(
                backends.reading, lambda now, total: line.update(task, completed=now, total=total)
            )
        path.unlink(missing_ok=True)
    out.print(f"已恢复：{_said(copied, begun)}；重新删除依法删除过的内容 {erased} 处。")
    _end(findings)


def erase(
    resource_id: Annotated[str, typer.Argument(help="资源编号。")],
    reason: Annotated[str, typer.Option(help="依据，会写进操作记录。")],
    data: Data = None,
    file: Annotated[str, typer.Option(help="只删除这一个附件（编号）。")] = "",
) -> None:
    """依法删除一份资源（或它的一个附件）：文件、文字、预览和索引全部删除，不能撤销；以后从备份恢复时也会再删除。"""
    with opened(data) as backends:
        platform = replace(SYSTEM, platform_admin=True)
        with backends.writing(platform) as work:
            erasing.erase(work, erasing.Erased(resource_id, file or None), reason)
    out.print("已删除。文件会在几秒钟后从存储里清除。")


def rotate(
    data: Data = None,
    forget: Annotated[
        bool, typer.Option("--forget", help="旧密钥可能已泄露：立即作废，同步的程序要从头开始。")
    ] = False,
) -> None:
    """更换给同步位置签名的密钥。旧的位置在下一次更换之前仍然有效。"""
    with opened(data) as backends, backends.writing() as work:
        rotating.rotate(work, forget=forget)
    out.print("已更换。" + ("旧密钥已作废。" if forget else "旧密钥签的位置仍然有效。"))


def revoke(
    who: Annotated[str, typer.Argument(help="用户名，或程序的 client_id。")] = "",
    data: Data = None,
    everyone: Annotated[bool, typer.Option("--everyone", help="所有人和所有程序。")] = False,
) -> None:
    """让一个人（或一个程序）的登录和令牌全部失效；程序本身也停用。"""
    if everyone == bool(who):
        raise typer.BadParameter("请写用户名、client_id，或 --everyone，三者之一。")
    with opened(data) as backends, backends.writing() as work:
        number = rotating.revoke_all(work) if everyone else rotating.revoke(work, who)
    out.print(f"已失效的登录和令牌：{number} 个。")


def _place(backends: Backends, where: str) -> Objects:
    url = where or backends.settings.backup_url
    if not url:
        raise typer.BadParameter("请写明备份在哪里：一个文件夹，或 s3+https://…。")
    store = backup_place(url)
    store.prepare()
    return store


def _begun(backends: Backends, path: Path, snapshot: str) -> list[str]:
    """Tables that an interrupted restore of this snapshot loaded already. Anything else must be empty."""
    if path.exists():
        told = json.loads(path.read_text(encoding="utf-8"))
        if told["snapshot"] == snapshot:
            return list(told["tables"])
    elif backends.database.empty() and next(iter(backends.objects.list()), None) is None:
        _tick(path, snapshot, [], "")
        return []
    raise NoBackup("这里已经有内容了。只能恢复到空的地方：请换一个数据文件夹（或空的数据库和存储）。")


def _tick(path: Path, snapshot: str, done: list[str], name: str) -> None:
    if name:
        done.append(name)
    _write(path, {"snapshot": snapshot, "tables": done})


def _said(copied: Copied, begun: float) -> str:
    fast = rate(copied.new + copied.known, begun)
    return f"新写 {copied.new} 个文件，{copied.bytes / 1e6:.1f} MB；已有 {copied.known} 个{fast}"


def _end(findings: list[Finding]) -> None:
    """Name what was found; its kind is the exit code."""
    for finding in findings:
        out.print(f"{finding.kind}: {finding.subject}: {finding.detail}")
    if findings:
        raise typer.Exit(checking.exit_code({finding.kind for finding in findings}))


def _marked(path: Path, part: str) -> Mark | None:
    """The mark that an interrupted check of this part left."""
    try:
        mark = Mark(**json.loads(path.read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    return mark if mark.part == part else None


def _write(path: Path, told: dict[str, Any]) -> None:
    """So that a crash leaves the old mark or the new one."""
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    os.replace(fresh, path)
