"""结对关系: who is paired with whom, proposals, and what becomes of them. As administrators keep them: `library.pairing`."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Row, Select, bindparam, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from service.errors import Conflict, FieldError, Invalid, NotFound
from service.library import notices, shapes, vocabulary
from service.models import Organisation, Partnership, fetch
from service.permissions import Scope, require_scope
from service.work import Work

Helper, Aided = aliased(Organisation), aliased(Organisation)
HelperCity, AidedCity = aliased(Organisation), aliased(Organisation)


def listing(
    work: Work, *, ident: str | None = None, organisation: str | None = None, level: str | None = None,
    status: str | None = None, after: str = "", limit: int = 50,
) -> list[dict[str, Any]]:  # fmt: skip
    """Who is paired with whom. Proposals are shown to the two sides only."""
    sides = [
        token.partition(":")[2]
        for token in work.caller.tokens
        if token.startswith(("school:", "city:", "county:"))
    ]
    wanted = {"ident": ident, "organisation": organisation, "level": level, "status": status}
    narrowed = {name: value for name, value in wanted.items() if value is not None}
    parameters = {"sides": sides, "after": after, "most": limit, **narrowed}
    return [shape(row) for row in fetch(work.session, _listing(frozenset(narrowed)), parameters)]


@cache
def _listing(narrowed: frozenset[str]) -> Select[Any]:
    """Pages ask it up to three times, so that each form is built once."""
    helper, aided = col(Partnership.helper_id), col(Partnership.aided_id)
    sides: Any = bindparam("sides", expanding=True)
    organisation: Any = bindparam("organisation")
    conditions = {
        "ident": col(Partnership.id) == bindparam("ident"),
        "organisation": or_(helper == organisation, aided == organisation),
        "level": col(Partnership.level) == bindparam("level"),
        "status": col(Partnership.status) == bindparam("status"),
    }
    return (
        shaped_rows()
        .where(
            col(Partnership.id) > bindparam("after"),
            or_(col(Partnership.status) != "proposed", helper.in_(sides), aided.in_(sides)),
            *(conditions[name] for name in sorted(narrowed)),
        )
        .order_by(col(Partnership.id))
        .limit(bindparam("most"))
    )


def below(work: Work, pair: Mapping[str, Any], limit: int = 100) -> list[dict[str, Any]]:
    """The school partnerships in force between the schools of a city or county partnership's sides (its shape)."""
    if pair["level"] == "school":
        return []
    column = "city_id" if pair["level"] == "city" else "county_id"
    query = shaped_rows().where(
        col(Partnership.level) == "school",
        col(Partnership.status) == "active",
        col(getattr(Helper, column)) == pair["helper"]["id"],
        col(getattr(Aided, column)) == pair["aided"]["id"],
    )
    rows = work.session.execute(query.order_by(col(Helper.name_order), col(Partnership.id)).limit(limit))
    return [shape(row) for row in rows]


@cache
def shaped_rows() -> Select[Any]:
    """Select what `shape` and `moves` need; add where, order and limit."""
    columns: tuple[Any, ...] = (
        *(
            col(getattr(Partnership, name))
            for name in ("id", "level", "stages", "subjects", "starts", "ends", "status")
        ),
        *(
            col(getattr(Partnership, name))
            for name in ("helper_id", "aided_id", "proposed_by", "suspended_by")
        ),
        col(Helper.name).label("helper_name"),
        col(HelperCity.name).label("helper_city"),
        col(Aided.name).label("aided_name"),
        col(AidedCity.name).label("aided_city"),
    )
    return (
        select(*columns)
        .join(Helper, col(Helper.id) == col(Partnership.helper_id))
        .join(Aided, col(Aided.id) == col(Partnership.aided_id))
        .outerjoin(HelperCity, col(HelperCity.id) == col(Helper.city_id))
        .outerjoin(AidedCity, col(AidedCity.id) == col(Aided.city_id))
    )


def one(work: Work, partnership_id: str) -> dict[str, Any]:
    """One partnership; NotFound where the caller may not see it."""
    work.session.flush()
    found = listing(work, ident=partnership_id, limit=1)
    if not found:
        raise NotFound("没有找到这个结对关系。", english="There is no such partnership.")
    return found[0]


def shape(row: Row[Any]) -> dict[str, Any]:
    """The Partnership of api.md. The city of a city is itself."""
    return {
        "id": row.id,
        "level": row.level,
        "helper": {"id": row.helper_id, "name": row.helper_name, "city": row.helper_city or row.helper_name},
        "aided": {"id": row.aided_id, "name": row.aided_name, "city": row.aided_city or row.aided_name},
        "stages": row.stages,
        "subjects": row.subjects,
        "starts": shapes.instant(row.starts),
        "ends": row.ends and shapes.instant(row.ends),
        "status": row.status,
    }


