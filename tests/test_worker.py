"""The job loop, over real back ends."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from select import POLLERR, poll
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from service import jobs
from service.db import Database
from service.extract import Extracted
from service.extract.sandbox import Extractor
from service.extract.sniff import WORD
from service.models import Conversion, File, Job
from service.storage.s3 import S3Objects
from service.wiring import open_backends
from service.worker import Worker
from tests import stacks
from tests.extract import documents
from tests.extract.test_legacy import stand_in
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


@contextmanager
def working(folder: Path, gate: Path, **environment: str) -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    """`tongke worker` on the folder once a program that it started waits at this pipe, and the pipe's other end."""
    command = [str(Path(sys.executable).with_name("tongke")), "worker"]
    with subprocess.Popen(command, env=os.environ | stacks.environment(folder) | environment) as process:
        try:
            with gate.open("wb", buffering=0) as pipe:
                yield process, pipe.fileno()
        finally:
            process.kill()


def test_a_worker_that_is_told_to_end_ends_well_after_the_job_in_hand(tmp_path: Path) -> None:
    made = library(tmp_path / "data")
    made.attach("t_helper", made.draft("t_helper"), "教案.txt", "教学目标".encode())
    made.close()
    os.mkfifo(gate := tmp_path / "gate")
    (scanner := tmp_path / "scanner").write_text(f'read line < "{gate}"')
    with working(tmp_path / "data", gate, TONGKE_SCANNER=f"sh {scanner}") as (process, pipe):
        process.send_signal(signal.SIGTERM)
        os.write(pipe, b"clean\n")
        assert process.wait() == 0
    backends = open_backends(stacks.settings(tmp_path / "data"))
    with backends.reading() as work:
        assert work.session.scalars(select(col(File.state))).one() == "ready"
        assert set(work.session.scalars(select(col(Job.state)))) == {"waiting"}
    backends.close()


@pytest.mark.slow
def test_a_worker_that_is_told_to_end_gives_back_what_takes_too_long_and_ends_its_programs(
    tmp_path: Path,
) -> None:
    made = library(tmp_path / "data")
    plan = documents.word(tmp_path / "a.docx").read_bytes()
    made.attach("t_helper", made.draft("t_helper"), "教案.docx", plan, WORD)
    made.close()
    os.mkfifo(gate := tmp_path / "gate")
    stand_in(tmp_path, f'exec 3< "{gate}"; sleep 600')
    environment = {"TONGKE_CONVERT": "true", "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    with working(tmp_path / "data", gate, **environment) as (process, pipe):
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 0
        nobody_reads = poll()
        nobody_reads.register(pipe, 0)
        assert nobody_reads.poll(0) == [(pipe, POLLERR)]
    backends = open_backends(stacks.settings(tmp_path / "data"))
    with backends.reading() as work:
        job = work.session.scalars(select(Job).where(col(Job.name) == "convert")).one()
        assert (job.state, job.attempts) == ("waiting", 0)
        assert work.session.scalars(select(col(Conversion.state))).one() == "running"
    backends.close()


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
