"""Shapes that more than one router answers with (api.md, Shapes)."""

from typing import Any, Generic, Literal, TypeVar

from fastapi import Response
from pydantic import BaseModel, Field
from pydantic_core import to_json

T = TypeVar("T")


class Page(BaseModel, Generic[T]):
    """A page of a list; `next` is the cursor of the following one, null at the end."""

    items: list[T]
    next: str | None = None


class School(BaseModel):
    """The school that owns a resource."""

    id: str
    name: str
    city: str | None


class CreditOut(BaseModel):
    """署名: person, school or enterprise, part."""

    person: str
    school: str | None = None
    enterprise: str | None = None
    part: str | None = None


class FileOut(BaseModel):
    """附件. Its bytes can be read in every state."""

    id: str
    name: str
    media_type: str
    size: int = Field(description="Bytes.")
    sha256: str
    state: Literal["pending", "processing", "ready", "failed"]
    reason: str = Field(description="Why no text could be extracted; empty otherwise.")
    pages: int | None
    shows_children: Literal["yes", "no", "unasked"]
    alt: str = Field(description="What a picture shows, for those who cannot see it.")


class DraftOut(BaseModel):
    """The draft beside the published version."""

    version: int
    status: Literal["draft", "submitted"]


class ResourceItem(BaseModel):
    """A Resource in a list: everything but `content`."""

    id: str
    key: str | None
    kind: str
    title: str
    summary: str
    language: str
    system: str | None
    stage: str | None
    grade: str | None
    subject: str | None
    edition: str | None
    volume: str | None
    unit: str | None
    type: str | None
    major: str | None
    job_task: str | None
    equipment: list[str]
    safety: str | None
    training_base: str | None
    tags: list[str]
    licence: str | None
    school: School
    credits: list[CreditOut]
    status: Literal["draft", "submitted", "published", "withdrawn"]
    version: int
    draft: DraftOut | None
    adapted_from: str | None
    files: list[FileOut]
    created_at: str
    updated_at: str


class ResourceOut(ResourceItem):
    """A Resource (api.md)."""

    content: str = Field(description="Markdown.")


class GrantOut(BaseModel):
    """授权."""

    id: str
    audience: str
    role: Literal["viewer", "commenter", "editor", "manager"]
    not_before: str | None
    expires_at: str | None
    state: Literal["active", "scheduled", "waiting", "sleeping", "blocked"]


class Problem(BaseModel):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str | None = None
    errors: list[dict[str, str]] | None = None


def as_json(data: dict[str, Any]) -> Response:
    """An answer of a hot read, already in its documented shape: written as it is. Checking twenty resources against
    their model once more took as long as reading them; `tests/api` holds the shapes to the schema instead."""
    return Response(to_json(data), media_type="application/json")


def problems(**answers: str) -> dict[int | str, dict[str, Any]]:
    """Documented refusals of a route: `_409="why"` and so on."""
    return {
        int(status.removeprefix("_")): {
            "model": Problem,
            "description": words,
            "content": {"application/problem+json": {}},
        }
        for status, words in answers.items()
    }


PROBLEMS = problems(
    _401="Sign in first.",
    _403="Seen, but not allowed.",
    _404="Does not exist, or may not be known to exist.",
    _422="Invalid input; `errors` names the fields.",
    _429="Too many requests; `Retry-After` says when to go on.",
)
CONFLICT = problems(_409="It cannot be done in this state; `detail` says why.")
STALE = problems(_412="It changed since the state that `If-Match` names.")
PRECONDITIONS = STALE | problems(_428="Say in `If-Match` which state you change.")
