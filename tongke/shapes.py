"""The shapes of docs/api.md, as they come in JSON."""

from typing import Any, Literal, NotRequired, TypedDict


class School(TypedDict):
    """The school that owns a resource."""

    id: str
    name: str
    city: str | None


class Credit(TypedDict):
    """署名."""

    person: str
    school: str | None
    enterprise: str | None
    part: str | None


class File(TypedDict):
    """附件; `size` in bytes, `sha256` in hexadecimal."""

    id: str
    name: str
    media_type: str
    size: int
    sha256: str
    state: Literal["pending", "processing", "ready", "failed"]
    reason: str
    pages: int | None
    shows_children: Literal["yes", "no", "unasked"]
    alt: str


class Resource(TypedDict):
    """资源. Lists leave out `content`."""

    id: str
    key: str | None
    kind: Literal["lesson_case", "joint_course", "training_material"]
    title: str
    summary: str
    content: NotRequired[str]
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
    credits: list[Credit]
    status: Literal["draft", "submitted", "published", "withdrawn"]
    version: int
    draft: dict[str, Any] | None
    adapted_from: str | None
    files: list[File]
    created_at: str
    updated_at: str


class Hit(Resource):
    """A resource that was found: HTML with `<mark>` by field, and the pages of its files that hold the words."""

    highlights: dict[str, str]
    hits_in: list[dict[str, Any]]


class SearchPage(TypedDict):
    """An answer of `GET /search`."""

    total: int | None
    page: int
    items: list[Hit]
    facets: dict[str, list[dict[str, Any]]]
    understood: list[dict[str, Any]]
    relaxed: list[dict[str, Any]]
    simplified: bool
    took_ms: float


class Upsert(TypedDict):
    """Put it in the copy, or replace it there."""

    op: Literal["upsert"]
    resource: Resource


class Removed(TypedDict):
    """Take it out of the copy."""

    op: Literal["removed"]
    id: str


Change = Upsert | Removed


class ChangesPage(TypedDict):
    """Apply the items in their order and keep `next_cursor` with the copy, in one transaction."""

    items: list[Change]
    next_cursor: str
    has_more: bool
