"""The command `tongke`. Every command opens the data folder itself and works while `serve` runs on it."""

import ctypes
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from time import monotonic
from typing import Annotated, Any

import typer
import uvicorn
from prometheus_client import start_http_server
from rich.progress import Progress
from sqlalchemy import func, select
from sqlmodel import col

from service import jobs, logs, upkeep
from service.library import accounts, callers, indexing, regions
from service.library import demo as demo_content
from service.library.importing import Report, run, source
from service.mirror import command as mirroring
from service.models import File, Person, Resource
from service.permissions import Caller, Scope
from service.search import IndexDown
from service.settings import Settings
from service.terminal import PATIENCE, Data, bar, collect_seldom, failed, opened, out, rate, settings_of
from service.wiring import Backends, UnknownBackend, search_key
from service.worker import Worker, wait_for

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="同课 Tongke: 结对学校的共建共享教学资源库。"
)
demo = typer.Typer(no_args_is_help=True, help="示例内容。")
app.add_typer(demo, name="demo")
upkeep.install(app)
mirroring.install(app)


@app.command()
def serve(
    data: Data = None,
    host: Annotated[str, typer.Option(help="监听地址；默认只有本机，--lan 时是整个校园网。")] = "",
    port: Annotated[int, typer.Option(help="端口。")] = 8000,
    demo: Annotated[bool, typer.Option(help="空的数据文件夹先放入示例内容。")] = True,
    mirror: Annotated[
        Path | None, typer.Option(help="本校的副本（tongke mirror 的文件夹）：只读，不用登录。")
    ] = None,
    lan: Annotated[
        bool, typer.Option("--lan", help="给校园网里的电脑用：副本用 http，其余用自制的证书。")
    ] = False,
) -> None:
    """启动服务。空的数据文件夹会先放入示例内容，并打印登录账号。"""
    settings = settings_of(mirroring.settings_of(mirror) if mirror else data)
    with opened(settings, patience=PATIENCE) as backends:
        if demo and not settings.mirror and _empty(backends):
            # In a process of its own: what makes films and slides need not stay in the server's memory.
            subprocess.run([sys.argv[0], "seed", "--data", str(settings.data_dir)], check=True)  # noqa: S603
        host = host or (ANYWHERE if lan else "127.0.0.1")
        secured = _secured(settings) if lan and not settings.mirror else {}
        for name in _reached_at(host):
            out.print(f"同课 Tongke: {'https' if secured else 'http'}://{name}:{port}", style="bold")
        _spare_memory()
        _open_many()
        logs.configure(settings.log_level)
        from service.app import create_app  # with every route and page, which only serving needs
        from service.arriving import Arriving

        # uvicorn raises the signal that ended it once more; as an exception it lets the back ends be closed.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        made = create_app(settings, backends)
        collect_seldom(10_000, 20, 50)
        uvicorn.run(
            made,
            host=host,
            port=port,
            http=Arriving,
            log_config=None,
            access_log=False,  # service.traffic has a line for each request
            server_header=False,
            timeout_graceful_shutdown=10,
            forwarded_allow_ips=settings.forwarded_from,
            **secured,
        )


OPEN = 65_536
"""Files and connections of `serve`, where the system allows so many."""
ANYWHERE = "0.0.0.0"  # noqa: S104  (what --lan is for)


def _reached_at(host: str) -> list[str]:
    if host != ANYWHERE:
        return [host]
    from service import certificate  # with 8 MB of cryptography, which only --lan needs

    return certificate.addresses()


def _secured(settings: Settings) -> dict[str, Any]:
    """uvicorn's options for https with a certificate of our own, which is told so that people can compare it."""
    from service import certificate

    made = certificate.ensure(settings.data_dir, certificate.addresses())
    out.print("浏览器第一次打开时会提醒证书不是公认的；核对下面的 SHA-256 指纹一致，就可以继续。")
    out.print(made.fingerprint)
    return {"ssl_certfile": str(made.path), "ssl_keyfile": str(made.key)}


def _spare_memory() -> None:
    """Keep the C library from giving each of the forty request threads a heap of its own, which it hardly returns, and
    pypinyin from copying its dictionaries, which nobody changes (scripts/bench/library: 285 MB at the peak instead of
    304), and from keeping large blocks that were freed (6 MB less), though not the little that bytes on their way need
    again at once. M_ARENA_MAX is -8, M_MMAP_THRESHOLD -3, M_TRIM_THRESHOLD -1 in glibc's mallopt(3); where there is no
    such call it is not made."""
    os.environ.setdefault("PYPINYIN_NO_DICT_COPY", "true")
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if os.name == "posix" else None
    if mallopt is not None:
        mallopt(-8, 1)
        mallopt(-3, 1024 * 1024)
        mallopt(-1, 4 * 1024 * 1024)


