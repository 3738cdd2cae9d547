"""Jobs, storage, vocabularies and the audit log at the administration's pages."""

import io
from datetime import timedelta

import pytest
from openpyxl import load_workbook

from service import jobs, worker
from service.models import File, Job
from tests.web.browsing import Site
from web.pages.admin import upkeep


def bury(pages: Site, subject: str) -> str:
    """A job that was given up; returns its id."""
    with pages.library.writing("platform") as work:
        work.enqueue("extract", subject)
        work.session.flush()
        (job,) = jobs.claim(work.session, work.now, ["extract"])
        job.attempts = jobs.TRIES
        work.session.flush()
        jobs.fail(work.session, [job], work.now, "ObjectMissing: <files/1>")
        return job.id


@pytest.mark.parametrize("path", ["/admin/jobs", "/admin/storage", "/admin/vocabularies", "/admin/audit"])
def test_a_teacher_finds_none_of_it(pages: Site, path: str) -> None:
    pages.visitor("t_helper").get(path, 404)
    pages.visitor("o_370200").get(path, 404)
    pages.visitor(None).get(path, 303)
    pages.visitor("platform").get(path)


def test_every_job_has_a_name_that_an_administrator_reads() -> None:
    assert set(worker.JOBS) - set(upkeep.JOBS) == set()


def test_a_job_that_was_given_up_is_shown_with_its_error_and_tried_again(pages: Site) -> None:
    platform = pages.visitor("platform")
    assert "没有失败的任务" in platform.get("/admin/jobs")
    ident, other = bury(pages, "file-1"), bury(pages, "file-2")
    shown = platform.get("/admin/jobs")
    assert "ObjectMissing: &lt;files/1&gt;" in shown
    assert "file-1" in shown
    platform.done(f"/admin/jobs/{ident}/retry")
    platform.refused(409, f"/admin/jobs/{ident}/retry")
    platform.done("/admin/jobs/retry")
    with pages.library.reading("platform") as work:
        for job in (work.session.get_one(Job, one) for one in (ident, other)):
            assert (job.state, job.attempts) == ("waiting", 0)
            assert job.run_at <= work.now + timedelta(0)
    platform.refused(404, "/admin/jobs/none/retry")


def test_jobs_are_the_platforms_alone(pages: Site) -> None:
    ident, admin = bury(pages, "file-1"), pages.visitor("a_helper")
    admin.get("/admin/jobs", 404)
    admin.refused(404, f"/admin/jobs/{ident}/retry")
    admin.refused(404, "/admin/jobs/retry")
    assert 'href="/admin/jobs"' not in admin.get("/admin")


def test_storage_is_told_by_school_against_its_quota(pages: Site) -> None:
    for owner in ("t_helper", "t_aided"):
        ident = pages.library.draft(owner, "不外传的标题")
        pages.library.attach(owner, ident, f"{owner}的课件.txt", b"x" * 2048)
    shown = pages.visitor("a_helper").get("/admin/storage")
    assert "t_helper的课件.txt" not in shown
    assert "没有发布，或没有共享给您的附件" in shown
    assert "2 KB" in shown
    assert "200 GB" in shown
    assert "t_aided" not in shown
    assert "aided 小学" not in shown
    everything = pages.visitor("platform").get("/admin/storage?sort=name")
    assert "的课件.txt" not in everything
    assert "4 KB" in everything
    assert "不外传的标题" not in everything
    pages.visitor("t_aided").done(f"/resources/{ident}/submit")
    pages.visitor("a_aided").done(f"/resources/{ident}/publish")
    assert "t_aided的课件.txt" in pages.visitor("a_aided").get("/admin/storage")
    assert "t_aided的课件.txt" not in pages.visitor("a_helper").get("/admin/storage")


def test_vocabularies_show_codes_other_names_and_their_source(pages: Site) -> None:
    admin = pages.visitor("a_helper")
    shown = admin.get("/admin/vocabularies")
    assert "道德与法治" in shown
    assert "义务教育课程方案和课程标准" in shown
    assert "部编版" in admin.get("/admin/vocabularies?name=edition")
    admin.get("/admin/vocabularies?name=secrets", 404)


