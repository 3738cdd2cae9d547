"""A call that will go says so in every answer, and in the OpenAPI document."""

from collections.abc import Iterator
from datetime import date
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from fastapi import APIRouter, Response
from fastapi.testclient import TestClient

from service import app as application
from service.app import API
from service.deprecation import deprecated
from service.errors import NotFound
from service.http import UnitRoute
from tests.factories import Library, library

SINCE, UNTIL = date(2026, 12, 1), date(2027, 6, 30)
router = APIRouter(prefix="/old", route_class=UnitRoute)


@router.get("")
@deprecated(SINCE, UNTIL, "/developers#new")
def old() -> Response:
    return Response("old", headers={"Link": '</api/v1/old?page=2>; rel="next"'})


@router.get("/missing")
@deprecated(SINCE, UNTIL, "/developers#new")
def missing() -> Response:
    raise NotFound("没有。", english="None.")


@router.get("/kept")
def kept() -> Response:
    return Response("kept")


class _Module:
    router = router


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Library]:
    found = library(tmp_path)
    yield found
    found.close()


@pytest.fixture
def client(made: Library, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """The application with these calls beside its own."""
    monkeypatch.setattr(application, "ROUTERS", (*application.ROUTERS, _Module))
    return TestClient(application.create_app(made.backends.settings, made.backends, with_worker=False))


def test_every_answer_tells_since_when_until_when_and_what_instead(client: TestClient) -> None:
    for path, status in (("", 200), ("/missing", 404)):
        answer = client.get(f"{API}/old{path}")
        assert answer.status_code == status
        assert answer.headers["deprecation"] == "@1796083200"
        assert parsedate_to_datetime(answer.headers["sunset"]).date() == UNTIL
        assert answer.headers.get_list("link")[-1] == '</developers#new>; rel="deprecation"'


def test_links_of_the_answer_itself_stay(client: TestClient) -> None:
    assert client.get(f"{API}/old").headers.get_list("link")[0] == '</api/v1/old?page=2>; rel="next"'


def test_other_calls_say_nothing(client: TestClient) -> None:
    for path in (f"{API}/old/kept", f"{API}/health/live", "/nowhere"):
        assert not {"deprecation", "sunset"} & client.get(path).headers.keys()


def test_the_document_marks_it(client: TestClient) -> None:
    paths = client.get(f"{API}/openapi.json").json()["paths"]
    assert paths[f"{API}/old"]["get"]["deprecated"] is True
    assert "deprecated" not in paths[f"{API}/old/kept"]["get"]


def test_less_notice_than_was_promised_is_refused() -> None:
    with pytest.raises(ValueError, match="180 days"):
        deprecated(date(2026, 12, 1), date(2027, 5, 1), "/developers")
