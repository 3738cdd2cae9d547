"""The job loop, over real back ends."""

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from service import jobs
from service.db import Database
from service.extract import Extracted
from service.extract.sandbox import Extractor
from service.models import File, Job
from service.storage.s3 import S3Objects
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


class Ending(Extractor):
    """Once it has read a file the database is gone, and the worker is told to stop."""

    then: Callable[[], None]

    def extract(self, *question: Any) -> Extracted:
        found = super().extract(*question)
        self.then()
        return found


def test_a_worker_that_is_stopped_while_the_database_is_down_ends_well_and_the_next_takes_over(
    tmp_path: Path,
) -> None:
    made = library(tmp_path)
    made.attach("t_helper", made.draft("t_helper"), "教案.txt", "教学目标".encode())
    there, gone = made.backends.database, Database(f"postgresql://tongke@/tongke?host={tmp_path}")
    whole, ending = made.backends.extractor, Ending()
    worker = Worker(made.backends)

    def end() -> None:
        made.backends.database = gone
        worker.stop()

    ending.then, made.backends.extractor = end, ending
    worker.run()
    made.backends.database, made.backends.extractor = there, whole
    with made.backends.reading() as work:
        assert (
            work.session.scalars(select(col(Job.state)).where(col(Job.name) == "extract")).one() == "running"
        )
    Worker(made.backends).run(until_idle=True)
    with made.backends.reading() as work:
        assert work.session.scalars(select(col(File.state))).one() == "ready"
    ending.close()
    gone.close()
    made.close()


def test_a_job_that_meets_a_store_that_is_down_waits_and_is_never_buried(tmp_path: Path) -> None:
    made = library(tmp_path)
    made.attach("t_helper", made.draft("t_helper"), "教案.txt", "教学目标".encode())
    store = made.backends.objects
    with socket.socket() as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        made.backends.objects = S3Objects(f"s3+http://k:s@127.0.0.1:{taken.getsockname()[1]}/bucket")
        for _ in range(jobs.TRIES + 1):
            Worker(made.backends).run(until_idle=True)
            made.clock.tick(minutes=1)
            with made.backends.reading() as work:
                assert work.session.scalars(select(Job).where(col(Job.name) == "extract")).one().attempts == 0
    made.backends.objects = store
    Worker(made.backends).run(until_idle=True)
    with made.backends.reading() as work:
        assert work.session.scalars(select(col(File.state))).one() == "ready"
    made.close()
