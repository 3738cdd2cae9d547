"""A resource's fields as the text of a form, and back. What was not touched is not sent on, so that a value which the
form cannot write (a comma inside a credit, set through the API) survives every save."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from starlette.datastructures import FormData

from service.library.fields import VERSION_FIELDS
from web.forms import lines

NAMES = {
    "kind": "类别", "title": "标题", "summary": "一句话简介", "content": "正文", "unit": "单元或课", "tags": "标签",
    "stage": "学段", "grade": "年级", "subject": "学科", "edition": "教材版本", "volume": "册次", "type": "类型",
    "system": "学制", "major": "专业", "job_task": "工作任务", "equipment": "设备与材料", "safety": "安全要求",
    "training_base": "实训基地", "credits": "署名", "licence": "使用许可", "file": "附件",
}  # fmt: skip
"""What the form calls its fields."""
ENTERPRISE = "企业："


def texts(found: Mapping[str, Any]) -> dict[str, str]:
    """Each field as the form shows it; absent ones are empty."""
    shown = {name: found.get(name) or "" for name in VERSION_FIELDS}
    return {
        **shown,
        "tags": "、".join(shown["tags"]),
        "equipment": "\n".join(shown["equipment"]),
        "credits": "\n".join(map(_credit_line, shown["credits"])),
    }


def state(found: Mapping[str, Any]) -> str:
    """What the form shows, as a mark of each field; files have forms of their own, and their extraction, which also
    changes the resource, is nobody's edit."""
    return " ".join(f"{name}={_mark(text)}" for name, text in texts(found).items())


def _mark(text: str) -> str:
    return hashlib.sha256(text.replace("\r\n", "\n").encode()).hexdigest()[:10]


def _shown(form: FormData) -> dict[str, str]:
    return dict(part.partition("=")[::2] for part in str(form.get("etag", "")).split(" "))


def touched(form: FormData) -> dict[str, str]:
    """The fields that were changed since the form was shown (its `etag` is that `state`), as they were typed."""
    shown = _shown(form)
    return {
        name: text for name, text in sent(form).items() if name != "kind" and _mark(text) != shown.get(name)
    }


def clashes(form: FormData, found: Mapping[str, Any]) -> dict[str, str]:
    """Fields that she and somebody else changed differently, as they are now. What only one of them changed is none."""
    shown, now = _shown(form), texts(found)
    return {
        name: now[name]
        for name, text in touched(form).items()
        if _mark(now[name]) != shown.get(name) and now[name] != text
    }


def state_after(form: FormData, found: Mapping[str, Any]) -> str:
    """The state for a form that stays open once it was saved: what somebody else changed is not yet shown in it."""
    shown, now, saved = _shown(form), texts(found), touched(form)
    return " ".join(
        f"{name}={_mark(text) if name in saved else shown.get(name, '')}" for name, text in now.items()
    )


def sent(form: FormData) -> dict[str, str]:
    """The fields as they were typed, with the line ends of Unix (forms send CRLF: HTML, "Constructing the entry list")."""
    return {name: str(form[name]).replace("\r\n", "\n") for name in ("kind", *VERSION_FIELDS) if name in form}


def values(form: FormData, names: Iterable[str] | None = None) -> dict[str, Any]:
    """These fields (all) as the use-cases take them."""
    typed = sent(form)
    return {name: _parsed(form, name, typed[name]) for name in (typed if names is None else names)}


def _parsed(form: FormData, name: str, text: str) -> Any:
    if name == "tags":
        return lines(form, name)
    parts = [line.strip() for line in text.split("\n") if line.strip()]
    if name == "equipment":
        return parts
    return [_credit(line) for line in parts] if name == "credits" else text


def _credit_line(credit: Mapping[str, str | None]) -> str:
    """姓名，学校，分工; an enterprise in the school's place says so, beside a school it comes last."""
    school, enterprise = credit.get("school"), credit.get("enterprise")
    worked_for = ENTERPRISE + enterprise if enterprise else ""
    parts = [credit.get("person"), school or worked_for, credit.get("part"), worked_for if school else ""]
    return "，".join(part or "" for part in parts).rstrip("，")


def _credit(line: str) -> dict[str, str]:
    """The other way round; commas of either width."""
    parts = [part.strip() for part in line.replace(",", "，").split("，")]
    found = dict(zip(("person", "school", "part", "enterprise"), parts, strict=False))
    if found.get("school", "").startswith(ENTERPRISE):
        found["enterprise"] = found.pop("school")
    if "enterprise" in found:
        found["enterprise"] = found["enterprise"].removeprefix(ENTERPRISE)
    return {name: part for name, part in found.items() if part}
