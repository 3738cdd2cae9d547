"""Schools, and who is paired with whom: what they have, what they gave each other, and the steps of a partnership."""

from typing import Any, Literal

from fastapi import APIRouter, Request, Response

from service.errors import NotFound
from service.http import Reading, UnitRoute
from service.library import exchange, finding, listing, organisations
from service.library import partnerships as pairs
from service.library.sheets import Sheet
from service.work import Work
from web import work as units
from web.forms import Form
from web.rendering import download, page, redirect

router = APIRouter(route_class=UnitRoute)
NEWEST = 6
STEPS = {"accept": "同意结对", "suspend": "暂停结对", "resume": "恢复结对", "end": "结束结对"}


@router.get("/partnerships")
def partnerships(work: Reading, request: Request) -> Response:
    """Who is paired with whom; one's own first."""
    own = pairs.listing(work, organisation=work.caller.school_id) if work.caller.school_id else []
    return page(
        request,
        "partnerships.html",
        caller=work.caller,
        own=own,
        pairs=pairs.listing(work, level="city"),
        schools=pairs.listing(work, level="school", status="active", limit=200),
    )


@router.get("/partnerships/{partnership_id}")
def partnership(work: Reading, request: Request, partnership_id: str) -> Response:
    """Its two sides; for them, what each gave and took."""
    pair = pairs.one(work, partnership_id)
    sides = (pair["helper"]["id"], pair["aided"]["id"])
    return page(
        request,
        "partnership.html",
        caller=work.caller,
        pair=pair,
        figures=exchange.of(work, partnership_id),
        newest=[_newest(work, side) for side in sides],
        below=pairs.below(work, pair),
        moves=pairs.moves_of(work, partnership_id),
        steps=STEPS,
    )


def _newest(work: Work, side: str) -> list[dict[str, Any]]:
    """The side's newest resources that the caller may see."""
    filters = {"status": ["published"], "school": organisations.schools_of(work, side)}
    return listing.page(work, filters=filters, limit=NEWEST).items if filters["school"] else []


@router.get("/partnerships/{partnership_id}/figures.{form}")
def figures(work: Reading, partnership_id: str, form: Literal["xlsx", "csv"]) -> Response:
    """The figures as a sheet, for the two sides."""
    pairs.one(work, partnership_id)
    found = exchange.of(work, partnership_id)
    if found is None:
        raise NotFound("没有找到这个结对关系的数据。数据只给结对双方看。")
    rows = [
        (given.organisation, given.resources, given.opened, given.downloaded, given.adapted, *given.months)
        for given in (found.helper, found.aided)
    ]
    head = ("单位", "开放给对方的资源", "被对方打开", "被对方下载", "被对方改编", *found.months)
    return download(Sheet(head, rows), "结对往来", form)


@router.post("/partnerships/{partnership_id}/{step}")
def move_partnership(request: Request, partnership_id: str, step: str, form: Form) -> Response:
    """Accept, suspend, resume or end a partnership of one's school."""
    if step not in ("accept", "suspend", "resume", "end"):
        raise NotFound("没有这个操作。")
    with units.writing(request) as work:
        pairs.move(work, partnership_id, step)
    return redirect(f"/partnerships/{partnership_id}", "partnership")


@router.get("/schools/{school_id}")
def school(work: Reading, request: Request, school_id: str) -> Response:
    """A school: where it lies, its partners, and what the caller may see of its resources."""
    found, city = organisations.school(work, school_id)
    successor = organisations.school(work, found.succeeded_by)[0] if found.succeeded_by else None
    return page(
        request,
        "school.html",
        caller=work.caller,
        school=found,
        city=city,
        successor=successor,
        pairs=[
            pair
            for pair in pairs.listing(work, organisation=school_id, level="school")
            if pair["status"] in ("active", "proposed", "suspended")
        ],
        found=finding.search(
            work, "", {"school": [school_id]}, facets=("subject", "kind"), sort="newest", per_page=12
        ),
        partner_ids=work.caller.partners,
    )
