"""结对关系 as administrators keep them: what concerns their schools, proposals by name, and an end on a day to come.

The moves themselves and both sides' rights are `library.partnerships`'."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, or_, select
from sqlmodel import col

from service.errors import Conflict, FieldError, Invalid, NotFound, wrong_fields
from service.library import administering, notices, partnerships, schools, terms
from service.library.partnerships import Aided, Helper
from service.models import Partnership
from service.work import Work

PER_PAGE = 50
SIDES = ("helper", "aided")
_SORTS: dict[str, Any] = {
    "helper": col(Helper.name_order),
    "aided": col(Aided.name_order),
    "status": col(Partnership.status),
    "starts": col(Partnership.starts),
    "": col(Partnership.id),
}


def listing(
    work: Work,
    *,
    school: str = "",
    text: str = "",
    level: str = "",
    status: str = "",
    sort: str = "",
    page: int = 1,
) -> tuple[list[dict[str, Any]], int]:
    """A page of the partnerships of what the caller administers, and how many there are. Each with `moves`: what she may
    do to it, and `waits`: whether the other side is to accept. Sorted by helper, aided, status or starts, with a hyphen
    before it the other way round; else newest first."""
    within = administering.reach(work)
    helper, aided = col(Partnership.helper_id), col(Partnership.aided_id)
    wanted: list[Any] = [or_(within.within(helper), within.within(aided))]
    if school:
        administering.organisation(work, school)
        wanted.append(or_(helper == school, aided == school))
    if text.strip():
        names = (col(Helper.name), col(Aided.name))
        wanted.append(or_(*(name.contains(text.strip(), autoescape=True) for name in names)))
    if level:
        wanted.append(col(Partnership.level) == level)
    if status:
        wanted.append(col(Partnership.status) == status)
    query = partnerships.shaped_rows().where(*wanted)
    total = work.session.execute(select(func.count()).select_from(query.subquery())).scalar_one()
    key = _SORTS.get(sort.removeprefix("-"), _SORTS[""])
    ascending = key is not _SORTS[""] and not sort.startswith("-")
    ordered = query.order_by(key if ascending else key.desc(), col(Partnership.id).desc())
    rows = work.session.execute(ordered.limit(PER_PAGE).offset((page - 1) * PER_PAGE))
    return [_shape(work, row) for row in rows], total


def _shape(work: Work, row: Any) -> dict[str, Any]:
    mine = {row.helper_id, row.aided_id} & work.caller.reviews
    return partnerships.shape(row) | {
        "moves": partnerships.moves(work, row),
        "waits": row.status == "proposed" and mine == {row.proposed_by},
        "first_day": terms.first_day(row.starts),
        "last_day": terms.last_day(row.ends),
    }


def propose(work: Work, values: Mapping[str, str], stages: Sequence[str], subjects: Sequence[str]) -> str:
    """A partnership of the caller's `school` with the `partner` she names, in which hers is the `side` helper or aided;
    the other school accepts. The platform's administrator records one of two cities or counties, in force at once.
    Returns its id. Invalid names each wrong field."""
    own = administering.organisation(work, values.get("school", ""))
    errors: list[FieldError] = []
    side = values.get("side", "")
    if side not in SIDES:
        errors.append(FieldError("side", "请选择本单位是支援方还是受援方。", "Choose a side."))
    partner = starts = ends = None
    try:
        partner = schools.resolve(work, values.get("partner", ""), "partner", (own.level,))
        if partner.id == own.id:
            errors.append(FieldError("partner", "请写另一个单位。", "Name another one."))
    except Invalid as error:
        errors.extend(error.errors)
    try:
        starts, ends = terms.parse(values.get("starts", ""), values.get("ends", ""))
    except Invalid as error:
        errors.extend(error.errors)
    if errors or partner is None:
        raise wrong_fields(errors)
    helper, aided = (own.id, partner.id) if side == "helper" else (partner.id, own.id)
    starts = starts or terms.begin(terms.today(work))
    assert starts is not None
    if own.level == "school":
        return partnerships.propose(work, helper, aided, starts, ends, list(stages), list(subjects))
    partnerships.require_unpaired(work, helper, aided)
    found = Partnership(
        id=work.ids(),
        level=own.level,
        helper_id=helper,
        aided_id=aided,
        starts=starts,
        ends=ends,
        status="active",
    )
    work.session.add(found)
    notices.moved(work, found, "accept")
    work.audit("partnership.record", found.id)
    return found.id


def end_on(work: Work, partnership_id: str, last: str) -> None:
    """In force up to this last day; an empty one is without end. By either side, and the platform's administrator."""
    found = work.session.get(Partnership, partnership_id)
    within = administering.reach(work)
    if found is None or not (within.covers(found.helper_id) or within.covers(found.aided_id)):
        raise NotFound(
            "没有找到这个结对关系，或您不是双方学校的管理员。",
            english="There is no such partnership, or you administer neither side.",
        )
    if found.status not in ("active", "suspended"):
        raise Conflict("这个结对关系没有生效，不能改结束日期。", english="This partnership is not in force.")
    if found.ends is not None and found.ends <= work.now:
        raise Conflict(
            "这个结对关系已经到期，不能再延长。要再结对，请重新提出。",
            english="This partnership is over. Propose it anew.",
        )
    _starts, ends = terms.parse("", last, ("starts", "last"))
    if ends is not None and (ends <= work.now or ends <= found.starts):
        words = "请选今天或以后的日期，并且不早于开始日期。要马上结束，请用“结束”。"
        raise Invalid(
            "结束日期不正确。",
            errors=[FieldError("last", words, "Choose a day to come.")],
            english="The end is wrong.",
        )
    found.ends = ends
    notices.moved(work, found, "term")
    work.audit("partnership.term", partnership_id)
