"""`/changes?wait=`: the answer comes when there is something to tell, and waiting costs next to nothing."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from service.library import waiting
from service.models import Partnership
from service.wiring import open_backends
from tests import stacks
from tests.api.api_client import ROOT, Api, Person
from tests.e2e.server import free_port, wait_until_live
from tests.needs import ROOT as CHECKOUT

PATIENCE = 60.0
SOON = PATIENCE / 2
"""Before who waits as long as may be is answered anyway."""
UNDER_WAY = "\ntongke_requests_under_way 2.0\n"
"""What the figures say when one request waits beside the one that asks for them."""


def until(condition: Callable[[], bool]) -> None:
    """Look until it is so."""
    pause = threading.Event()
    for _n in range(int(PATIENCE / 0.01)):
        if condition():
            return
        pause.wait(0.01)
    pytest.fail("it never was so")


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(waiting.EACH + 1) as found:
        yield found


@contextmanager
def waited(
    api: Api, pool: ThreadPoolExecutor, person: Person, wait: int = waiting.LONGEST
) -> Iterator[Future[httpx.Response]]:
    """A request for what comes, that waits already."""
    cursor = person.get("/changes").json()["next_cursor"]
    before = len(api.library.backends.waiters)
    asked = pool.submit(person.get, "/changes", cursor=cursor, wait=wait)
    until(lambda: len(api.library.backends.waiters) > before)
    yield asked


def test_who_waits_is_answered_when_something_is_written(api: Api, pool: ThreadPoolExecutor) -> None:
    with waited(api, pool, api.person("t_aided")) as asked:
        resource_id = api.library.draft("t_helper")
        assert not asked.done(), "what she may not see is nothing to tell"
        api.library.share("t_helper", resource_id, f"pair:{api.library.pairs['school']}")
        told = asked.result(PATIENCE).json()["items"]
    assert [item["resource"]["id"] for item in told] == [resource_id]


def test_what_another_process_writes_is_found_too(api: Api, pool: ThreadPoolExecutor) -> None:
    with waited(api, pool, api.person()) as asked:
        other = open_backends(stacks.settings(api.library.backends.settings.data_dir))
        api.library.backends, mine = other, api.library.backends
        try:
            resource_id = api.library.draft("t_helper")
        finally:
            api.library.backends = mine
            other.close()
        told = asked.result(PATIENCE).json()["items"]
    assert [item["resource"]["id"] for item in told] == [resource_id]


def test_whoever_waits_holds_neither_a_connection_nor_a_thread(api: Api, pool: ThreadPoolExecutor) -> None:
    database = api.library.backends.database
    person = api.person()
    with waited(api, pool, person) as one, waited(api, pool, person) as another:
        until(lambda: database.reader.pool.checkedout() == 0)  # type: ignore[attr-defined]
        assert not one.done()
        api.library.draft("t_helper")
        assert one.result(PATIENCE).json()["items"]
        assert another.result(PATIENCE).json()["items"]
    assert len(api.library.backends.waiters) == 0


def test_when_the_time_is_over_the_answer_is_empty_and_goes_on(api: Api) -> None:
    person = api.person()
    page = person.get("/changes", wait=1).json()
    assert page["items"] == []
    assert not page["has_more"]
    resource_id = api.library.draft("t_helper")
    later = person.get("/changes", cursor=page["next_cursor"], wait=60).json()
    assert [item["resource"]["id"] for item in later["items"]] == [resource_id]


def test_rights_that_change_are_told_at_once_though_no_resource_changed(
    api: Api, pool: ThreadPoolExecutor
) -> None:
    resource_id = api.published()
    pair = api.library.pairs["school"]
    api.library.share("t_helper", resource_id, f"pair:{pair}")
    person = api.person("t_aided")
    with waited(api, pool, person) as asked:
        assert api.person("a_helper").post(f"/partnerships/{pair}/end").status_code == 200
        assert asked.result(SOON).json()["items"] == [{"op": "removed", "id": resource_id}]
    api.library.share("t_helper", resource_id, f"school:{api.library.schools['helper']}")
    lonely = api.person("t_lonely")
    with waited(api, pool, lonely) as asked:
        api.school("helper", succeeded_by=api.library.schools["lonely"])
        assert resource_id in {item["resource"]["id"] for item in asked.result(SOON).json()["items"]}


def test_a_partnership_that_ends_by_the_clock_is_found_too(api: Api, pool: ThreadPoolExecutor) -> None:
    resource_id = api.published()
    pair = api.library.pairs["school"]
    api.library.share("t_helper", resource_id, f"pair:{pair}")
    with api.library.backends.writing() as work:
        work.session.get_one(Partnership, pair).ends = work.now + timedelta(hours=1)
    with waited(api, pool, api.person("t_aided")) as asked:
        api.library.clock.tick(hours=2)
        assert asked.result(SOON).json()["items"] == [{"op": "removed", "id": resource_id}]


def test_one_caller_too_many_is_answered_at_once_and_told_when_to_come_again(
    api: Api, pool: ThreadPoolExecutor
) -> None:
    person = api.person()
    cursor = person.get("/changes").json()["next_cursor"]
    asked = [pool.submit(person.get, "/changes", cursor=cursor, wait=60) for _n in range(waiting.EACH)]
    until(lambda: len(api.library.backends.waiters) == waiting.EACH)
    answer = person.get("/changes", cursor=cursor, wait=60)
    assert answer.json()["items"] == []
    assert answer.headers["retry-after"] == "60"
    api.library.draft("t_helper")
    assert all(one.result(PATIENCE).json()["items"] for one in asked)


@pytest.mark.parametrize("wait", [-1, waiting.LONGEST + 1, "long"])
def test_nobody_waits_longer_than_the_longest(api: Api, wait: object) -> None:
    assert api.person().get("/changes", wait=wait).status_code == 422


def test_a_server_that_ends_answers_who_waits(tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [str(Path(sys.executable).with_name("tongke")), "serve", "--no-demo", "--port", str(port)]
    with (
        (tmp_path / "log").open("w+") as log,
        subprocess.Popen(
            command, stdout=log, stderr=log, cwd=CHECKOUT, env=os.environ | stacks.environment(tmp_path)
        ) as process,
        httpx.Client(base_url=url, trust_env=False, timeout=PATIENCE) as client,
        ThreadPoolExecutor() as pool,
    ):
        try:
            wait_until_live(url, process, tmp_path / "log")
            cursor = client.get(f"{ROOT}/changes").json()["next_cursor"]
            asked = pool.submit(client.get, f"{ROOT}/changes", params={"cursor": cursor, "wait": 60})
            until(lambda: UNDER_WAY in client.get("/metrics").text)
        finally:
            process.terminate()
        answer = asked.result(PATIENCE)
        assert answer.status_code == 200, answer.text
        assert answer.json()["items"] == []
