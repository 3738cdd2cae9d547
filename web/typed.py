"""A resource's fields as the text of a form, and back. What was not touched is not sent on, so that a value which the
form cannot write (a comma inside a credit, set through the API) survives every save."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from starlette.datastructures import FormData

from service.library.fields import VERSION_FIELDS
from web.forms import lines

NAMES = {
    "kind": "类别", "title": "标题", "summary": "一句话简介", "content": "正文", "unit": "单元或课", "tags": "标签",
    "stage": "学段", "grade": "年级", "subject": "学科", "edition": "教材版本", "volume": "册次", "type": "类型",
    "system": "学制", "major": "专业大类", "job_task": "工作任务", "equipment": "设备与材料", "safety": "安全要求",
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
    """The ETag of what the form shows. Files have forms of their own, and their extraction, which also changes the
    resource, is nobody's edit."""
    written = json.dumps({name: found.get(name) for name in VERSION_FIELDS}, sort_keys=True)
    return hashlib.sha256(written.encode()).hexdigest()[:32]


def sent(form: FormData) -> dict[str, str]:
    """The fields as they were typed, with the line ends of Unix (forms send CRLF: HTML, "Constructing the entry list")."""
    return {name: str(form[name]).replace("\r\n", "\n") for name in ("kind", *VERSION_FIELDS) if name in form}


def values(form: FormData, shown: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The fields that differ from what was shown, as the use-cases take them."""
    shown = shown or {}
    return {name: _parsed(form, name, text) for name, text in sent(form).items() if text != shown.get(name)}


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
