"""How far the reading of files has come is told as it happens, to those who see the resource."""

import json

from service.worker import Worker
from tests.web.browsing import Site


def test_each_change_is_told_and_the_end(pages: Site) -> None:
    ident = pages.library.draft("t_helper")
    for number in (1, 2):
        pages.library.attach("t_helper", ident, f"{number}.txt", f"第{number}课".encode())
    teacher = pages.visitor()
    path = f"/resources/{ident}/progress.events"
    with teacher.http.stream("GET", path, headers=teacher.headers()) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = (line for line in answer.iter_lines() if line)
        assert json.loads(next(lines).removeprefix("data: ")) == {"ready": 0, "failed": 0, "waiting": 2}
        Worker(pages.library.backends).run(until_idle=True)
        told = list(lines)
    assert json.loads(told[-3].removeprefix("data: ")) == {"ready": 2, "failed": 0, "waiting": 0}
    assert told[-2] == "event: done"


def test_who_does_not_see_it_is_told_nothing(pages: Site) -> None:
    ident = pages.library.draft("t_helper")
    for name in ("t_lonely", None):
        pages.visitor(name).get(f"/resources/{ident}/progress.events", 404)
