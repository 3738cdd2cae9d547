"""While the search engine is gone, broken or hangs, SQL answers, uploads and reading go on, and the index comes back by
itself."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from service.library import finding, offering
from service.worker import Worker
from tests.api.api_client import Api, serve

HOLD = """
import sys
from pathlib import Path
from service.search.embedded import Embedded
index = Embedded(Path(sys.argv[1]))
print(index.writable(), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    """A library with its index in files, on either stack."""
    with serve(tmp_path, search_url="") as made:
        yield made


def folder(api: Api) -> Path:
    return api.library.backends.settings.data_dir / "index"


def remove_all(index: Path) -> None:
    shutil.rmtree(index)


def remove_files(index: Path) -> None:
    for path in index.glob("index-*"):
        shutil.rmtree(path)


def garble_pointer(index: Path) -> None:
    (index / "current").write_bytes(b"\x00\xff")


def garble_meta(index: Path) -> None:
    for path in index.glob("index-*/meta.json"):
        path.write_text("{half")


def found(api: Api, who: str | None = "t_helper", q: str = "秋天", **more: Any) -> tuple[set[str], bool]:
    answer = api.person(who).get("/search", q=q, **more).json()
    return {item["id"] for item in answer["items"]}, answer["simplified"]


@pytest.mark.parametrize("fault", [remove_all, remove_files, garble_pointer, garble_meta])
def test_a_lost_index_is_replaced_by_sql_and_made_anew_while_everything_else_goes_on(
    api: Api, fault: Callable[[Path], None]
) -> None:
    before = api.library.draft("t_helper", "秋天的雨")
    api.library.share("t_helper", before, f"pair:{api.library.pairs['school']}")
    api.work()
    assert found(api) == ({before}, False)

    fault(folder(api))
    assert found(api) == ({before}, True)
    assert found(api, "t_aided") == ({before}, True)
    assert found(api, "t_lonely") == (set(), True)
    assert api.person().get("/suggest", q="语文").status_code == 200
    after = api.library.draft("t_helper", "秋天的树")
    file = api.attached(after, "教案.txt", "落叶".encode())
    assert api.person().get(f"/resources/{after}/files/{file['id']}/content").content == "落叶".encode()
    assert found(api) == ({before, after}, True)

    api.work()
    assert found(api) == ({before, after}, False)
    assert found(api, q="落叶") == ({after}, False)


def test_what_waits_for_an_index_that_another_process_writes_drains_when_it_is_free(api: Api) -> None:
    before = api.library.draft("t_helper", "秋天的雨")
    api.work()
    api.library.backends.index.close()
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder(api))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "True\n"
        after = api.library.draft("t_helper", "秋天的树")
        api.work()
        assert found(api) == ({before}, False)
        other.communicate()
    api.work()
    assert found(api) == ({before, after}, False)


def test_the_questions_of_one_request_share_its_time(api: Api) -> None:
    """Relaxing, offers and similar resources ask the engine again and again; each alone would be in time."""
    lesson = api.library.draft("t_helper", "秋天的雨")
    api.work()
    with api.library.reading("t_helper") as work:
        assert not finding.search(work, "秋天")["simplified"]
        work.begun -= work.settings.search_seconds

        answer = finding.search(work, "秋天")
        assert (answer["simplified"], [item["id"] for item in answer["items"]]) == (True, [lesson])
        assert finding.search(work, "秋天 高中 化学 第九课的问题是什么")["simplified"]
        assert offering.instead(work, "秋天", {"grade": ["9"]}) == []
        assert finding.among(work, "秋天", {}, (), [lesson]) == {lesson}, "who does not wait is not hurried"
    assert found(api) == ({lesson}, False), "the next request finds the engine well"


@pytest.fixture
def impatient(tmp_path: Path) -> Iterator[Api]:
    """A library that gives its engine a moment."""
    with serve(tmp_path, search_seconds=0.2, search_url="") as api:
        yield api


def test_an_engine_that_hangs_is_not_waited_for(impatient: Api) -> None:
    lesson = impatient.library.draft("t_helper", "秋天的雨")
    Worker(impatient.library.backends).run(until_idle=True)
    pointer = folder(impatient) / "current"
    kept = pointer.read_bytes()
    pointer.unlink()
    os.mkfifo(pointer)
    held = os.open(pointer, os.O_RDWR)  # while it is held, who reads waits: a disk that does not answer
    try:
        for _ in range(20):
            assert found(impatient) == ({lesson}, True)
        assert impatient.person().get("/suggest", q="秋天").json()["items"] == []
        assert impatient.person().get(f"/resources/{lesson}").status_code == 200
    finally:
        pointer.unlink()
        pointer.write_bytes(kept)
        os.close(held)