def _open_many() -> None:
    """Let the process have as many files and connections open as it may (getrlimit(2)): most systems begin with 1,024,
    where `service.bounds` lets twice as many in."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN if most == resource.RLIM_INFINITY else min(most, OPEN)
    if now != resource.RLIM_INFINITY and now < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def _empty(backends: Backends) -> bool:
    with backends.reading() as work:
        return work.session.execute(select(func.count()).select_from(Person)).scalar_one() == 0


def _seed(backends: Backends) -> None:
    path = backends.settings.data_dir / "demo-accounts.json"
    with out.status("正在准备示例内容……"):
        found = demo_content.seed(backends.reading, backends.writing, path)
    out.print(f"示例账号(也写在 {path}):")
    for account in found:
        place = account["school"] or account["city"] or ""
        out.print(
            f"  {account['username']:<18} {account['password']:<18} {account['name']} {place} {account['role']}"
        )


@app.command()
def worker(
    data: Data = None,
    until_idle: Annotated[bool, typer.Option("--until-idle", help="做完现有的任务就退出。")] = False,
) -> None:
    """单独运行后台任务（提取文字、更新索引、到期处理）。"""
    with opened(data, patience=PATIENCE) as backends:
        logs.configure(backends.settings.log_level)
        if backends.settings.metrics_port:
            start_http_server(backends.settings.metrics_port, addr="127.0.0.1")
        worker = Worker(backends)
        for name in (signal.SIGINT, signal.SIGTERM):
            # In a thread: what the handler interrupts may hold the very lock that it would wait for.
            signal.signal(name, lambda *_: threading.Thread(target=worker.stop).start())
        worker.run(until_idle=until_idle)


@app.command()
def migrate(data: Data = None) -> None:
    """把数据库升级到本版本的结构。可以重复运行。"""
    with opened(data) as backends:
        backends.objects.prepare()
        backends.database.migrate()
        with backends.writing() as work:
            regions.load(work)
    out.print("数据库已是最新结构。")


@app.command()
def seed(data: Data = None) -> None:
    """放入示例内容，打印登录账号。可以重复运行。"""
    with opened(data) as backends:
        _seed(backends)


@demo.command("remove")
def demo_remove(data: Data = None) -> None:
    """移除全部示例内容和示例账号。"""
    with opened(data) as backends:
        removed = demo_content.remove(backends.reading, backends.writing)
        (backends.settings.data_dir / "demo-accounts.json").unlink(missing_ok=True)
        with out.status("正在清理文件与索引……"):
            wait_for(backends, lambda: _left(backends, "index", "discard"), lambda _left: None)
    out.print(f"已移除示例资源 {removed} 份，以及示例学校和账号。")


@app.command("import")
def import_(
    path: Annotated[
        Path, typer.Argument(exists=True, help="NDJSON 文件、一个文件夹，或 tongke export 的结果。")
    ],
    data: Data = None,
    person: Annotated[
        str, typer.Option("--as", help="以哪位老师的名义（用户名）；默认是示例的第一位老师。")
    ] = "",
    wait: Annotated[bool, typer.Option(help="等到文字都提取完。")] = True,
) -> None:
    """导入资源。可以随时停下再运行，不会重复。"""
    with opened(data) as backends:
        caller = _importer(backends, person)
        total = source.count(path)
        with bar() as line:
            task = line.add_task("导入", total=total)
            report = run(
                backends.reading,
                backends.writing,
                path,
                caller,
                school_id=caller.school_id or "",
                progress=lambda done: line.update(task, completed=done),
            )
            if wait:
                _finish(backends, line)
        _print(backends, report)


def _importer(backends: Backends, username: str) -> Caller:
    """In whose name: the person asked for, else the first of the demo's accounts."""
    if not username:
        accounts_file = backends.settings.data_dir / "demo-accounts.json"
        if not accounts_file.exists():
            raise typer.BadParameter("请用 --as 用户名 指明以哪位老师的名义导入。")
        username = json.loads(accounts_file.read_text())["accounts"][0]["username"]
    with backends.reading() as work:
        person_id = accounts.known_as(work, username)
        caller = callers.person(work.session, person_id, work.now) if person_id else None
    if caller is None or caller.school_id is None:
        raise typer.BadParameter(f"没有找到用户 {username}，或其没有所属学校。")
    return caller