# The audit log ------------------------------------------------------------------------------------------------------


def test_the_log_is_narrowed_by_who_what_whom_and_when(pages: Site) -> None:
    ident = pages.library.draft("t_helper")
    pages.library.clock.tick(days=3)
    pages.library.draft("t_aided")
    platform = pages.visitor("platform")
    assert ident in platform.get("/admin/audit?actor=t_helper&action=resource.create")
    assert ident in platform.get(f"/admin/audit?subject={ident}")
    assert ident in platform.get("/admin/audit?first=2026-09-01&last=2026-09-01")
    for query in (
        "actor=t_aided",
        "action=grant.give",
        "first=2026-09-02",
        "last=2026-08-31",
        "subject=t_aided",
    ):
        assert ident not in platform.get(f"/admin/audit?{query}")
    assert "没有符合条件的记录" in platform.get("/admin/audit?actor=nobody")
    assert 'id="first-error"' in platform.get("/admin/audit?first=昨天", 422)


def test_an_administrator_reads_of_her_own_school_alone(pages: Site) -> None:
    own, others = pages.library.draft("t_helper"), pages.library.draft("t_aided")
    pages.visitor("t_aided")
    shown = pages.visitor("a_helper").get("/admin/audit")
    assert own in shown
    assert others not in shown
    assert "t_aided" not in shown
    assert own not in pages.visitor("a_helper").get(f"/admin/audit?subject={others}")


def test_the_log_is_paged(pages: Site) -> None:
    with pages.library.writing("t_helper") as work:
        for number in range(60):
            work.audit("resource.read", f"subject-{number}")
    platform = pages.visitor("platform")
    first, second = (platform.get(f"/admin/audit?action=resource.read&page={n}") for n in (1, 2))
    assert 'rel="next"' in first
    assert 'rel="next"' not in second
    assert sum(f"subject-{number}<" in first + second for number in range(60)) == 60


def test_the_log_leaves_as_a_file_without_formulas_and_that_is_written_down(pages: Site) -> None:
    with pages.library.writing("t_helper") as work:
        work.audit("resource.read", "=cmd|'/c calc'!A0")
    platform = pages.visitor("platform")
    csv = platform.post("/admin/audit/export", {"action": "resource.read", "form": "csv"})
    assert csv.content.startswith(b"\xef\xbb\xbf")
    assert "'=cmd|" in csv.text
    xlsx = platform.post("/admin/audit/export", {"action": "resource.read", "form": "xlsx"})
    sheet = load_workbook(io.BytesIO(xlsx.content)).active
    assert sheet is not None
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert all(cell.data_type != "f" for cell in cells)
    assert any(str(cell.value).startswith("'=cmd|") for cell in cells)
    assert "导出操作记录" in platform.get("/admin/audit?action=audit.export")
    pages.visitor("t_helper").refused(404, "/admin/audit/export", {"form": "csv"})
    platform.refused(422, "/admin/audit/export", {"first": "x", "form": "csv"})


# The bytes ----------------------------------------------------------------------------------------------------------


def test_what_is_withheld_is_told_to_the_platform_alone(pages: Site) -> None:
    ident = pages.library.draft("t_helper")
    file = pages.library.attach("t_helper", ident, "教案.txt", b"abc")
    platform = pages.visitor("platform")
    assert "没有发现损坏或丢失的附件" in platform.get("/admin/integrity")
    with pages.library.backends.writing() as work:
        work.session.get_one(File, file).withheld = "damaged"
    shown = platform.get("/admin/integrity")
    assert "有 1 个附件已停止提供" in shown
    assert "内容和上传时不一样了" in shown
    assert "教案.txt" in shown
    pages.visitor("a_helper").get("/admin/integrity", 404)
    assert pages.http.get("/api/v1/health/ready").json()["parts"]["files"] == "1 withheld"
