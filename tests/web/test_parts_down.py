"""The object store or the worker is down: pages go on, and say of what cannot be done that it will be again."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from service.storage.s3 import S3Objects
from service.worker import Worker
from tests.web.browsing import Site

FILE = "教案.txt"


@contextmanager
def no_store(pages: Site) -> Iterator[None]:
    """Nobody listens where the objects are."""
    backends = pages.library.backends
    with socket.socket() as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        there = backends.objects
        backends.objects = S3Objects(f"s3+http://key:secret@127.0.0.1:{taken.getsockname()[1]}/bucket")
        yield
        backends.objects = there


def test_a_press_on_a_file_says_on_a_page_that_the_store_is_down(pages: Site) -> None:
    lesson = pages.library.draft("t_helper", "秋天的雨")
    file_id = pages.library.attach("t_helper", lesson, FILE, "教学目标".encode())
    Worker(pages.library.backends).run(until_idle=True)
    teacher = pages.visitor()
    content = f"/api/v1/resources/{lesson}/files/{file_id}/content"

    with no_store(pages):
        for path in ("/", "/browse", "/search?q=秋天", f"/resources/{lesson}", f"/resources/{lesson}/edit"):
            teacher.get(path)
        assert "教学目标" in teacher.get(f"/resources/{lesson}/files/{file_id}/text")
        answer = pages.http.get(content, headers=teacher.headers() | {"Sec-Fetch-Mode": "navigate"})
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        assert answer.headers["content-type"].startswith("text/html")
        assert "文件存储暂时连接不上" in answer.text
        program = pages.http.get(content, headers=teacher.headers())
        assert program.headers["content-type"].startswith("application/problem+json")
        refused = teacher.refused(
            503, f"/resources/{lesson}/upload", files={"file": ("课件.txt", b"abc", "text/plain")}
        )
        assert "文件存储暂时不可用" in refused
    assert pages.http.get(content, headers=teacher.headers()).text == "教学目标"


def test_without_a_worker_a_file_waits_in_sight_and_everything_else_goes_on(pages: Site) -> None:
    lesson = pages.library.draft("t_helper", "秋天的雨")
    file_id = pages.library.attach("t_helper", lesson, FILE, "教学目标".encode())
    pages.library.share("t_helper", lesson, f"pair:{pages.library.pairs['school']}")
    teacher, partner = pages.visitor(), pages.visitor("t_aided")

    assert 'data-state="pending"' in teacher.get(f"/resources/{lesson}/edit")
    assert "秋天的雨" in partner.get(f"/resources/{lesson}")
    assert pages.http.get(
        f"/api/v1/resources/{lesson}/files/{file_id}/content", headers=partner.headers()
    ).is_success
    Worker(pages.library.backends).run(until_idle=True)
    assert 'data-state="pending"' not in teacher.get(f"/resources/{lesson}/edit")
    assert "秋天的雨" in partner.get("/search?q=教学目标")
