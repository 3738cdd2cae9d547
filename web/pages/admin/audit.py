"""The audit log: narrowed, page by page, and as a file."""

from typing import Any

from fastapi import APIRouter, Request, Response

from service.errors import Invalid
from service.http import Reading, UnitRoute
from service.library import audit_log, audit_words
from service.work import Work
from web import work as units
from web.forms import Form, text
from web.pages.admin.frame import Address, PageNumber, Text, show, texts
from web.rendering import download
from web.typed import NAMES

router = APIRouter(route_class=UnitRoute)
FIELDS = ("actor", "action", "subject", "first", "last")


@router.get("/admin/audit")
def audit(
    work: Reading, request: Request, actor: Text = "", action: Text = "", subject: Text = "", first: Text = "",
    last: Text = "", page: PageNumber = 1,
) -> Response:  # fmt: skip
    """Newest first."""
    values = {"actor": actor, "action": action, "subject": subject, "first": first, "last": last}
    return _page(request, work, {name: value.strip() for name, value in values.items()}, page)


def _page(request: Request, work: Work, values: dict[str, str], page: int = 1) -> Response:
    error: Invalid | None = None
    found: list[dict[str, Any]] = []
    more = False
    try:
        found, more = audit_log.page(work, audit_log.Wanted(**values), page, NAMES)
    except Invalid as wrong:
        error = wrong
    return show(
        request, work, "audit.html", values=values, error=error, found=found, actions=audit_words.ACTIONS,
        most=audit_log.MOST, address=Address("/admin/audit", values, "", page, page + more),
    )  # fmt: skip


@router.post("/admin/audit/export")
def export(request: Request, form: Form) -> Response:
    """The same rows as a file."""
    values = texts(form, FIELDS)
    try:
        with units.writing(request) as work:
            sheet = audit_log.export(work, audit_log.Wanted(**values), NAMES)
    except Invalid:
        with units.reading(request) as work:
            return _page(request, work, values)
    return download(sheet, "操作记录", text(form, "form"))
