"""Numbers of the feed are in the order of the commits: who has read up to a number never misses a lower one."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select
from sqlmodel import col

from service import jobs
from service.library import resources, sharing
from service.models import Change, Resource
from tests.factories import Library, library

WRITERS, EACH = 6, 8


def numbers(made: Library, above: int) -> list[int]:
    with made.backends.reading() as work:
        rows = work.session.scalars(select(col(Change.number)).where(col(Change.number) > above))
        return sorted(rows)


def test_a_reader_that_follows_many_writers_misses_nothing(tmp_path: Path) -> None:
    made = library(tmp_path)
    start = max(numbers(made, 0), default=0)
    barrier, ended = threading.Barrier(WRITERS + 1), threading.Event()

    def write(n: int) -> None:
        barrier.wait()
        for m in range(EACH):
            made.draft("t_helper", f"第{n}-{m}课")

    def follow() -> list[int]:
        seen: list[int] = []
        barrier.wait()
        while True:
            last = ended.is_set()
            seen += numbers(made, seen[-1] if seen else start)
            if last:
                return seen

    with ThreadPoolExecutor(WRITERS + 1) as pool:
        reader = pool.submit(follow)
        for writer in [pool.submit(write, n) for n in range(WRITERS)]:
            writer.result()
        ended.set()
        seen = reader.result()
    assert seen == numbers(made, start)
    assert len(seen) >= WRITERS * EACH
    made.close()


def test_a_writer_that_waited_for_its_turn_does_not_bring_back_what_lapsed_meanwhile(tmp_path: Path) -> None:
    made = library(tmp_path)
    resource_id = made.draft("t_helper")
    audience = f"person:{made.people['t_lonely']}"
    made.share("t_helper", resource_id, audience, expires_at=made.clock.now + timedelta(minutes=5))

    with made.writing("t_helper") as waits:
        made.clock.tick(minutes=6)
        with made.backends.writing() as work:
            for job in jobs.claim(work.session, work.now, ["clock"], 10):
                sharing.tick(work, job.subject)
        resources.update(waits, resource_id, {"summary": "改过"})

    with made.backends.reading() as work:
        assert audience not in work.session.get_one(Resource, resource_id).readers
    made.close()
