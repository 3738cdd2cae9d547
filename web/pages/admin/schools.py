"""Schools: the list, adding one, and a school's page with its settings, name and room."""

from typing import Any, Literal

from fastapi import APIRouter, Request, Response

from service.errors import Invalid, NotFound, TongkeError
from service.http import Reading, UnitRoute
from service.library import administering, organisations, schools, storage_use
from service.models import Organisation
from service.settings import GIBIBYTE
from service.work import Work
from web import work as units
from web.forms import Form
from web.pages.admin.frame import PageNumber, Text, address, show, texts
from web.rendering import redirect

router = APIRouter(route_class=UnitRoute)
FIELDS = ("name", "code", "category", "quota", "area", "system", "waives_review", "reviews_sharing", "into")
LEVELS = {"school": "学校", "county": "县（市、区）", "city": "市", "province": "省"}


@router.get("/admin/schools")
def listing(
    work: Reading, request: Request, q: Text = "",
    level: Literal["school", "county", "city", "province"] = "school", sort: Text = "name", page: PageNumber = 1,
) -> Response:  # fmt: skip
    """The schools, and for the platform's administrator the bureaus, by name."""
    found, total = schools.listing(work, text=q, level=level, sort=sort, page=page)
    chosen = {"q": q, "level": "" if level == "school" else level}
    return show(
        request, work, "schools.html", found=found, total=total, q=q, level=level, levels=LEVELS,
        quota=work.settings.school_quota_bytes,
        address=address("/admin/schools", chosen, sort=sort, page=page, total=total, per_page=schools.PER_PAGE),
    )  # fmt: skip


@router.get("/admin/schools/new")
def new(work: Reading, request: Request) -> Response:
    """The form for one school."""
    administering.require_platform(work)
    return _new(request, work, dict.fromkeys(FIELDS, ""), [])


def _new(
    request: Request, work: Work, values: dict[str, str], stages: list[str], error: TongkeError | None = None
) -> Response:
    return show(
        request, work, "school_new.html", values=values, stages=stages, error=error, areas=schools.areas(work),
        categories=schools.CATEGORIES,
    )  # fmt: skip


@router.post("/admin/schools/new")
def create(request: Request, form: Form) -> Response:
    """Add it."""
    values, stages = texts(form, FIELDS), _stages(form)
    try:
        with units.writing(request) as work:
            school_id = schools.add(work, values, stages)
    except Invalid as error:
        with units.reading(request) as work:
            return _new(request, work, values, stages, error)
    return redirect(f"/admin/schools/{school_id}", "saved")


def _stages(form: Any) -> list[str]:
    return [value for value in form.getlist("stages") if isinstance(value, str)]


@router.get("/admin/schools/{school_id}")
def school(work: Reading, request: Request, school_id: str) -> Response:
    """Its settings; its name and room for the platform's administrator."""
    return _school(request, work, school_id)


def _school(
    request: Request, work: Work, school_id: str, *, error: TongkeError | None = None, at: str = "",
    values: dict[str, str] | None = None, stages: list[str] | None = None,
) -> Response:  # fmt: skip
    found = administering.school(work, school_id)
    return show(
        request,
        work,
        "school.html",
        school=found,
        error=error,
        at=at,
        values=values if values is not None else kept(found),
        stages=stages if stages is not None else found.stages,
        categories=schools.CATEGORIES,
        use=storage_use.of_school(work, school_id),
        successor=found.succeeded_by and organisations.school(work, found.succeeded_by)[0],
    )


def kept(school: Organisation) -> dict[str, str]:
    """A school as the fields of its forms."""
    quota = "" if school.quota_bytes is None else f"{school.quota_bytes / GIBIBYTE:g}"
    return {
        "name": school.name,
        "code": school.code or "",
        "category": school.category,
        "quota": quota,
        "system": school.system or "",
        "waives_review": "yes" if school.waives_review else "",
        "reviews_sharing": "yes" if school.reviews_sharing else "",
    }


@router.post("/admin/schools/{school_id}/{step}")
def change(request: Request, school_id: str, step: str, form: Form) -> Response:
    """Settings (`settings`), name, 标识码, category and quota (`identity`), going up in another (`merge`), or not
    (`separate`)."""
    sent, stages = texts(form, FIELDS), _stages(form)
    try:
        with units.writing(request) as work:
            before = kept(administering.school(work, school_id))
            if step == "settings":
                schools.settle(work, school_id, sent, stages)
            elif step == "identity":
                schools.identify(work, school_id, sent)
            elif step == "merge":
                schools.merge(work, school_id, sent["into"])
            elif step == "separate":
                schools.separate(work, school_id)
            else:
                raise NotFound("没有这个操作。", english="There is no such step.")
    except Invalid as error:
        mine = ("name", "code", "category", "quota")
        values = {
            name: sent[name] if (name in mine) == (step == "identity") else before[name] for name in before
        } | {"into": sent["into"]}
        with units.reading(request) as work:
            return _school(
                request, work, school_id, error=error, at=step, values=values,
                stages=stages if step == "settings" else None,
            )  # fmt: skip
    return redirect(f"/admin/schools/{school_id}", "saved")
