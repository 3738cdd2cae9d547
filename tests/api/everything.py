"""schemathesis, unmodified, on the whole OpenAPI document: whatever the document allows, and much that it does not, is sent
by somebody who may do most things, and each answer must be one that the document describes."""

from collections.abc import Iterator
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.failures import FailureGroup
from schemathesis.schemas import APIOperation

from tests.api.api_client import EVERY_SCOPE, ROOT, Api
from tests.api.tus_client import bearer

load_all_checks()


@schemathesis.serializer("application/offset+octet-stream")
def as_it_is(_context: object, value: object) -> bytes:
    """The bytes of an upload."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


NAMES = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
WHO = "a_helper"
"""Administers a school, and writes for it."""


def known_ids(api: Api) -> dict[str, list[str]]:
    """Name of a path's parameter → what exists, so that more than 404 is met."""
    made = api.library
    resource_id = made.draft(WHO, "秋天的雨")
    file = api.attached(resource_id, "教案.txt", "教学目标".encode(), WHO)
    published = api.published("春天的雨")
    made.share("t_helper", published, "public")
    grant = made.share(WHO, resource_id, f"school:{made.schools['aided']}")
    admin, school = api.person(WHO), made.schools["helper"]
    key = admin.post(
        f"/schools/{school}/embed-keys", {"name": "x", "origins": ["https://www.example.cn"]}
    ).json()["key"]
    webhook = admin.post(
        f"/schools/{school}/webhooks", {"name": "x", "url": "https://www.example.cn/"}
    ).json()["id"]
    delivery = admin.get(f"/schools/{school}/webhooks/{webhook}/deliveries").json()["items"][0]["id"]
    api.work()
    return {
        "resource_id": [resource_id, published],
        "file_id": [file["id"]],
        "grant_id": [grant],
        "school_id": [school],
        "key": [key, "教案-1"],
        "webhook_id": [webhook],
        "delivery_id": [delivery],
        "partnership_id": [*made.pairs.values()],
        "step": ["accept", "suspend", "resume", "end"],
        "upload_id": [api.upload("教案.txt", b"x", WHO)],
        "n": [1],
    }


def operations(api: Api) -> Iterator[APIOperation[Any, Any, Any, Any]]:
    """Every call of the document."""
    document = api.http.get(f"{ROOT}/openapi.json").json()
    for found in schemathesis.openapi.from_dict(document).get_all_operations():
        yield found.ok()


def ask(
    api: Api,
    operation: APIOperation[Any, Any, Any, Any],
    ids: dict[str, list[str]],
    examples: int,
    start: int = 0,
) -> list[str]:
    """Send so many requests of this call; what was wrong with their answers."""
    faults: dict[str, str] = {}
    cases = st.one_of(
        operation.as_strategy(generation_mode=GenerationMode.POSITIVE),
        operation.as_strategy(generation_mode=GenerationMode.NEGATIVE),
    )

    @seed(start)
    @settings(
        max_examples=examples,
        derandomize=start == 0,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases, data=st.data())
    def run(case: Case, data: st.DataObject) -> None:
        for name in case.path_parameters or {}:
            if name in ids and data.draw(st.booleans()):
                case.path_parameters[name] = data.draw(st.sampled_from(ids[name]))
        if str((case.query or {}).get("wait", 0)) not in ("0", "1"):
            case.query["wait"] = 0  # nobody has the time
        answer = case.call(
            base_url=f"{api.http.base_url}".rstrip("/"), headers=bearer(api.library, WHO, EVERY_SCOPE)
        )
        if "x-request-id" not in answer.headers:
            return  # what is no HTTP is refused by uvicorn itself; the application and its document never see it
        try:
            case.validate_response(answer, checks=CHECKS.get_by_names(NAMES))
        except FailureGroup as group:
            for failure in group.exceptions:
                told = f"{operation.label} {answer.status_code}: {failure.title}: {failure.message}"
                faults.setdefault(told, f"{told}\n{answer.request.url} {answer.request.body!r:.300}")

    run()
    return list(faults.values())
