"""Vocabularies: codes and names, as files too; the list of majors comes by a sheet, with a preview of every row."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from fastapi import APIRouter, Request, Response

from service.errors import FieldError, Invalid, NotFound, TongkeError, TooLarge, Unsupported
from service.http import Reading, UnitRoute
from service.library import administering, majors, sheets, vocabulary
from service.work import Work
from web import typed
from web import work as units
from web.forms import Form, text
from web.pages.admin.enrolling import STATES, Received, carried
from web.pages.admin.frame import Text, show
from web.rendering import download, redirect

router = APIRouter(route_class=UnitRoute)
NAMES = {
    name: {"major": "专业目录", "team_kind": "团队类型"}.get(name) or typed.NAMES[name]
    for name in vocabulary.PUBLIC
}
HERE = "/admin/vocabularies"
WORDS = {**STATES, "changed": "更新名称"}


def _require_known(name: str) -> None:
    if name not in NAMES:
        raise NotFound("没有这个词表。", english="There is no such vocabulary.")


@router.get(HERE)
def vocabularies(work: Reading, request: Request, name: Text = "subject") -> Response:
    """Codes, labels, other names and where they are from."""
    return _show(request, work, name)


def _show(request: Request, work: Work, name: str, error: TongkeError | None = None) -> Response:
    administering.reach(work)
    _require_known(name)
    return show(
        request, work, "vocabularies.html", name=name, names=NAMES, found=vocabulary.entries(name),
        source=vocabulary.source(name), open=name in vocabulary.OPEN, error=error, most_rows=sheets.MOST_ROWS,
    )  # fmt: skip


@router.get(HERE + "/export.{form}")
def export(work: Reading, form: Literal["xlsx", "csv"], name: Text = "subject") -> Response:
    """A vocabulary as a file."""
    administering.reach(work)
    _require_known(name)
    rows = [(entry.code, entry.label, "、".join(entry.aliases)) for entry in vocabulary.entries(name)]
    return download(sheets.Sheet(["代码", "名称", "别名"], rows), NAMES[name], form)


@router.get(HERE + "/majors.{form}")
def template(work: Reading, form: Literal["xlsx", "csv"]) -> Response:
    """The empty list of majors."""
    administering.require_platform(work)
    return download(majors.template(), "专业目录模板", form)


@router.post(HERE + "/import")
def preview(request: Request, received: Received) -> Response:
    """Every row with its errors; nothing is written."""
    _school, name, content = received
    with units.reading(request) as work:
        administering.require_platform(work)
        try:
            if not name:
                raise Invalid("没有选择文件。", errors=[FieldError("file", "请先选择文件。")])
            listed = majors.columns(sheets.read(content))
        except (Invalid, TooLarge, Unsupported) as error:
            return _show(request, work, "major", error)
        return _rows(request, work, listed, majors.check(work, listed), name=name)


def _rows(
    request: Request, work: Work, listed: Sequence[Mapping[str, str]], rows: Sequence[majors.Row], **context: Any
) -> Response:  # fmt: skip
    sent = json.dumps([[row[name] for name in majors.COLUMNS] for row in listed], ensure_ascii=False)
    return show(
        request, work, "majors_preview.html", rows=rows, states=WORDS, columns=majors.COLUMNS, sent=sent,
        counts={state: sum(row.state == state for row in rows) for state in STATES}, **context,
    )  # fmt: skip


@router.post(HERE + "/confirm")
def confirm(request: Request, form: Form) -> Response:
    """Write the good rows."""
    listed = carried(form, majors.COLUMNS)
    with units.writing(request) as work:
        majors.confirm(work, listed)
    with units.reading(request) as work:
        majors.refresh(work, now=True)
    return redirect(HERE, "majors", name="major")


@router.post(HERE + "/problems")
def problems(request: Request, form: Form) -> Response:
    """The bad rows as a file, to be mended and sent again."""
    with units.reading(request) as work:
        rows = majors.check(work, carried(form, majors.COLUMNS))
    return download(majors.wrong_rows(rows), "有问题的行", text(form, "form"))
