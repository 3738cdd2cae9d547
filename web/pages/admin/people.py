"""People: the list, adding one, and a person's page with her memberships, account and one-time code."""

from collections.abc import Callable

from fastapi import APIRouter, Request, Response

from service.errors import Conflict, Denied, Invalid, NotFound, TongkeError
from service.http import Reading, UnitRoute
from service.library import administering, enrolling, posts, roster, schools, sheets, vocabulary
from service.models import Organisation
from service.work import Work
from web import work as units
from web.forms import Form
from web.forms import text as field
from web.pages.admin.frame import PageNumber, Text, address, every, show, texts
from web.rendering import download, redirect

router = APIRouter(route_class=UnitRoute)
STATES = {"present": "在任", "ended": "已结束", "disabled": "已停用", "all": "全部"}
FIELDS = ("name", "username", "role", "kind", "starts", "ends")


@router.get("/admin/people")
def people(
    work: Reading, request: Request, q: Text = "", school: Text = "", role: Text = "", state: Text = "present",
    sort: Text = "name", page: PageNumber = 1,
) -> Response:  # fmt: skip
    """The memberships of the schools that the caller administers."""
    found, total = roster.listing(work, school=school, text=q, role=role, state=state, sort=sort, page=page)
    chosen = {"q": q, "school": school, "role": role, "state": "" if state == "present" else state}
    return show(
        request,
        work,
        "people.html",
        people=found,
        total=total,
        address=address("/admin/people", chosen, sort=sort, page=page, total=total, per_page=roster.PER_PAGE),
        q=q,
        role=role,
        state=state,
        states=STATES,
        place=place_of(work, school),
        places=administering.own_schools(work),
    )


@router.post("/admin/people/export")
def export(request: Request, form: Form) -> Response:
    """The same list as a file, in the columns of an import; that it left is written down."""
    chosen = texts(form, ("q", "school", "role", "state"))
    with units.writing(request) as work:
        rows = [
            [
                item["person"]["name"], item["person"]["username"], vocabulary.label("role", item["role"]),
                vocabulary.label("membership_kind", item["kind"]), item["starts"], item["ends"], item["place"]["name"],
            ]
            for item in every(
                lambda page: roster.listing(
                    work, school=chosen["school"], text=chosen["q"], role=chosen["role"],
                    state=chosen["state"] or "present", page=page,
                )
            )
        ]  # fmt: skip
        work.audit("member.export", chosen["school"], rows=len(rows))
    return download(
        sheets.Sheet([*enrolling.COLUMNS.values(), "单位"], rows), "人员名单", field(form, "form")
    )


def place_of(work: Work, school: str) -> Organisation | None:
    """The school or bureau that an address names, or the only one of the caller; None where she has to choose."""
    if school:
        return administering.organisation(work, school)
    own = administering.own_schools(work)
    return own[0] if len(own) == 1 else None


def required_place(work: Work, school: str) -> Organisation:
    """As `place_of`, where a page is about one place. NotFound where none is named."""
    place = place_of(work, school)
    if place is None:
        raise NotFound(
            "请先选择单位：在“学校”页打开一所学校，再从那里继续。", english="Choose a school first."
        )
    return place


@router.get("/admin/people/new")
def new(work: Reading, request: Request, school: Text = "") -> Response:
    """The form for one person."""
    return _new(request, work, required_place(work, school), {"role": "", "kind": "regular"})


def _new(
    request: Request,
    work: Work,
    place: Organisation,
    values: dict[str, str],
    error: TongkeError | None = None,
) -> Response:
    values = {name: values.get(name, "") for name in FIELDS}
    values["role"] = values["role"] or posts.ROLES_AT[place.level][0]
    return show(
        request,
        work,
        "person_new.html",
        values=values,
        error=error,
        place=place,
        roles=posts.ROLES_AT[place.level],
    )


@router.post("/admin/people/new")
def create(request: Request, form: Form) -> Response:
    """Add her; the page shows the one-time code of her first sign-in, once."""
    values, school = texts(form, FIELDS), field(form, "school")
    try:
        with units.writing(request) as work:
            person_id, code = roster.add(work, required_place(work, school).id, values)
    except (Invalid, Conflict) as error:
        with units.reading(request) as work:
            return _new(request, work, required_place(work, school), values, error)
    with units.reading(request) as work:
        return _person(request, work, person_id, code=code)


@router.get("/admin/people/{person_id}")
def person(work: Reading, request: Request, person_id: str) -> Response:
    """Her page."""
    return _person(request, work, person_id)


def _person(
    request: Request, work: Work, person_id: str, *, code: str = "", error: TongkeError | None = None,
    at: str = "", values: dict[str, str] | None = None,
) -> Response:  # fmt: skip
    """`at` is the form that the error belongs to: a membership's id, name, or join."""
    return show(
        request, work, "person.html", error=error, values=values, at=at, person=roster.person(work, person_id),
        code=code, roles_at=posts.ROLES_AT, herself=person_id == work.caller.person_id,
    )  # fmt: skip


@router.post("/admin/memberships/{membership_id}/{step}")
def membership(request: Request, membership_id: str, step: str, form: Form) -> Response:
    """Another role, kind or term; or the end of it."""
    values = texts(form, FIELDS)
    if step not in ("change", "end"):
        raise NotFound("没有这个操作。", english="There is no such step.")
    try:
        with units.writing(request) as work:
            found = (
                roster.change(work, membership_id, values)
                if step == "change"
                else roster.end(work, membership_id)
            )
    except Invalid as error:
        with units.reading(request) as work:
            found = roster.person_of(work, membership_id)
            return _person(request, work, found, error=error, at=membership_id, values=values)
    return redirect(f"/admin/people/{found}", "saved" if step == "change" else "ended")


_STEPS: dict[str, Callable[[Work, str], None]] = {"disable": roster.disable, "enable": roster.enable}


@router.post("/admin/people/{person_id}/{step}")
def change(request: Request, person_id: str, step: str, form: Form) -> Response:
    """Rename, disable, enable, one more membership, or a one-time code, which is shown once."""
    code, values = "", texts(form, (*FIELDS, "place"))
    try:
        with units.writing(request) as work:
            if step in _STEPS:
                _STEPS[step](work, person_id)
            elif step == "name":
                roster.rename(work, person_id, values["name"])
            elif step == "join":
                administering.require_platform(work)
                roster.join(work, person_id, schools.resolve(work, values["place"], "place").id, values)
            elif step == "code":
                code = roster.reset_code(work, person_id)
            else:
                raise NotFound("没有这个操作。", english="There is no such step.")
    except (Invalid, Conflict, Denied) as error:
        with units.reading(request) as work:
            return _person(request, work, person_id, error=error, at=step, values=values)
    if step == "code":
        with units.reading(request) as work:
            return _person(request, work, person_id, code=code)
    return redirect(f"/admin/people/{person_id}", "saved")
