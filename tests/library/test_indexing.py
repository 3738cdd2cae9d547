"""Feeding the index: what is sent is settled when it is in effect, and no older state stays."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlmodel import col

from service.library import indexing, resources, sharing
from service.models import Job, Resource
from service.search import Query
from service.worker import Worker
from tests import stacks
from tests.factories import Library, library


def waiting(made: Library) -> set[str]:
    with made.backends.reading() as work:
        return set(work.session.scalars(select(col(Job.subject)).where(col(Job.name) == "index")))


def stale(made: Library, ident: str) -> bool:
    with made.backends.reading() as work:
        return work.session.execute(
            select(col(Resource.acl_stale)).where(col(Resource.id) == ident)
        ).scalar_one()


def worked_off(made: Library) -> None:
    Worker(made.backends).run(until_idle=True)
    assert waiting(made) == set()


@pytest.fixture(params=stacks.ENGINES)
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Library]:
    with stacks.engine(request.param, tmp_path / "of-the-engine") as index:
        opened = library(tmp_path / "library")
        opened.backends.index = index
        yield opened
        opened.close()


def rename(made: Library, ident: str, title: str) -> None:
    with made.writing("t_helper") as work:
        resources.update(work, ident, {"title": title})


def settle(made: Library, sent: indexing.Sent) -> None:
    with made.backends.writing() as work:
        indexing.settle(work, sent)


def test_what_changed_while_its_older_state_was_under_way_is_fed_again(made: Library) -> None:
    ident = made.draft("t_helper", "旧题目")
    worked_off(made)
    older = indexing.send(made.backends.reading, [ident])
    rename(made, ident, "新题目")
    worked_off(made)
    settle(made, older)
    assert waiting(made) == {ident}
    worked_off(made)
    settle(made, indexing.send(made.backends.reading, [ident]))
    assert waiting(made) == set()


def test_what_came_into_being_while_its_removal_was_under_way_is_fed_again(made: Library) -> None:
    sent = indexing.Sent((), {"never": None}, {})
    settle(made, sent)
    assert waiting(made) == set()
    ident = made.draft("t_helper")
    worked_off(made)
    settle(made, indexing.Sent((), {ident: None}, {}))
    assert waiting(made) == {ident}


def test_a_narrowed_audience_is_excluded_until_its_batch_is_settled(made: Library) -> None:
    ident = made.draft("t_helper")
    grant = made.share("t_helper", ident, f"person:{made.people['t_aided']}")
    worked_off(made)
    with made.writing("t_helper") as work:
        sharing.take_back(work, ident, grant)
    assert stale(made, ident)
    sent = indexing.send(made.backends.reading, [ident])
    assert stale(made, ident)
    settle(made, sent)
    assert not stale(made, ident)


def test_after_a_rebuild_what_changed_since_its_mark_is_fed_again(made: Library) -> None:
    kept, changed = made.draft("t_helper", "不变"), made.draft("t_helper", "要变")
    worked_off(made)
    with made.backends.reading() as work:
        since = indexing.mark(work)
    rename(made, changed, "变了")
    worked_off(made)
    with made.backends.writing() as work:
        indexing.replay(work, since)
    assert waiting(made) == {changed}
    assert kept not in waiting(made)


def test_a_rebuild_sends_again_only_what_changed_since_one_was_killed(tmp_path: Path) -> None:
    made = library(tmp_path)
    kept, changed, later = (made.draft("t_helper", f"第{n}课") for n in range(3))
    index, reading = made.backends.index, made.backends.reading
    killed = index.rebuild()
    fresh = killed.__enter__()  # and never left
    with reading() as work:
        found = indexing.documents(work, [kept, changed])
    fresh.send([*found, replace(found[0], id="gone")])
    fresh.commit()  # type: ignore[attr-defined]
    fresh.close()

    rename(made, changed, "改了的课")
    assert indexing.rebuild(reading) == 2
    with reading() as work:
        assert list(indexing.differences(work)) == []
    assert dict(index.ids()).keys() == {kept, changed, later}
    del killed
    made.close()


def test_a_worker_settles_everything_that_it_sent(made: Library) -> None:
    idents = {made.draft("t_helper", f"第{n}课") for n in range(30)}
    grant = made.share("t_helper", min(idents), f"person:{made.people['t_aided']}")
    worked_off(made)
    with made.writing("t_helper") as work:
        sharing.take_back(work, min(idents), grant)
    worked_off(made)
    assert not stale(made, min(idents))
    assert {ident for ident, _revision in made.backends.index.ids()} == idents
    with made.backends.reading() as work:
        assert list(indexing.differences(work)) == []


def test_every_difference_is_named(made: Library) -> None:
    kept, older, gone = (made.draft("t_helper", title) for title in ("在", "旧", "无"))
    worked_off(made)
    index = made.backends.index
    with made.backends.reading() as work:
        (document,) = indexing.documents(work, [older])
    index.upsert([replace(document, revision=0), replace(document, id="stranger")])
    index.delete([gone])
    with made.backends.reading() as work:
        found = dict(indexing.differences(work))
    assert found.keys() == {older, gone, "stranger"}
    assert found[older].startswith("indexed at revision 0")
    assert kept not in found


def test_an_index_that_is_lost_is_built_anew(tmp_path: Path) -> None:
    made = library(tmp_path, search_url="")
    made.draft("t_helper", "秋天的雨")
    worked_off(made)
    for path in (made.backends.settings.data_dir / "index").glob("index-*/meta.json"):
        path.unlink()
    assert not made.backends.index.fresh()
    Worker(made.backends).run(until_idle=True)
    assert made.backends.index.search(Query(readers=made.caller("t_helper").tokens)).total == 1
    made.close()
