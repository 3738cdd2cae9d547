"""任职 as people write it: names, sign-in names, roles, kinds and terms, read or told what to write instead."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from service.errors import FieldError, Invalid, wrong_fields
from service.library import terms, vocabulary

ROLES_AT = {
    "school": ("teacher", "researcher", "school_admin"),
    "county": ("officer", "researcher"),
    "city": ("officer", "researcher"),
    "province": ("officer", "researcher", "platform_admin"),
}
"""Level of an organisation → the roles that people have there."""
_USERNAME = re.compile(r"[a-z0-9\u4e00-\u9fff][a-z0-9\u4e00-\u9fff._@-]{1,63}")
_FORMULA = ("=", "+", "-", "@")


@dataclass(frozen=True, slots=True)
class Post:
    """What somebody is at a place: role and kind are codes, the term is [starts, ends)."""

    role: str = "teacher"
    kind: str = "regular"
    starts: datetime | None = None
    ends: datetime | None = None


def username_of(text: str) -> str:
    """A sign-in name as it is kept. ValueError with what to write instead."""
    name = unicodedata.normalize("NFKC", text).strip().lower()
    if not name:
        raise ValueError("必填，请补上。")
    if _USERNAME.fullmatch(name) is None:
        raise ValueError("2 到 64 个字符，可以用字母、数字、汉字和 . _ - @，不能有空格。")
    return name


def name_of(text: str) -> str:
    """A person's name as it is kept. ValueError with what to write instead."""
    name = " ".join(text.split())
    if not name:
        raise ValueError("必填，请补上。")
    if len(name) > 60 or name.startswith(_FORMULA) or not all(map(str.isprintable, name)):
        raise ValueError("请写真实姓名，最多 60 个字，不能以符号开头。")
    return name


def role_of(text: str, level: str) -> str:
    """The code of a role that exists at such an organisation. ValueError with what to write instead."""
    code = vocabulary.resolve("role", text) or ""
    allowed = ROLES_AT[level]
    if code not in allowed:
        words = "、".join(vocabulary.label("role", role) for role in allowed)
        raise ValueError(f"请写其中一种：{words}。")
    return code


def kind_of(text: str) -> str:
    """The code of a kind of membership. ValueError with what to write instead."""
    code = vocabulary.resolve("membership_kind", text)
    if code is None:
        words = "、".join(entry.label for entry in vocabulary.entries("membership_kind"))
        raise ValueError(f"请写其中一种：{words}。")
    return code


def post(values: Mapping[str, str], level: str, errors: list[FieldError] | None = None) -> Post:
    """role, kind, starts and ends of a form. Invalid names each wrong field, those in `errors` too."""
    found: dict[str, Any] = {}
    wrong = list(errors or [])
    for name, read in (("role", lambda text: role_of(text, level)), ("kind", kind_of)):
        try:
            found[name] = read(values.get(name, ""))
        except ValueError as error:
            wrong.append(FieldError(name, str(error)))
    try:
        found["starts"], found["ends"] = terms.parse(values.get("starts", ""), values.get("ends", ""))
    except Invalid as error:
        wrong.extend(error.errors)
    if wrong:
        raise wrong_fields(wrong)
    return Post(**found)
