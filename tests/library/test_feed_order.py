"""Numbers of the feed are in the order of the commits: who has read up to a number never misses a lower one."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sqlalchemy import select
from sqlmodel import col

from service.models import Change
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