def propose(
    work: Work, helper_id: str, aided_id: str, starts: datetime, ends: datetime | None,
    stages: list[str], subjects: list[str],
) -> str:  # fmt: skip
    """A school's administrator proposes a partnership of her school; the other side accepts. Returns its id."""
    require_scope(work.caller, Scope.SHARE)
    if not {helper_id, aided_id} & work.caller.reviews:
        raise NotFound(
            "没有找到学校。只有学校管理员可以为本校提出结对。",
            english="There is no such school. Only a school's administrator proposes its partnerships.",
        )
    helper, aided = work.session.get(Organisation, helper_id), work.session.get(Organisation, aided_id)
    if helper is None or aided is None or {helper.level, aided.level} != {"school"} or helper_id == aided_id:
        raise Invalid(
            "结对需要两所不同的学校，请核对编号。",
            english="A partnership needs two different schools. Check the ids.",
        )
    if ends is not None and ends <= starts:
        raise Invalid(
            "结束时间要晚于开始时间。",
            errors=[FieldError("ends", "请选一个以后的日期。", english="Choose a later date.")],
            english="The end must be after the start.",
        )
    require_unpaired(work, helper_id, aided_id)
    _check_codes("stage", stages)
    _check_codes("subject", subjects)
    partnership = Partnership(
        id=work.ids(),
        level="school",
        helper_id=helper_id,
        aided_id=aided_id,
        stages=stages,
        subjects=subjects,
        starts=starts,
        ends=ends,
        status="proposed",
        proposed_by=next(iter({helper_id, aided_id} & work.caller.reviews)),
    )
    work.session.add(partnership)
    notices.proposed(work, partnership)
    work.audit("partnership.propose", partnership.id)
    work.session.flush()
    return partnership.id


def require_unpaired(work: Work, helper: str, aided: str) -> None:
    """Raise Conflict where they are paired, or one has proposed it, already."""
    found = work.session.scalars(
        select(Partnership).where(
            col(Partnership.helper_id) == helper,
            col(Partnership.aided_id) == aided,
            col(Partnership.status) != "ended",
            or_(col(Partnership.ends).is_(None), col(Partnership.ends) > work.now),
        )
    ).first()
    if found is not None:
        raise Conflict(
            "这两个单位之间已经有一个结对关系或申请，没有再建一个。",
            english="These two are paired or proposed already.",
        )


def _check_codes(name: str, codes: list[str]) -> None:
    if unknown := [code for code in codes if not vocabulary.check(name, code)]:
        message = f"“{unknown[0][:40]}”不是已知的代码。可用的代码见 /api/v1/vocabularies。"
        raise Invalid(
            "学段或学科的代码不正确。",
            errors=[FieldError(f"{name}s", message, "See /api/v1/vocabularies for the codes.")],
            english="A code of a stage or subject is wrong.",
        )


PLATFORM = "platform"
"""`suspended_by` of what no school suspended."""
_MOVES = {
    "accept": ({"proposed"}, "active"),
    "suspend": ({"active"}, "suspended"),
    "resume": ({"suspended"}, "active"),
    "end": ({"proposed", "active", "suspended"}, "ended"),
}


def moves(work: Work, found: Partnership | Row[Any]) -> list[str]:
    """What the caller may do to it (or a row of `shaped_rows`). Either side's administrators and the platform's: any move from its status; but a
    proposal is accepted by the other side, and resumed by the side that suspended it."""
    mine = {found.helper_id, found.aided_id} & work.caller.reviews
    if not (mine or work.caller.platform_admin):
        return []
    return [
        step
        for step, (before, _after) in _MOVES.items()
        if found.status in before and not _others(work, found, mine, step)
    ]


def moves_of(work: Work, partnership_id: str) -> list[str]:
    """`moves` of one that the caller may see."""
    found = work.session.get(Partnership, partnership_id)
    return moves(work, found) if found else []


def _others(work: Work, found: Partnership | Row[Any], mine: set[str], step: str) -> bool:
    """Whether this move is the other side's alone."""
    if work.caller.platform_admin and not mine:
        return False
    if step == "accept":
        return mine == {found.proposed_by}
    return step == "resume" and found.suspended_by is not None and found.suspended_by not in mine


def move(work: Work, partnership_id: str, step: str) -> None:
    """accept, suspend, resume or end, as `moves` says.

    Ending or suspending takes effect with the commit: tokens are computed per request.
    """
    require_scope(work.caller, Scope.SHARE)
    partnership = work.session.get(Partnership, partnership_id)
    mine = {partnership.helper_id, partnership.aided_id} & work.caller.reviews if partnership else set()
    if partnership is None or not (mine or work.caller.platform_admin):
        raise NotFound(
            "没有找到这个结对关系，或您不是双方学校的管理员。",
            english="There is no such partnership, or you administer neither side.",
        )
    if step == "accept" and _others(work, partnership, mine, step):
        raise Conflict(
            "结对需要对方学校的管理员同意。", english="The other school's administrator has to accept it."
        )
    before, after = _MOVES[step]
    if partnership.status not in before:
        raise Conflict(
            "这个结对关系现在的状态不能这样操作，请刷新后再看。",
            english="The partnership's present status does not allow that. Load it again.",
        )
    if _others(work, partnership, mine, step):
        raise Conflict(
            "这个结对不是您这一方暂停的，没有恢复。请联系暂停的一方来恢复。",
            english="Your side did not suspend it. Ask the side that did to resume it.",
        )
    notices.moved(work, partnership, step)
    partnership.status = after
    if step == "suspend":
        partnership.suspended_by = mine.pop() if len(mine) == 1 else None if mine else PLATFORM
    if after == "ended":
        partnership.ends = min(partnership.ends or work.now, work.now)
    work.audit(f"partnership.{step}", partnership_id)
