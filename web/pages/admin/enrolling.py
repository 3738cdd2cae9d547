"""Enrolling a list: the template, the preview of every row, the confirmation, and the sheets that follow from it.

Nothing is kept between the pages: the preview carries the rows, and confirming them checks them again.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import UploadFile

from service.errors import FieldError, Invalid, Malformed, TongkeError, TooLarge, Unsupported
from service.http import Reading, UnitRoute, check_csrf
from service.library import enrolling, sheets
from service.library.fields import printable
from service.work import Work
from web import telling
from web import work as units
from web.forms import Form, text
from web.pages.admin.frame import Text, show
from web.pages.admin.people import required_place
from web.rendering import download

router = APIRouter(route_class=UnitRoute)
STATES = {"new": "新增", "changed": "更新任职", "same": "没有变化", "wrong": "有问题"}
FORM = sheets.MOST_BYTES + 100_000
"""Bytes of the whole form that brings a sheet."""


async def _sheet(request: Request) -> tuple[str, str, bytes]:
    """(school, file name, content) of the form, once it is bounded and from a page of the caller's own session."""
    length = request.headers.get("content-length", "")
    if not length.isdigit():
        raise Malformed("请求没有说明长度(Content-Length)。请用浏览器上传。", english="Send Content-Length.")
    if len(length) > 18 or int(length) > FORM:
        raise TooLarge(
            f"表格最大 {sheets.MOST_BYTES // 1024**2} MB。请返回上一页，换一个文件。",
            english="The sheet is too large.",
        )
    async with request.form(max_files=1, max_fields=10, max_part_size=10_000) as form:
        check_csrf(request, str(form.get("csrf", "")))
        file = form.get("file")
        named = isinstance(file, UploadFile) and bool(file.filename)
        content = await file.read() if isinstance(file, UploadFile) else b""
        return (
            str(form.get("school", "")),
            file.filename or "" if named and isinstance(file, UploadFile) else "",
            content,
        )


Received = Annotated[tuple[str, str, bytes], Depends(_sheet)]


@router.get("/admin/people/import")
def start(work: Reading, request: Request, school: Text = "") -> Response:
    """Where a list is sent from."""
    return _start(request, work, school)


def _start(request: Request, work: Work, school: str, error: TongkeError | None = None) -> Response:
    return show(
        request,
        work,
        "import.html",
        error=error,
        place=required_place(work, school),
        most_rows=sheets.MOST_ROWS,
    )


@router.get("/admin/people/import/template.{form}")
def template(work: Reading, form: Literal["xlsx", "csv"], school: Text = "") -> Response:
    """The empty list."""
    return download(enrolling.template(required_place(work, school).level), "人员名单模板", form)


@router.post("/admin/people/import")
def preview(request: Request, received: Received) -> Response:
    """Every row with its errors; nothing is written."""
    school, name, content = received
    with units.reading(request) as work:
        place = required_place(work, school)
        try:
            if not name:
                raise Invalid(
                    "没有选择文件。", errors=[FieldError("file", "请先选择文件。")], english="No file."
                )
            listed = enrolling.columns(sheets.read(content))
        except (Invalid, TooLarge, Unsupported) as error:
            return _start(request, work, school, error)
        rows = enrolling.check(work, place.id, listed)
        return _rows(request, work, "import_preview.html", place.id, listed, rows, name=name)


def _rows(
    request: Request, work: Work, template: str, school: str, listed: Sequence[Mapping[str, str]],
    rows: Sequence[enrolling.Row], **context: Any,
) -> Response:  # fmt: skip
    return show(
        request,
        work,
        template,
        place=required_place(work, school),
        rows=rows,
        counts={state: sum(row.state == state for row in rows) for state in STATES},
        states=STATES,
        columns=enrolling.COLUMNS,
        sent=json.dumps([[row[name] for name in enrolling.COLUMNS] for row in listed], ensure_ascii=False),
        **context,
    )


def carried(form: Form, columns: Iterable[str]) -> list[dict[str, str]]:
    """The rows that the preview carries. Malformed for what it did not write."""
    try:
        rows = json.loads(text(form, "rows"))
        listed = [dict(zip(columns, (printable(str(cell)) for cell in row), strict=True)) for row in rows]
    except (ValueError, TypeError, RecursionError) as error:
        raise Malformed("名单没有传完整，请重新上传。", english="The rows did not arrive whole.") from error
    if len(listed) > sheets.MOST_ROWS:
        raise TooLarge(f"一次最多导入 {sheets.MOST_ROWS} 行。", english="Too many rows.")
    return listed


@router.post("/admin/people/import/confirm")
def confirm(request: Request, form: Form) -> Response:
    """Write the good rows; the page shows the one-time codes, once."""
    listed = carried(form, enrolling.COLUMNS)

    def run(tell: telling.Tell) -> Response:
        with units.writing(request) as work:
            place = required_place(work, text(form, "school"))
            rows, made = enrolling.confirm(work, place.id, listed, tell)
        with units.reading(request) as work:
            return _rows(
                request, work, "import_done.html", place.id, listed, rows, made=made,
                codes=json.dumps(made, ensure_ascii=False),
            )  # fmt: skip

    return telling.answer(request, run)


@router.post("/admin/people/import/problems")
def problems(request: Request, form: Form) -> Response:
    """The bad rows as a file, to be mended and sent again."""
    with units.reading(request) as work:
        place = required_place(work, text(form, "school"))
        rows = enrolling.check(work, place.id, carried(form, enrolling.COLUMNS))
    return download(enrolling.wrong_rows(rows), "有问题的行", text(form, "form"))


@router.post("/admin/people/import/codes")
def codes(request: Request, form: Form) -> Response:
    """The codes that the page before showed, as a file: they are kept nowhere."""
    with units.reading(request) as work:
        required_place(work, text(form, "school"))
    try:
        made = [dict(item) for item in json.loads(text(form, "codes"))]
    except (ValueError, TypeError, RecursionError) as error:
        raise Malformed("名单没有传完整。", english="The codes did not arrive whole.") from error
    return download(enrolling.codes(made), "一次性验证码", text(form, "form"))
