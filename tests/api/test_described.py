"""What holds of every call of a kind stands in the OpenAPI document."""

from typing import Any

import pytest

from tests.api.api_client import ROOT, Api


@pytest.fixture
def paths(api: Api) -> dict[str, Any]:
    found: dict[str, Any] = api.person(None).get("/openapi.json").json()["paths"]
    return found


def names(operation: dict[str, Any]) -> set[str]:
    return {parameter["name"] for parameter in operation.get("parameters", [])}


def test_a_read_says_that_it_answers_304(paths: dict[str, Any]) -> None:
    read = paths[f"{ROOT}/resources/{{resource_id}}"]["get"]
    assert "304" in read["responses"]
    assert "ETag" in read["responses"]["200"]["headers"]
    assert "If-None-Match" in names(read)
    assert "304" not in paths[f"{ROOT}/search"]["get"]["responses"]


def test_a_change_names_its_condition_and_that_it_can_be_repeated(paths: dict[str, Any]) -> None:
    change = paths[f"{ROOT}/resources/{{resource_id}}"]["patch"]
    assert {"If-Match", "Idempotency-Key"} <= names(change)
    assert {"400", "409", "412", "413", "428", "503"} <= change["responses"].keys()
    assert "Idempotency-Key" not in names(paths[f"{ROOT}/resources"]["get"])


def test_every_call_says_when_to_come_again(paths: dict[str, Any]) -> None:
    for methods in paths.values():
        for operation in methods.values():
            assert "Retry-After" in operation["responses"]["503"]["headers"]
