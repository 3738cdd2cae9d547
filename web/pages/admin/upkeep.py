"""What keeps the library well: jobs and failures, storage, vocabularies."""

from fastapi import APIRouter, Request, Response

from service.errors import NotFound
from service.http import Reading, UnitRoute
from service.library import administering, failures, storage_use, vocabulary
from web import work as units
from web.forms import Form
from web.pages.admin.frame import PageNumber, Text, address, show
from web.rendering import redirect

router = APIRouter(route_class=UnitRoute)
JOBS = {
    "extract": "提取文字", "pages": "制作页面图", "index": "更新搜索", "clock": "共享到期", "unlink": "清理附件",
    "discard": "清理文件", "purge": "清空回收站", "seal": "封存操作记录", "expire": "清理过期上传",
}  # fmt: skip
FILE_STATES = {"pending": "等待处理", "processing": "处理中", "ready": "已处理", "failed": "未能提取文字"}
VOCABULARIES = {
    "kind": "类别", "system": "学制", "stage": "学段", "grade": "年级", "subject": "学科", "edition": "教材版本",
    "volume": "册次", "type": "类型", "major": "专业大类", "licence": "使用许可", "team_kind": "团队类型",
}  # fmt: skip


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


@router.get("/admin/storage")
def storage(work: Reading, request: Request, sort: Text = "-used", page: PageNumber = 1) -> Response:
    """Bytes against quotas, files by state, the biggest ones."""
    schools, total = storage_use.by_school(work, sort=sort, page=page)
    return show(
        request, work, "storage.html", schools=schools, total=storage_use.total(work), states=storage_use.states(work),
        state_names=FILE_STATES, biggest=storage_use.biggest(work),
        address=address("/admin/storage", {}, sort=sort, page=page, total=total, per_page=storage_use.PER_PAGE),
    )  # fmt: skip


@router.get("/admin/vocabularies")
def vocabularies(work: Reading, request: Request, name: Text = "subject") -> Response:
    """Codes, labels, other names and where they are from."""
    administering.reach(work)
    if name not in VOCABULARIES:
        raise NotFound("没有这个词表。", english="There is no such vocabulary.")
    return show(
        request, work, "vocabularies.html", name=name, names=VOCABULARIES, found=vocabulary.entries(name),
        source=vocabulary.source(name), open=name in vocabulary.OPEN,
    )  # fmt: skip
