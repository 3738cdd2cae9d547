"""The job loop, over real back ends."""

from pathlib import Path

from sqlalchemy import select
from sqlmodel import col

from service.models import File, Job
from service.worker import Worker
from tests.factories import library


def test_a_worker_that_is_stopped_leaves_no_job_leased(tmp_path: Path) -> None:
    made = library(tmp_path)
    ident = made.draft("t_helper", "秋天的雨")
    for n in range(8):
        made.attach("t_helper", ident, f"教案{n}.txt", f"第{n}课 教学目标".encode())
    worker = Worker(made.backends)
    worker.start()
    worker.stop()
    with made.backends.reading() as work:
        assert set(work.session.scalars(select(col(Job.state)))) <= {"waiting"}
    Worker(made.backends).run(until_idle=True)
    with made.backends.reading() as work:
        assert list(work.session.scalars(select(col(File.state)))) == ["ready"] * 8
    made.close()
