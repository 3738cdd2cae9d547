"""What a person or a program may write into a resource: names, lengths, vocabularies. One definition for the API, the
pages, the import and by-key."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from service.errors import FieldError, Invalid, wrong_fields
from service.library import vocabulary

Instant = Annotated[
    AwareDatetime, Field(ge=datetime(2000, 1, 1, tzinfo=UTC), le=datetime(2200, 1, 1, tzinfo=UTC))
]
"""A moment that every time zone and database can hold."""
Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2200, 1, 1))]
Kind = Literal["lesson_case", "joint_course", "training_material"]


def coded(name: str) -> AfterValidator:
    """A code of a closed vocabulary."""

    def check(code: str | None) -> str | None:
        if code is not None and not vocabulary.check(name, code):
            raise ValueError(f"“{code}”不是已知的代码。可用的代码见 /api/v1/vocabularies。")
        return code

    return AfterValidator(check)


def _blank_is_none(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


def printable(value: str) -> str:
    """Drop what no database or XML can carry: NUL and lone surrogates."""
    return value.replace("\x00", "").encode("utf-8", "ignore").decode()


def visible(words: str) -> bool:
    """Whether a reader sees anything of it: a title of marks without width could not be pressed."""
    return any(letter.isprintable() and not letter.isspace() for letter in words)


def _seen(words: str) -> str:
    if words and not visible(words):
        raise PydanticCustomError("nothing_visible", "nothing that can be seen")
    return words


Text = Annotated[str, AfterValidator(printable)]
Optional = BeforeValidator(_blank_is_none)


class Credit(BaseModel):
    """署名: a person with a school or an enterprise, and the part she had."""

    model_config = ConfigDict(extra="forbid")

    person: Annotated[Text, Field(max_length=60)]
    school: Annotated[Text | None, Field(max_length=200), Optional] = None
    enterprise: Annotated[Text | None, Field(max_length=200), Optional] = None
    part: Annotated[Text | None, Field(max_length=100), Optional] = None


class Fields(BaseModel):
    """The editable metadata of a version (api.md, Resource)."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    title: Annotated[Text, Field(min_length=1, max_length=300), AfterValidator(_seen)]
    summary: Annotated[Text, Field(max_length=2000)] = ""
    content: Annotated[Text, Field(max_length=500_000)] = ""
    language: Annotated[Text, Field(max_length=20, pattern=r"^[A-Za-z0-9-]+$")] = "zh-CN"
    system: Annotated[str | None, coded("system"), Optional] = None
    stage: Annotated[str | None, coded("stage"), Optional] = None
    grade: Annotated[str | None, coded("grade"), Optional] = None
    subject: Annotated[str | None, coded("subject"), Optional] = None
    edition: Annotated[Text | None, Field(max_length=60), Optional] = None
    volume: Annotated[str | None, coded("volume"), Optional] = None
    unit: Annotated[Text | None, Field(max_length=200), Optional] = None
    type: Annotated[str | None, coded("type"), Optional] = None
    major: Annotated[str | None, Field(pattern=r"^[0-9]{2,6}$"), Optional] = None
    job_task: Annotated[Text | None, Field(max_length=500), Optional] = None
    equipment: Annotated[
        list[Annotated[Text, Field(min_length=1, max_length=200)]], Field(max_length=100)
    ] = []
    safety: Annotated[Text | None, Field(max_length=5000), Optional] = None
    training_base: Annotated[Text | None, Field(max_length=200), Optional] = None
    tags: Annotated[list[Annotated[Text, Field(min_length=1, max_length=40)]], Field(max_length=30)] = []
    licence: Annotated[str | None, coded("licence"), Optional] = None
    credits: Annotated[list[Credit], Field(max_length=50)] = []

    @model_validator(mode="before")
    @classmethod
    def _grade_is_a_code(cls, data: Any) -> Any:
        """Grades are codes, "1" to "12"; a number is taken as its code."""
        if isinstance(data, dict) and isinstance(data.get("grade"), int):
            return {**data, "grade": str(data["grade"])}
        return data


