"""The OpenAPI document, completed with what holds of every call of a kind and is written down once: bodies that cannot be
read, conditions, repetitions, times to come again."""

from typing import Any

from fastapi import FastAPI

from service.api.schemas import problems
from service.http import UNTAGGED

_STRING = {"schema": {"type": "string"}}
_SECONDS = {"schema": {"type": "string"}, "description": "Seconds."}
_LATER = {"Retry-After": _SECONDS}
_IDEMPOTENCY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    "description": "Sent again with the same key within 24 hours, it is done once and answered alike.",
}
_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "ETag of the state that is changed, or `*`.",
}
_IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "ETags of what the caller has: 304 where it is that.",
}


CHANGES = ("post", "put", "patch", "delete")
NOT_ONCE = {"accounts", "uploads", "harvesting"}
"""Tags of calls that are not done once by a key: they change nothing of the library, or go on by themselves."""


def complete(app: FastAPI) -> dict[str, Any]:
    """The document of the application."""
    if app.openapi_schema is None:
        document = FastAPI.openapi(app)
        for methods in document["paths"].values():
            for method, operation in methods.items():
                _complete(method, operation)
        app.openapi_schema = document
    return app.openapi_schema


def _complete(method: str, operation: dict[str, Any]) -> None:
    tags = set(operation.get("tags", ()))
    answers, parameters = operation["responses"], operation.setdefault("parameters", [])
    for status, answer in _refused(operation).items():
        answers.setdefault(str(status), answer)
    answers["503"]["headers"] = _LATER
    if "429" in answers:
        answers["429"].setdefault("headers", _LATER)
    if (
        method == "get"
        and not UNTAGGED & tags
        and "application/json" in answers.get("200", {}).get("content", {})
    ):
        answers["200"].setdefault("headers", {})["ETag"] = _STRING
        answers.setdefault("304", {"description": "The caller has it already.", "headers": {"ETag": _STRING}})
        parameters.append(_IF_NONE_MATCH)
    if "412" in answers:
        parameters.append(_IF_MATCH)
    if method in CHANGES and not NOT_ONCE & tags:
        parameters.append(_IDEMPOTENCY)


def _refused(operation: dict[str, Any]) -> dict[int | str, dict[str, Any]]:
    """What may be answered to it whatever it is, referring to the shape of every problem."""
    words = {"_503": "A part is down or busy; see Retry-After."}
    if "requestBody" in operation:
        words |= {"_400": "The body cannot be read.", "_413": "The body is too large."}
    found = problems(**words)
    for answer in found.values():
        answer.pop("model")
        answer["content"] = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return found
