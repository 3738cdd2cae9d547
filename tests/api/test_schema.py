"""The OpenAPI document says what is sent: every answer is checked against the schema that describes it."""

import re
from typing import Any

import httpx
import pytest

from tests.api.api_client import ROOT, Api, Person

LESSON = {"kind": "lesson_case", "title": "秋天的雨"}
TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "integer": (int,), "number": (int, float),
    "boolean": (bool,), "null": (type(None),),
}  # fmt: skip


@pytest.fixture
def document(api: Api) -> dict[str, Any]:
    answer = Person(api.http).get("/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def faults(document: dict[str, Any], schema: dict[str, Any], value: Any, where: str = "$") -> list[str]:
    """Where the value is not as the schema says; fields that the schema does not name are faults too."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return faults(document, document["components"]["schemas"][name], value, where)
    if "anyOf" in schema:
        tried = [faults(document, option, value, where) for option in schema["anyOf"]]
        return min(tried, key=len)
    if "enum" in schema and value not in schema["enum"]:
        return [f"{where}: {value!r} is none of {schema['enum']}"]
    kind = schema.get("type")
    if kind and (not isinstance(value, TYPES[kind]) or (isinstance(value, bool) and kind != "boolean")):
        return [f"{where}: {value!r} is no {kind}"]
    if isinstance(value, list):
        items = schema.get("items", {})
        return [
            fault for n, item in enumerate(value) for fault in faults(document, items, item, f"{where}[{n}]")
        ]
    return _object_faults(document, schema, value, where) if isinstance(value, dict) else []


def _object_faults(
    document: dict[str, Any], schema: dict[str, Any], value: dict[str, Any], where: str
) -> list[str]:
    named, more = schema.get("properties", {}), schema.get("additionalProperties")
    found = [f"{where}.{name} is missing" for name in schema.get("required", []) if name not in value]
    for name, item in value.items():
        if name in named:
            found += faults(document, named[name], item, f"{where}.{name}")
        elif isinstance(more, dict):
            found += faults(document, more, item, f"{where}.{name}")
        elif named and more is not True:
            found.append(f"{where}.{name} is not described")
    return found


def described(document: dict[str, Any], answer: httpx.Response) -> None:
    """The answer is one that the document describes for this call."""
    path = answer.request.url.path
    templates = [
        t for t in document["paths"] if re.fullmatch(re.sub(r"\\{[^}]*\\}|\{[^}]*\}", "[^/]+", t), path)
    ]
    template = min(templates, key=lambda found: found.count("{"))
    operation = document["paths"][template][answer.request.method.lower()]
    responses = operation["responses"]
    assert str(answer.status_code) in responses, (template, answer.request.method, answer.status_code)
    content = responses[str(answer.status_code)].get("content", {})
    if not answer.content:
        return
    media_type = answer.headers["content-type"].split(";")[0]
    assert media_type in content, (template, media_type, list(content))
    schema = content[media_type].get("schema", {})
    assert faults(document, schema, answer.json()) == [], (template, answer.status_code)


def test_the_document_names_every_call_once_and_resolves(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    operations = [
        operation
        for path in document["paths"].values()
        for operation in path.values()
        if "operationId" in operation
    ]
    ids = [operation["operationId"] for operation in operations]
    assert len(ids) == len(set(ids))
    assert all(operation.get("description") or operation.get("summary") for operation in operations)
    schemas = document["components"]["schemas"]
    for name in re.findall(r"#/components/schemas/([A-Za-z0-9_\-]+)", str(document)):
        assert name in schemas
    assert all(path.startswith(ROOT) for path in document["paths"])


def test_answers_are_as_the_document_describes_them(api: Api, document: dict[str, Any]) -> None:
    teacher, admin, nobody = api.person(), api.person("a_helper"), api.person(None)
    resource_id = teacher.post("/resources", LESSON).json()["id"]
    file = api.attached(resource_id, "教案.txt", "秋天的雨".encode())
    path, school = f"/resources/{resource_id}", api.library.schools
    proposal = {"helper": school["helper"], "aided": school["lonely"], "starts": "2026-09-01"}
    api.work()
    answers = [
        teacher.post("/resources", LESSON),
        teacher.get("/resources"),
        teacher.get(path),
        teacher.patch(path, {"title": "改了"}, If_Match="*"),
        teacher.put("/resources/by-key/1", LESSON, If_None_Match="*"),
        teacher.put("/resources/by-key/1", LESSON, If_Match="*"),
        teacher.get(f"{path}/files"),
        teacher.get(f"{path}/files/{file['id']}/text"),
        teacher.post(f"{path}/grants", {"audience": f"pair:{api.library.pairs['school']}"}),
        teacher.get(f"{path}/grants"),
        teacher.get(f"{path}/audience"),
        teacher.post(f"{path}/submit"),
        admin.post(f"{path}/publish"),
        teacher.get(f"{path}/versions"),
        teacher.get("/search", q="秋天"),
        teacher.post(f"{path}/withdraw"),
        teacher.post(f"{path}/restore"),
        teacher.get("/me"),
        teacher.get("/teams"),
        teacher.post("/teams", {"name": "队"}),
        teacher.get("/uploads"),
        nobody.get("/schools"),
        nobody.get("/partnerships"),
        admin.post("/partnerships", proposal),
        nobody.get("/vocabularies"),
        nobody.get("/health/live"),
    ]
    for answer in answers:
        assert answer.status_code < 300, answer.text
        described(document, answer)


def test_refusals_are_as_the_document_describes_them(api: Api, document: dict[str, Any]) -> None:
    teacher, resource_id = api.person(), api.library.draft("t_helper")
    path = f"/resources/{resource_id}"
    answers = [
        teacher.post("/resources", {}),
        api.person(None).post("/resources", LESSON),
        api.person("t_helper", "resources:read").post("/resources", LESSON),
        teacher.get("/resources/nothing"),
        teacher.post(f"{path}/publish"),
        teacher.post(f"{path}/grants", {"audience": "x"}),
        teacher.get("/search", page="x"),
        teacher.get("/schools", cursor="x"),
    ]
    for answer in answers:
        assert answer.status_code >= 400
        described(document, answer)


def test_every_body_has_an_example_of_its_shape(document: dict[str, Any]) -> None:
    without = []
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json")
            if content is None:
                continue
            options = content["schema"].get("anyOf", [content["schema"]])
            schema = next((named(document, one) for one in options if "$ref" in one), content["schema"])
            examples = [
                *schema.get("examples", []),
                *(one["value"] for one in content.get("examples", {}).values()),
            ]
            if not examples or any(faults(document, schema, example) for example in examples):
                without.append(f"{method} {path}")
    assert without == []


def named(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """What the reference names."""
    found: dict[str, Any] = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return found
