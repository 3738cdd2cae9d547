"""How far the reading of files has come is told as it happens, to those who see the resource."""

import json
from pathlib import Path

from service.library import conversions
from service.models import File
from service.worker import Worker
from tests.web.browsing import Site
from tests.web.test_conversions import WORD, document


def test_each_change_is_told_and_the_end(pages: Site) -> None:
    ident = pages.library.draft("t_helper")
    for number in (1, 2):
        pages.library.attach("t_helper", ident, f"{number}.txt", f"第{number}课".encode())
    teacher = pages.visitor()
    path = f"/resources/{ident}/progress.events"
    with teacher.http.stream("GET", path, headers=teacher.headers()) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = (line for line in answer.iter_lines() if line)
        first = json.loads(next(lines).removeprefix("data: "))
        assert (first["ready"], first["failed"], first["waiting"]) == (0, 0, 2)
        assert set(first["files"].values()) == {"正在提取文字和预览，可以先下载。"}
        Worker(pages.library.backends).run(until_idle=True)
        told = list(lines)
    assert json.loads(told[-3].removeprefix("data: ")) == {
        "ready": 2, "failed": 0, "waiting": 0, "files": {},
    }  # fmt: skip
    assert told[-2] == "event: done"


def test_who_does_not_see_it_is_told_nothing(pages: Site) -> None:
    ident = pages.library.draft("t_helper")
    for name in ("t_lonely", None):
        pages.visitor(name).get(f"/resources/{ident}/progress.events", 404)


def test_a_conversion_is_told_step_by_step_to_those_who_see_the_version(pages: Site, tmp_path: Path) -> None:
    ident, file = document(pages, tmp_path)
    with pages.library.backends.writing() as work:
        conversions.begin(work, file, WORD)
        work.session.get_one(File, file).state = "ready"
    teacher = pages.visitor()
    assert f'data-waits="/resources/{ident}/progress.events?version=1"' in teacher.get(f"/resources/{ident}")
    path = f"/resources/{ident}/progress.events?version=1"
    with teacher.http.stream("GET", path, headers=teacher.headers()) as answer:
        told = (json.loads(line.removeprefix("data: ")) for line in answer.iter_lines() if line)
        assert next(told)["files"] == {file: "正在准备预览：转成 PDF（第 1 步，共 2 步）。可以先下载。"}
        with pages.library.backends.writing() as work:
            conversions.settle(work, file, "ready")
        assert next(told)["files"] == {}
    assert "data-waits" not in teacher.get(f"/resources/{ident}")
    pages.visitor("t_lonely").get(path, 404)
    teacher.get(f"/resources/{ident}/progress.events?version=x", 422)
