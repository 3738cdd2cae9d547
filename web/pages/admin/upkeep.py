"""What keeps the library well: jobs and failures, storage."""

from typing import Literal

from fastapi import APIRouter, Request, Response

from service.http import Reading, UnitRoute
from service.library import failures, integrity, storage_use
from service.library.sheets import Sheet
from web import work as units
from web.forms import Form
from web.pages.admin.frame import PageNumber, Text, address, every, show
from web.rendering import download, redirect

router = APIRouter(route_class=UnitRoute)
JOBS = {
    "extract": "提取文字", "pages": "制作页面图", "index": "更新搜索", "clock": "共享到期", "unlink": "清理附件",
    "convert": "转换文件", "catch-up": "补做转换", "scrub": "核对附件", "sweep": "清理无主文件",
    "discard": "清理文件", "purge": "清空回收站", "seal": "封存操作记录", "expire": "清理过期上传", "watch": "通知保存的搜索",
    "announce": "准备推送", "deliver": "推送到外部系统",
}  # fmt: skip
WITHHELD = {
    "damaged": "内容和上传时不一样了", "missing": "存储里找不到了", "virus": "杀毒程序发现了病毒",
}  # fmt: skip
FILE_STATES = {"pending": "等待处理", "processing": "处理中", "ready": "已处理", "failed": "未能提取文字"}


@router.get("/admin/jobs")
def jobs(work: Reading, request: Request, page: PageNumber = 1) -> Response:
    """How many wait, run or were given up; those given up with their errors."""
    buried, total = failures.buried(work, page=page)
    return show(
        request, work, "jobs.html", counts=failures.counts(work), oldest=failures.oldest_due(work), buried=buried,
        total=total, names=JOBS, now=work.now,
        address=address("/admin/jobs", {}, page=page, total=total, per_page=failures.PER_PAGE),
    )  # fmt: skip


@router.post("/admin/jobs/retry")
def retry_all(request: Request, form: Form) -> Response:
    """All that were given up, once more."""
    with units.writing(request) as work:
        failures.retry_all(work)
    return redirect("/admin/jobs", "retried")


@router.post("/admin/jobs/{job_id}/retry")
def retry(request: Request, job_id: str, form: Form) -> Response:
    """One of them."""
    with units.writing(request) as work:
        failures.retry(work, job_id)
    return redirect("/admin/jobs", "retried")


@router.get("/admin/storage/export.{form}")
def storage_file(work: Reading, form: Literal["xlsx", "csv"]) -> Response:
    """The schools' use as a file, in bytes."""
    rows = [
        (item.school.name, item.used, item.quota, item.share)
        for item in every(lambda page: storage_use.by_school(work, page=page))
    ]
    return download(Sheet(["学校", "已用（字节）", "配额（字节）", "比例（%）"], rows), "各校存储用量", form)


@router.get("/admin/storage")
def storage(work: Reading, request: Request, sort: Text = "-used", page: PageNumber = 1) -> Response:
    """Bytes against quotas, files by state, the biggest ones."""
    schools, total = storage_use.by_school(work, sort=sort, page=page)
    return show(
        request, work, "storage.html", schools=schools, total=storage_use.total(work), states=storage_use.states(work),
        state_names=FILE_STATES, biggest=storage_use.biggest(work),
        address=address("/admin/storage", {}, sort=sort, page=page, total=total, per_page=storage_use.PER_PAGE),
    )  # fmt: skip


@router.get("/admin/integrity")
def whole(work: Reading, request: Request) -> Response:
    """How far the bytes have been verified, and what is withheld."""
    return show(
        request, work, "integrity.html", coverage=integrity.coverage(work), withheld=integrity.withheld(work),
        reasons=WITHHELD, days=work.settings.scrub_days,
    )  # fmt: skip