class NewResource(Fields):
    """What POST /resources takes: `kind` and `title` at least."""

    kind: Kind


VERSION_FIELDS = tuple(Fields.model_fields)
PLACE = ("stage", "grade", "subject", "edition", "volume", "type", "major")
"""Fields that say where a resource belongs, in the order in which people say them. Each holds a code of the vocabulary of
its name (`edition` also a name of its own). Lists, search, ranking, catalogues and pages take them from here."""


def new_resource(data: Mapping[str, Any]) -> NewResource:
    """Parse; raises Invalid naming each wrong field."""
    try:
        return NewResource.model_validate(dict(data))
    except ValidationError as error:
        raise invalid(error) from error


def changes(current: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of `data` (only those sent), checked together with the rest of the version."""
    unknown = sorted(set(data) - set(VERSION_FIELDS))
    if unknown:
        raise Invalid(
            "有些字段不能这样修改，请核对名称。",
            errors=[
                FieldError(
                    name, "没有这个字段，或它不能修改。", english="No such field, or it cannot be changed."
                )
                for name in unknown
            ],
            english="Some fields do not exist or cannot be changed.",
        )
    try:
        parsed = Fields.model_validate({**current, **data})
    except ValidationError as error:
        raise invalid(error) from error
    values = parsed.model_dump()
    return {name: values[name] for name in data}


_WORDS = {
    "missing": "必填，请补上。",
    "string_too_long": "太长了，最多 {max_length} 个字符。",
    "string_too_short": "请填写内容。",
    "too_short": "请填写，不能空着。",
    "too_long": "太长或太多了，最多 {max_length}。",
    "literal_error": "只能是：{expected}。",
    "extra_forbidden": "没有这个字段，请核对名称。",
    "string_type": "应为文字。",
    "list_type": "应为列表。",
    "int_parsing": "应为整数。",
    "json_invalid": "不是有效的 JSON。",
    "greater_than_equal": "不能小于 {ge}。",
    "less_than_equal": "不能大于 {le}。",
    "datetime_from_date_parsing": "应为日期时间，例如 2026-09-01T08:00:00+08:00。",
    "nothing_visible": "只有看不见的字符，请写上文字。",
    "value_error": "{error}",
}
_ENGLISH = {
    "missing": "Required.",
    "string_too_long": "Too long: at most {max_length} characters.",
    "string_too_short": "Must not be empty.",
    "too_short": "Must not be empty.",
    "too_long": "Too long or too many: at most {max_length}.",
    "literal_error": "Must be one of: {expected}.",
    "extra_forbidden": "There is no such field.",
    "string_type": "Must be text.",
    "list_type": "Must be a list.",
    "int_parsing": "Must be an integer.",
    "json_invalid": "Not valid JSON.",
    "greater_than_equal": "Must be at least {ge}.",
    "less_than_equal": "Must be at most {le}.",
    "datetime_from_date_parsing": "Must be a time such as 2026-09-01T08:00:00+08:00.",
    "nothing_visible": "Nothing of it can be seen; write some words.",
    "value_error": "Not a known code; see /api/v1/vocabularies.",
}
_PLACES = ("body", "query", "path", "header")


def field_errors(errors: list[Any]) -> list[FieldError]:
    """Pydantic's errors as fields with a sentence each."""
    found = []
    for item in errors:
        place = [str(part) for part in item["loc"] if part not in _PLACES]
        context = {key: str(value) for key, value in (item.get("ctx") or {}).items()}
        words = _WORDS.get(item["type"], "格式不正确，请核对。").format_map(context)
        english = _ENGLISH.get(item["type"], "Not of the right form.").format_map(context)
        found.append(FieldError(".".join(place) or "body", words, english))
    return found


def invalid(error: ValidationError) -> Invalid:
    """The refusal of wrong input, a sentence per field."""
    return wrong_fields(field_errors(list(error.errors(include_url=False))))