def _finish(backends: Backends, bar: Progress) -> None:
    """Until the imported files are extracted and everything is in the index."""
    task = bar.add_task("提取文字与建立索引", total=None)
    total = 0

    def progress(left: int) -> None:
        nonlocal total
        total = max(total, left)
        bar.update(task, completed=total - left, total=total)

    wait_for(backends, lambda: _left(backends, "extract", "index"), progress)


def _left(backends: Backends, *names: str) -> int:
    """Jobs of these names under way or waiting."""
    with backends.reading() as work:
        found = jobs.counts(work.session)
    return sum(number for (name, state), number in found.items() if name in names and state != "buried")


def _print(backends: Backends, report: Report) -> None:
    out.print(f"新建 {report.created} 份，已有 {report.known} 份，未导入 {len(report.refused)} 份。")
    for place, reason in report.refused:
        out.print(f"  {place}: {reason}")
    if report.left_out:
        out.print(f"有 {len(report.left_out)} 处在这里没有对应的内容，没有带过来（看到的人只会更少）：")
        for place, what in report.left_out:
            out.print(f"  {place}: {what}")
    with backends.reading() as work:
        failed = [
            row
            for start in range(0, len(report.file_ids), 500)
            for row in work.session.execute(
                select(col(File.name), col(File.reason)).where(
                    col(File.id).in_(report.file_ids[start : start + 500]), col(File.state) == "failed"
                )
            )
        ]
    if failed:
        out.print(f"其中 {len(failed)} 个附件未能提取文字（文件已保存，可以下载）:")
        for name, reason in failed:
            out.print(f"  {name}: {reason}")


@app.command()
def token(
    username: Annotated[str, typer.Argument(help="用户名；用 --school 时为程序的名称。")],
    data: Data = None,
    scope: Annotated[list[str] | None, typer.Option(help="权限范围，可多次给出。")] = None,
    school: Annotated[
        str, typer.Option(help="为这所学校（编号）的程序登记 client_id 和 client_secret。")
    ] = "",
) -> None:
    """给老师发一个访问令牌，或为学校登记一个程序。密钥只显示这一次。"""
    scopes = scope or [str(item) for item in (Scope.READ, Scope.WRITE, Scope.SHARE)]
    with opened(data) as backends, backends.writing() as work:
        if school:
            client_id, secret = accounts.register_client(work, school, username, scopes)
            out.print(f"client_id={client_id}\nclient_secret={secret}")
            return
        person_id = accounts.known_as(work, username)
        if person_id is None:
            raise typer.BadParameter(f"没有找到用户 {username}。")
        out.print(accounts.open_token(work, scopes, person_id=person_id, name="tongke token"))


@app.command()
def reindex(
    data: Data = None,
    verify: Annotated[bool, typer.Option("--verify", help="只比较索引与数据库，列出不同之处。")] = False,
) -> None:
    """重建搜索索引；重建期间搜索照常可用。"""
    with opened(data) as backends:
        if verify:
            with backends.reading() as work:
                found = list(indexing.differences(work))
            for resource_id, words in found:
                out.print(f"{resource_id}: {words}")
            out.print(f"不同之处：{len(found)}。")
            raise typer.Exit(2 if found else 0)
        with backends.writing() as work:
            work.enqueue("reindex", "all", priority=1)
        begun = monotonic()
        with out.status("正在重建索引……"):
            wait_for(backends, lambda: _left(backends, "reindex"), lambda _left: None)
        with backends.reading() as work:
            number = work.session.execute(select(func.count()).select_from(Resource)).scalar_one()
    out.print(f"索引已重建，共 {number} 份资源{rate(number, begun)}。")


@app.command("search-key")
def search_key_(
    master_key: Annotated[
        str,
        typer.Option(envvar="MEILI_MASTER_KEY", prompt=True, hide_input=True, help="Meilisearch 的主密钥。"),
    ],
    data: Data = None,
) -> None:
    """用 Meilisearch 的主密钥生成（或找回）只够本服务使用的密钥，打印出来；TONGKE_SEARCH_URL 指明服务器。"""
    try:
        out.print(f"TONGKE_SEARCH_KEY={search_key(settings_of(data), master_key)}")
    except (UnknownBackend, IndexDown) as error:
        failed(error)
        raise typer.Exit(1) from error


def main() -> None:
    """The entry point."""
    app()
