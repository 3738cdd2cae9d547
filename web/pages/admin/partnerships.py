"""Partnerships: those of the administered schools, proposing one, and each step that the caller may take."""

from typing import Any

from fastapi import APIRouter, Request, Response

from service.errors import Conflict, Invalid, NotFound, TongkeError
from service.http import Reading, UnitRoute
from service.library import administering, pairing, partnerships
from service.work import Work
from web import work as units
from web.forms import Form, text
from web.pages.admin.frame import PageNumber, Text, address, show, texts
from web.pages.admin.people import required_place
from web.rendering import redirect

router = APIRouter(route_class=UnitRoute)
FIELDS = ("school", "side", "partner", "starts", "ends")
LEVELS = {"school": "学校", "county": "县（市、区）", "city": "市"}
STEPS = {"accept": "同意", "suspend": "暂停", "resume": "恢复", "end": "结束"}


@router.get("/admin/partnerships")
def listing(
    work: Reading, request: Request, q: Text = "", school: Text = "", level: Text = "", status: Text = "",
    sort: Text = "", page: PageNumber = 1,
) -> Response:  # fmt: skip
    """The list, newest first unless it is sorted."""
    return _list(request, work, {"q": q, "school": school, "level": level, "status": status}, page, sort=sort)


def _list(
    request: Request, work: Work, chosen: dict[str, str], page: int = 1, *, sort: str = "", error: TongkeError | None = None,
    at: str = "", values: dict[str, str] | None = None,
) -> Response:  # fmt: skip
    found, total = pairing.listing(
        work,
        school=chosen["school"],
        text=chosen["q"],
        level=chosen["level"],
        status=chosen["status"],
        sort=sort,
        page=page,
    )
    return show(
        request, work, "partnerships.html", found=found, total=total, chosen=chosen, levels=LEVELS, steps=STEPS,
        places=administering.own_schools(work), error=error, at=at, values=values,
        address=address(
            "/admin/partnerships", chosen, sort=sort, page=page, total=total, per_page=pairing.PER_PAGE
        ),
    )  # fmt: skip


@router.get("/admin/partnerships/new")
def new(work: Reading, request: Request, school: Text = "") -> Response:
    """The form for one."""
    place = required_place(work, school)
    return _new(request, work, {"school": place.id, "side": "helper"}, [], [])


def _new(
    request: Request, work: Work, values: dict[str, str], stages: list[str], subjects: list[str],
    error: TongkeError | None = None,
) -> Response:  # fmt: skip
    return show(
        request, work, "partnership_new.html", values=values, stages=stages, subjects=subjects, error=error,
        place=administering.organisation(work, values["school"]),
    )  # fmt: skip


def _codes(form: Any, name: str) -> list[str]:
    return [value for value in form.getlist(name) if isinstance(value, str)]


@router.post("/admin/partnerships/new")
def propose(request: Request, form: Form) -> Response:
    """Propose it; the other side accepts."""
    values, stages, subjects = texts(form, FIELDS), _codes(form, "stages"), _codes(form, "subjects")
    try:
        with units.writing(request) as work:
            pairing.propose(work, values, stages, subjects)
    except (Invalid, Conflict) as error:
        with units.reading(request) as work:
            return _new(request, work, values, stages, subjects, error)
    return redirect("/admin/partnerships", "saved")


@router.post("/admin/partnerships/{partnership_id}/{step}")
def move(request: Request, partnership_id: str, step: str, form: Form) -> Response:
    """Accept, suspend, resume or end it, or set its last day (`term`)."""
    if step not in STEPS and step != "term":
        raise NotFound("没有这个操作。", english="There is no such step.")
    try:
        with units.writing(request) as work:
            if step == "term":
                pairing.end_on(work, partnership_id, text(form, "last"))
            else:
                partnerships.move(work, partnership_id, step)
    except (Invalid, Conflict) as error:
        with units.reading(request) as work:
            return _list(
                request, work, dict.fromkeys(("q", "school", "level", "status"), ""), error=error, at=partnership_id,
                values=texts(form, ("last",)),
            )  # fmt: skip
    return redirect("/admin/partnerships", "partnership")
