"""What is told of every request, over a real connection: its id, its line, its time."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from fastapi import FastAPI
from prometheus_client import REGISTRY

from service import logs
from service.app import create_app
from service.errors import Unavailable
from tests.api.api_client import ROOT, problem
from tests.api.serving import serving
from tests.factories import library


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """The log as `tongke serve` writes it for a program."""
    before, found = structlog.get_config(), io.StringIO()
    logs.configure("info", to=found)
    yield found
    structlog.configure(**before)


@pytest.fixture
def app(tmp_path: Path) -> Iterator[FastAPI]:
    made = library(tmp_path)
    yield create_app(made.backends.settings, made.backends, with_worker=False)
    made.close()


def _requests(written: io.StringIO) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    return [line for line in lines if line["event"] == "request"]


def test_a_request_has_one_line_with_route_status_and_time_but_no_address(
    app: FastAPI, written: io.StringIO
) -> None:
    secret = {"Authorization": "Bearer qwertyuiop"}
    with serving(app) as http:
        answer = http.get(f"{ROOT}/resources/01abcdef?q=王芳", headers=secret)
    (line,) = _requests(written)
    assert line.pop("ms") >= 0
    assert line.pop("timestamp")
    assert line == {
        "event": "request",
        "level": "info",
        "method": "GET",
        "route": f"{ROOT}/resources/{{resource_id}}",
        "status": 401,
        "request_id": answer.headers["x-request-id"],
    }
    for word in ("01abcdef", "王芳", "qwertyuiop", "127.0.0.1"):
        assert word not in written.getvalue()


def test_a_well_formed_id_of_the_caller_is_kept_and_another_is_not_repeated(app: FastAPI) -> None:
    given = "3f2504e0-4f89-11d3-9a0c-0305e82c3301"
    with serving(app) as http:
        answer = http.get(f"{ROOT}/resources/none", headers={"X-Request-Id": given})
        assert problem(answer, 404)["request_id"] == given
        for bad in ("short", "a" * 65, "with space here", 'quote"quote"', "tab\tor worse"):
            made = http.get(f"{ROOT}/health/live", headers={"X-Request-Id": bad}).headers["x-request-id"]
            assert made != bad
            assert len(made) == 16


def test_an_address_that_leads_nowhere_and_a_strange_method_are_counted_together(
    app: FastAPI, written: io.StringIO
) -> None:
    with serving(app) as http:
        http.get("/nothing/here")
        http.request("PROPFIND", "/nothing/here")
    assert [(line["method"], line["route"]) for line in _requests(written)] == [
        ("GET", "none"),
        ("other", "none"),
    ]


def test_an_error_that_nobody_expected_is_logged_once_and_its_id_is_told(
    app: FastAPI, written: io.StringIO
) -> None:
    @app.get("/breaks/{name}")
    def breaks(name: str) -> None:
        raise ZeroDivisionError

    with serving(app) as http:
        answer = http.get("/breaks/fast", headers={"Connection": "close"})  # uvicorn ends it after an error
        page = http.get("/breaks/fast", headers={"Accept": "text/html"})
    ident = problem(answer, 500)["request_id"]
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    own = [line for line in lines if line.get("request_id") == ident]
    assert [line["event"] for line in own] == ["unexpected error", "request"]
    assert "ZeroDivisionError" in own[0]["exception"]
    assert (own[1]["status"], own[1]["level"]) == (500, "warning")
    assert len(lines) == 4
    assert f"编号：{page.headers['x-request-id']}" in page.text


def test_each_answer_is_measured_by_method_route_and_status(app: FastAPI) -> None:
    labels = {"method": "GET", "route": f"{ROOT}/health/live", "status": "200"}
    before = REGISTRY.get_sample_value("tongke_request_seconds_count", labels) or 0
    with serving(app) as http:
        http.get(f"{ROOT}/health/live")
    assert REGISTRY.get_sample_value("tongke_request_seconds_count", labels) == before + 1
    assert REGISTRY.get_sample_value("tongke_requests_under_way") == 0


def test_a_refusal_because_a_part_is_down_is_a_warning(app: FastAPI, written: io.StringIO) -> None:
    @app.get("/down")
    def down() -> None:
        raise Unavailable("数据库正忙。")

    with serving(app) as http:
        http.get("/down")
    (line,) = _requests(written)
    assert (line["level"], line["status"], line["route"]) == ("warning", 503, "/down")
