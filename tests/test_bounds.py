"""How many requests a process takes at once."""

import resource
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from service import bounds, cli
from service.app import create_app
from tests.api.api_client import ROOT, problem
from tests.api.serving import serving
from tests.factories import library

PAGE = {"Accept": "text/html"}


def test_what_comes_while_the_house_is_full_is_told_when_to_come_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "MOST", 2)
    made = library(tmp_path)
    app = create_app(made.backends.settings, made.backends, with_worker=False)
    inside, end = threading.Semaphore(0), threading.Event()

    @app.get("/stays")
    def stays() -> str:
        inside.release()
        end.wait()
        return "stayed"

    with serving(app) as http, ThreadPoolExecutor(2) as pool:
        staying = [pool.submit(http.get, "/stays") for _ in range(2)]
        for _ in staying:
            inside.acquire()
        refused, page = http.get(f"{ROOT}/schools"), http.get("/search", headers=PAGE)
        live = http.get(f"{ROOT}/health/live")
        end.set()
        stayed = [one.result() for one in staying]
        after = http.get("/search", headers=PAGE)
    made.close()
    assert problem(refused, 503)["detail"].startswith("现在同时打开的人太多")
    assert (page.status_code, "现在同时打开的人太多" in page.text) == (503, True)
    assert refused.headers["retry-after"] == page.headers["retry-after"] == "5"
    assert refused.headers["x-request-id"]
    assert live.status_code == after.status_code == 200
    assert [one.json() for one in stayed] == ["stayed"] * 2


def test_serve_may_open_more_files_than_a_system_begins_with() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (1024, before[1]))
        cli._open_many()
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (min(before[1], cli.OPEN), before[1])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
