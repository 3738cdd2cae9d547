"""Commands that keep the library well: check, backup, restore."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from service.library import checking
from service.library.checking import EXIT, Finding, Mark, Part
from service.terminal import Data, bar, opened, out


def install(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(check)


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
        with bar() as line:
            task = line.add_task("核对", total=None)
            for finding in checking.check(
                backends.reading,
                backends.writing,
                mark,
                lambda now: _keep(path, now),
                lambda done, total: line.update(task, completed=done, total=total),
            ):
                found.append(finding)
                line.console.print(
                    f"{finding.kind}: {finding.subject}: {finding.detail}", markup=False, soft_wrap=True
                )
        path.unlink(missing_ok=True)
    kinds = {finding.kind for finding in found}
    out.print("没有发现问题。" if not found else f"发现 {len(found)} 处问题。")
    for kind in [kind for kind in EXIT if kind in kinds]:
        out.print(f"  {kind}: {sum(finding.kind == kind for finding in found)}")
    if found:
        raise typer.Exit(checking.exit_code(kinds))


def _marked(path: Path, part: str) -> Mark | None:
    """The mark that an interrupted check of this part left."""
    try:
        mark = Mark(**json.loads(path.read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    return mark if mark.part == part else None


def _keep(path: Path, mark: Mark) -> None:
    """So that a crash leaves the old mark or the new one."""
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(mark.as_json(), ensure_ascii=False), encoding="utf-8")
    os.replace(fresh, path)
