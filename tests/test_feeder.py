"""The index is fed and rebuilt, and left whole by whoever is stopped meanwhile."""

import threading
from pathlib import Path

from sqlalchemy import select
from sqlmodel import col

from service import jobs
from service.feeder import Feeder
from service.library import indexing
from service.models import Job
from service.search import Query
from service.worker import Worker
from tests import stacks
from tests.factories import library


def test_a_feeder_that_is_stopped_gives_up_a_rebuild_and_leaves_the_old_index(tmp_path: Path) -> None:
    made = library(tmp_path)
    made.draft("t_helper")
    Worker(made.backends).run(until_idle=True)
    before = dict(made.backends.index.ids())
    with made.backends.writing() as work:
        work.enqueue("reindex", "all")
    stopping = threading.Event()
    stopping.set()
    assert Feeder(made.backends, stopping).round()
    with made.backends.reading() as work:
        left = work.session.scalars(select(Job).where(col(Job.name) == "reindex")).one()
        assert (left.state, left.attempts) == ("waiting", 0)
    assert dict(made.backends.index.ids()) == before
    Worker(made.backends).run(until_idle=True)
    with made.backends.reading() as work:
        assert not jobs.known(work.session, "reindex")
    made.close()


def test_a_rebuild_that_was_killed_and_asked_for_again_is_made_once(tmp_path: Path) -> None:
    made = library(tmp_path)
    for _ask in range(2):
        with made.backends.writing() as work:
            work.enqueue("reindex", "all")
            jobs.claim(work.session, work.now, ["reindex"], worker="killed")
            jobs.free(work.session, work.now, lambda _worker: True)
    with made.backends.reading() as work:
        asked = work.session.scalars(select(col(Job.id)).where(col(Job.name) == "reindex")).all()
    assert len(asked) == 2
    assert Feeder(made.backends).round()
    with made.backends.reading() as work:
        assert not jobs.known(work.session, "reindex")
    made.close()


def test_what_is_fed_to_an_index_that_was_wiped_meanwhile_has_it_made_anew(tmp_path: Path) -> None:
    made = library(tmp_path)
    feeder = Feeder(made.backends)
    made.draft("t_helper", "秋天的雨")
    feeder.feed()
    stacks.lose_index(made.backends.settings.data_dir)
    made.draft("t_helper", "秋天的树")
    feeder.feed()
    made.clock.tick(seconds=5)
    feeder.feed()
    found = made.backends.index.search(Query(text="秋天", readers=made.caller("t_helper").tokens))
    assert found.total == 2
    with made.backends.reading() as work:
        assert list(indexing.differences(work)) == []
    made.close()
