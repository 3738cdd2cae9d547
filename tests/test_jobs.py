"""The outbox: one waiting job a subject, leases that run out, later tries, and a grave."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from service import jobs
from service.db import Database, sqlite_url
from service.models import Job
from service.work import ulid
from tests import stacks
from tests.factories import START, Clock

NAMES = ("index", "extract")


class Outbox:
    """A database of jobs alone, and the time."""

    def __init__(self, database: Database) -> None:
        self.database, self.clock = database, Clock()

    def enqueue(self, name: str, *subjects: str, priority: int = 5, minutes: float | None = None) -> None:
        run_at = None if minutes is None else self.clock.now + timedelta(minutes=minutes)
        with self.database.write() as session:
            jobs.enqueue(session, ulid, self.clock.now, name, subjects, priority=priority, run_at=run_at)
            session.commit()

    def claim(self, limit: int = 10, names: Sequence[str] = NAMES, worker: str = "") -> list[Job]:
        with self.database.write() as session:
            claimed = jobs.claim(session, self.clock.now, names, limit, worker)
            session.commit()
        return claimed

    def fail(self, claimed: Sequence[Job], error: str = "坏了") -> None:
        with self.database.write() as session:
            jobs.fail(session, claimed, self.clock.now, error)
            session.commit()

    def finish(self, claimed: Sequence[Job]) -> None:
        with self.database.write() as session:
            jobs.finish(session, claimed)
            session.commit()

    def postpone(self, claimed: Sequence[Job], minutes: float) -> None:
        with self.database.write() as session:
            jobs.postpone(session, claimed, self.clock.now + timedelta(minutes=minutes))
            session.commit()

    def counts(self) -> dict[tuple[str, str], int]:
        with self.database.read() as session:
            return jobs.counts(session)

    def due(self) -> bool:
        with self.database.read() as session:
            return jobs.due(session, self.clock.now, NAMES)


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    database = Database(stacks.database_url(tmp_path) or sqlite_url(tmp_path / "tongke.db"))
    database.migrate()
    yield Outbox(database)
    database.close()


def subjects(claimed: Sequence[Job]) -> list[str]:
    return [job.subject for job in claimed]


def test_what_is_to_be_done_at_once_is_done_by_a_worker_whose_clock_is_a_day_behind(outbox: Outbox) -> None:
    outbox.enqueue("index", "a")
    outbox.enqueue("index", "later", minutes=1)
    outbox.clock.tick(days=-1)
    assert outbox.due()
    assert [job.subject for job in outbox.claim()] == ["a"]
    assert not outbox.due()


def test_one_waiting_job_is_enough_for_a_subject(outbox: Outbox) -> None:
    outbox.enqueue("index", "a", "b")
    outbox.enqueue("index", "a", "c")
    outbox.enqueue("extract", "a")
    assert outbox.counts() == {("index", "waiting"): 3, ("extract", "waiting"): 1}


def test_a_change_while_a_job_runs_asks_for_another_run(outbox: Outbox) -> None:
    outbox.enqueue("index", "a")
    outbox.claim()
    outbox.enqueue("index", "a")
    assert outbox.counts() == {("index", "running"): 1, ("index", "waiting"): 1}


def test_a_change_after_a_failed_try_is_not_left_to_the_later_one(outbox: Outbox) -> None:
    outbox.enqueue("index", "a")
    outbox.fail(outbox.claim())
    outbox.enqueue("index", "a")
    assert subjects(outbox.claim()) == ["a"]


def test_a_job_that_is_rolled_back_was_never_there(outbox: Outbox) -> None:
    with outbox.database.write() as session:
        jobs.enqueue(session, ulid, START, "index", ["a"])
        session.flush()
    assert outbox.counts() == {}


def test_a_claimed_job_is_leased_to_one_worker(outbox: Outbox) -> None:
    outbox.enqueue("index", "a")
    (claimed,) = outbox.claim()
    assert (claimed.state, claimed.attempts, claimed.run_at) == ("running", 1, START + jobs.LEASE)
    assert outbox.claim() == []
    assert not outbox.due()


def test_a_job_waits_while_another_of_its_subject_is_under_way(outbox: Outbox) -> None:
    outbox.enqueue("index", "a")
    first = outbox.claim()
    outbox.enqueue("index", "a", "b")
    outbox.enqueue("extract", "a")
    assert sorted(job.name + job.subject for job in outbox.claim()) == ["extracta", "indexb"]
    assert not outbox.due()
    outbox.finish(first)
    assert outbox.due()
    assert subjects(outbox.claim()) == ["a"]


def test_the_job_of_a_worker_that_died_is_claimed_again(outbox: Outbox) -> None:
    outbox.enqueue("index", "a")
    (first,) = outbox.claim()
    outbox.clock.now += jobs.LEASE - timedelta(microseconds=1)
    assert outbox.claim() == []
    outbox.clock.now += timedelta(microseconds=1)
    assert outbox.due()
    (second,) = outbox.claim()
    assert (second.id, second.attempts) == (first.id, 2)


def test_what_a_worker_that_is_gone_had_under_way_is_claimed_at_once(outbox: Outbox) -> None:
    outbox.enqueue("index", "a")
    outbox.enqueue("extract", "b")
    outbox.claim(names=["index"], worker="gone")
    outbox.claim(names=["extract"], worker="alive")
    with outbox.database.write() as session:
        jobs.free(session, outbox.clock.now, lambda worker: worker == "gone")
        session.commit()
    (again,) = outbox.claim(worker="next")
    assert (again.subject, again.attempts, again.worker) == ("a", 2, "next")


def test_what_was_under_way_at_a_second_death_is_not_claimed_at_once(outbox: Outbox) -> None:
    outbox.enqueue("extract", "a")
    outbox.claim(worker="gone")
    for _again in range(2):
        with outbox.database.write() as session:
            jobs.free(session, outbox.clock.now, lambda worker: worker == "gone")
            session.commit()
        found = outbox.claim(worker="gone")
    assert found == []
    outbox.clock.now += timedelta(seconds=4)
    assert [job.attempts for job in outbox.claim(worker="next")] == [3]


def test_a_finished_job_is_forgotten(outbox: Outbox) -> None:
    outbox.enqueue("index", "a", "b")
    outbox.finish(outbox.claim(1))
    assert outbox.counts() == {("index", "waiting"): 1}


def test_the_urgent_come_first_and_then_the_oldest(outbox: Outbox) -> None:
    outbox.enqueue("index", "late", minutes=0)
    outbox.enqueue("index", "early", minutes=-5)
    outbox.enqueue("index", "urgent", priority=1)
    outbox.enqueue("index", "idle", priority=9, minutes=-60)
    outbox.enqueue("index", "tomorrow", priority=0, minutes=1440)
    assert subjects(outbox.claim(2)) == ["urgent", "early"]
    assert subjects(outbox.claim()) == ["late", "idle"]


def test_a_worker_claims_only_what_it_can_do(outbox: Outbox) -> None:
    outbox.enqueue("index", "a")
    outbox.enqueue("extract", "b")
    assert subjects(outbox.claim(names=["extract"])) == ["b"]


def test_a_failed_job_waits_twice_as_long_each_time_and_is_buried_at_last(outbox: Outbox) -> None:
    outbox.enqueue("index", "a")
    for attempt in range(1, jobs.TRIES):
        outbox.fail(outbox.claim())
        outbox.clock.tick(seconds=2**attempt, microseconds=-1)
        assert not outbox.due()
        outbox.clock.tick(microseconds=1)
        assert outbox.due()
    outbox.fail(outbox.claim(), "错" * 5000)
    assert outbox.counts() == {("index", "buried"): 1}
    outbox.clock.tick(days=365)
    assert not outbox.due()
    assert outbox.claim() == []
    with outbox.database.read() as session:
        assert session.query(Job).one().error == "错" * 2000


def test_a_postponed_job_comes_back_as_if_untried(outbox: Outbox) -> None:
    outbox.enqueue("index", "a")
    outbox.postpone(outbox.claim(), minutes=10)
    assert outbox.claim() == []
    outbox.clock.tick(minutes=10)
    (again,) = outbox.claim()
    assert again.attempts == 1


def test_a_subject_named_twice_is_one_job(outbox: Outbox) -> None:
    outbox.enqueue("index", "a", "a")
    assert [job.subject for job in outbox.claim()] == ["a"]


def test_workers_that_claim_at_once_never_get_the_same_job(outbox: Outbox) -> None:
    outbox.enqueue("index", *(f"r{n}" for n in range(40)))
    claimed: list[str] = []
    barrier = threading.Barrier(4)

    def work() -> None:
        barrier.wait()
        while found := outbox.claim(limit=3):
            claimed.extend(subjects(found))
            outbox.finish(found)

    with ThreadPoolExecutor(4) as pool:
        for ended in [pool.submit(work) for _ in range(4)]:
            ended.result()
    assert sorted(claimed) == sorted(f"r{n}" for n in range(40))
    assert outbox.counts() == {}
