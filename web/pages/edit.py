"""New resources and the editing of drafts: one form, that loses nothing of what was typed."""

import secrets
from datetime import date
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.datastructures import FormData

from service.errors import Conflict, FieldError, Invalid, Stale, TongkeError, Unauthenticated
from service.http import Reading
from service.library import bykey, files, resources, uploads, vocabulary
from service.library.fields import VERSION_FIELDS
from service.permissions import require
from service.work import Work
from web import work as units
from web.forms import Form, lines, text
from web.rendering import page, redirect

router = APIRouter()
LISTS = ("tags", "equipment")
EMPTY: dict[str, Any] = {
    **dict.fromkeys(VERSION_FIELDS, ""), "kind": "lesson_case", "tags": [], "equipment": [], "credits": [],
}  # fmt: skip


def _values(form: FormData) -> dict[str, Any]:
    """The form's fields as the use-cases take them."""
    values: dict[str, Any] = {
        name: text(form, name) for name in VERSION_FIELDS if name in form and name not in (*LISTS, "credits")
    }
    values |= {name: lines(form, name) for name in LISTS if name in form}
    if "credits" in form:
        values["credits"] = [_credit(line) for line in text(form, "credits").splitlines() if line.strip()]
    return values


def _credit(line: str) -> dict[str, str]:
    """姓名，学校或单位，分工 in a line."""
    parts = [part.strip() for part in line.replace("，", ",").split(",")]
    return {name: part for name, part in zip(("person", "school", "part"), parts, strict=False) if part}


@router.get("/resources/new")
def new(work: Reading, request: Request, kind: str = "lesson_case") -> Response:
    """An empty form. Its hidden key makes a double submit one resource."""
    if not work.caller.signed_in:
        raise Unauthenticated("请先登录。")
    known = kind if vocabulary.check("kind", kind) else "lesson_case"
    return _form(request, work, {**EMPTY, "kind": known}, form_key=secrets.token_hex(8))


def _form(request: Request, work: Work, values: dict[str, Any], **context: Any) -> Response:
    error: TongkeError | None = context.pop("error", None)
    return page(
        request,
        "edit.html",
        caller=work.caller,
        values=values,
        error=error,
        wrong={item.field.split(".")[0]: item.message for item in error.errors} if error else {},
        status=error.status if error else 200,
        limits=uploads.limits(work) if work.caller.school_id else None,
        **{"form_key": "", "etag": "", "resource": None, "stale": False, **context},
    )


@router.post("/resources/new")
def create(request: Request, form: Form) -> Response:
    """Make the draft, then go on to its files."""
    values, kind, key = _values(form), text(form, "kind"), text(form, "form_key")
    try:
        with units.writing(request) as work:
            made = bykey.find(work, f"form:{key}") if key else None
            made = made or resources.create(
                work, {**values, "kind": kind}, key=f"form:{key}" if key else None
            )
    except (Invalid, Conflict) as error:
        with units.reading(request) as work:
            return _form(request, work, {**EMPTY, **values, "kind": kind}, form_key=key, error=error)
    return redirect(f"/resources/{made}/edit", "created")


@router.get("/resources/{resource_id}/edit")
def edit(work: Reading, request: Request, resource_id: str) -> Response:
    """The draft; of a published resource what the next version begins with."""
    found, etag = _draft(work, resource_id)
    return _form(request, work, found, etag=etag, resource=found)


def _draft(work: Work, resource_id: str) -> tuple[dict[str, Any], str]:
    require(work.session, work.caller, resource_id, work.now, "edit")
    found, etag = resources.view(work, resource_id)
    return resources.view(work, resource_id, "draft") if found["draft"] else (found, etag)


@router.post("/resources/{resource_id}/edit")
def save(request: Request, resource_id: str, form: Form) -> Response:
    """Save the draft, unless somebody else did in the meantime: then nothing is lost, and she decides."""
    values, etag = _values(form), text(form, "etag")

    def unchanged(current: str) -> None:
        if etag and etag != current:
            raise Stale("在您修改期间，别人已经改动了这份资源。您填写的内容还在下面，没有丢失。")

    try:
        with units.writing(request) as work:
            resources.update(work, resource_id, values, unchanged)
    except (Invalid, Conflict, Stale) as error:
        with units.reading(request) as work:
            found, fresh = _draft(work, resource_id)
            return _form(
                request, work, {**found, **values}, etag=fresh, resource=found, error=error,
                stale=isinstance(error, Stale),
            )  # fmt: skip
    return redirect(f"/resources/{resource_id}/edit", "saved")


@router.post("/resources/{resource_id}/files/{file_id}/remove")
def detach(request: Request, resource_id: str, file_id: str, form: Form) -> Response:
    """Take a file out of the draft."""
    with units.writing(request) as work:
        files.detach(work, resource_id, file_id)
    return redirect(f"/resources/{resource_id}/edit", "detached")


@router.post("/resources/{resource_id}/files/{file_id}/children")
def children(request: Request, resource_id: str, file_id: str, form: Form) -> Response:
    """Say whether a picture or recording shows children."""
    answer = text(form, "shows_children")
    if answer not in ("yes", "no"):
        raise Invalid("请选择是否拍到学生。", errors=[FieldError("shows_children", "请选择。")])
    with units.writing(request) as work:
        files.answer_children(work, resource_id, file_id, answer, _day(text(form, "consent_on")))  # type: ignore[arg-type]
    return redirect(f"/resources/{resource_id}/edit", "saved")


def _day(value: str) -> date | None:
    try:
        return date.fromisoformat(value) if value else None
    except ValueError as error:
        raise Invalid("日期不正确。", errors=[FieldError("consent_on", "例如 2026-09-01。")]) from error
