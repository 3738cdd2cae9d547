"""Schools as their administrators keep them: added, renamed, given room, set to their own ways."""

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, String, cast, func, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from service.errors import Conflict, FieldError, Invalid, wrong_fields
from service.library import administering, vocabulary
from service.library.callers import in_term
from service.library.collation import sort_key
from service.models import Membership, Organisation
from service.settings import GIBIBYTE
from service.work import Work

PER_PAGE = 50
LEVELS = ("school", "county", "city", "province")
CATEGORIES = {"regular": "普通学校", "special": "特殊教育学校", "research": "教研机构"}
_CODE = re.compile(r"\d{10}")
_Region = aliased(Organisation)
_SORTS: dict[str, Any] = {
    "name": col(Organisation.name_order),
    "used": col(Organisation.used_bytes),
    "city": col(Organisation.city_id),
}


def listing(
    work: Work, *, text: str = "", level: str = "school", sort: str = "name", page: int = 1
) -> tuple[list[dict[str, Any]], int]:
    """A page of the schools or bureaus that the caller administers, and how many there are; former names are found."""
    wanted = [administering.reach(work).within(col(Organisation.id)), col(Organisation.level) == level]
    if text.strip():
        wanted.append(_named(text.strip()))
    total = work.session.execute(select(func.count()).select_from(Organisation).where(*wanted)).scalar_one()
    people = (
        select(func.count())
        .select_from(Membership)
        .where(
            col(Membership.organisation_id) == col(Organisation.id),
            in_term(col(Membership.starts), col(Membership.ends), work.now),
        )
        .scalar_subquery()
    )
    key = _SORTS.get(sort.removeprefix("-"), col(Organisation.name_order))
    rows = work.session.execute(
        select(Organisation, col(_Region.name), people)
        .outerjoin(_Region, col(_Region.id) == col(Organisation.city_id))
        .where(*wanted)
        .order_by(key.desc() if sort.startswith("-") else key, col(Organisation.id))
        .limit(PER_PAGE)
        .offset((page - 1) * PER_PAGE)
    )
    return [{"school": school, "city": city or "", "people": number} for school, city, number in rows], total


def _named(text: str) -> ColumnElement[bool]:
    written = json.dumps(text)[1:-1]  # as the column holds it: Chinese in escapes
    return or_(
        col(Organisation.name).contains(text, autoescape=True),
        col(Organisation.code) == text,
        cast(col(Organisation.former_names), String).contains(written, autoescape=True),
    )


def resolve(work: Work, text: str, field: str, levels: Sequence[str] = LEVELS) -> Organisation:
    """The school or bureau that somebody wrote: its id, its 标识码, or its name of today. Invalid where that is no one,
    or more than one."""
    written = " ".join(text.split())
    found = work.session.scalars(
        select(Organisation)
        .where(
            or_(
                *(
                    column == written
                    for column in (col(Organisation.id), col(Organisation.code), col(Organisation.name))
                )
            ),
            col(Organisation.level).in_(levels),
            col(Organisation.closed_at).is_(None),
        )
        .order_by(col(Organisation.id))
        .limit(6)
    ).all()
    if len(found) == 1:
        return found[0]
    words = "没有找到。请写完整的名称，或 10 位学校标识码。"
    if found:
        words = f"有 {len(found)} 个同名单位，请改写编号：" + "、".join(
            f"{place.id}（{_area(work, place)}）" for place in found
        )
    raise Invalid(
        "没有认出这个单位。",
        errors=[FieldError(field, words, "Not found, or not unique.")],
        english="Unknown place.",
    )


def _area(work: Work, place: Organisation) -> str:
    area = work.session.get(Organisation, place.parent_id) if place.parent_id else None
    return area.name if area else place.name


def areas(work: Work) -> list[tuple[Organisation, list[Organisation]]]:
    """Cities, each with its counties, by pinyin: where a school can lie."""
    rows = work.session.scalars(
        select(Organisation)
        .where(col(Organisation.level).in_(("city", "county")))
        .order_by(col(Organisation.name_order), col(Organisation.id))
    ).all()
    cities = [row for row in rows if row.level == "city"]
    return [
        (city, [row for row in rows if row.level == "county" and row.city_id == city.id]) for city in cities
    ]


# Changing ----------------------------------------------------------------------------------------------------------


def add(work: Work, values: Mapping[str, str], stages: Sequence[str]) -> str:
    """A new school, by the platform's administrator; returns its id. Invalid names each wrong field."""
    administering.require_platform(work)
    read = _identity(work, values, None)
    area = work.session.get(Organisation, values.get("area", ""))
    errors = (
        []
        if area and area.level in ("city", "county")
        else [_wrong("area", "请选择学校所在的市或县（市、区）。")]
    )
    read |= _ways(values, stages, [*read.pop("errors"), *errors])
    assert area is not None
    school = Organisation(
        id=work.ids(),
        level="school",
        parent_id=area.id,
        city_id=area.city_id,
        county_id=area.id if area.level == "county" else None,
        **read,
    )
    work.session.add(school)
    work.audit("school.add", school.id)
    work.session.flush()
    return school.id


def identify(work: Work, school_id: str, values: Mapping[str, str]) -> None:
    """Another name, 标识码, category or quota, by the platform's administrator. The former name is kept and found."""
    administering.require_platform(work)
    school = administering.school(work, school_id)
    read = _identity(work, values, school)
    if read["errors"]:
        raise _invalid(read["errors"])
    if read["name"] != school.name:
        former = [name for name in school.former_names if name not in (school.name, read["name"])]
        school.former_names = [*former, school.name]
        work.audit("school.rename", school_id)
    for name in ("name", "name_order", "code", "category", "quota_bytes"):
        setattr(school, name, read[name])
    work.audit("school.change", school_id, quota=school.quota_bytes)


def settle(work: Work, school_id: str, values: Mapping[str, str], stages: Sequence[str]) -> None:
    """学制, 学段 and what is reviewed, by the school's administrator."""
    school = administering.school(work, school_id)
    for name, value in _ways(values, stages, []).items():
        setattr(school, name, value)
    work.audit(
        "school.settle", school_id, waives=int(school.waives_review), reviews=int(school.reviews_sharing)
    )


def merge(work: Work, school_id: str, into: str) -> None:
    """The school goes up in another one (`into`: its id, 标识码 or name), by the platform's administrator. Its resources,
    credits and partnerships stay as they are and are the other's as well (`library.callers`); its people are of the other
    from now on, and its name is still found. Invalid where that is no other school, or one that went up itself."""
    administering.require_platform(work)
    school = administering.school(work, school_id)
    heir = resolve(work, into, "into", ("school",))
    if heir.id == school_id or heir.succeeded_by:
        raise _invalid([_wrong("into", "请写另一所学校。")])
    school.succeeded_by, school.closed_at = heir.id, work.now
    former = select(Organisation).where(col(Organisation.succeeded_by) == school_id)
    for row in work.session.scalars(former).all():
        row.succeeded_by = heir.id
    work.audit("school.merge", school_id, into=heir.id)


def separate(work: Work, school_id: str) -> None:
    """Take a merger back that was a mistake, by the platform's administrator."""
    administering.require_platform(work)
    school = administering.school(work, school_id)
    if school.succeeded_by is None:
        raise Conflict("这所学校没有并入别的学校。", english="This school was not merged into another.")
    school.succeeded_by = school.closed_at = None
    work.audit("school.separate", school_id)


def _identity(work: Work, values: Mapping[str, str], school: Organisation | None) -> dict[str, Any]:
    """name, code, category and quota as columns, and `errors`."""
    errors = []
    name = " ".join(values.get("name", "").split())
    if not name or len(name) > 100 or not name.isprintable():
        errors.append(_wrong("name", "请写学校全称，最多 100 个字。"))
    code = unicodedata.normalize("NFKC", values.get("code", "")).strip() or None
    if code is not None and _CODE.fullmatch(code) is None:
        errors.append(_wrong("code", "学校标识码是 10 位数字；没有可以不填。"))
    elif code is not None and _code_taken(work, code, school):
        errors.append(_wrong("code", "已有学校用这个标识码，请核对。"))
    category = values.get("category", "") or "regular"
    if category not in CATEGORIES:
        errors.append(_wrong("category", "请选择其中一种。"))
    quota, wrong = _quota(values.get("quota", ""))
    return {
        "name": name, "name_order": sort_key(name), "code": code, "category": category, "quota_bytes": quota,
        "errors": errors + wrong,
    }  # fmt: skip


def _code_taken(work: Work, code: str, school: Organisation | None) -> bool:
    query = select(col(Organisation.id)).where(col(Organisation.code) == code)
    found = work.session.execute(query).scalar()
    return found is not None and (school is None or found != school.id)


def _quota(text: str) -> tuple[int | None, list[FieldError]]:
    """Bytes of a number of GB; None where it is left to the platform's setting."""
    if not text.strip():
        return None, []
    try:
        size = float(unicodedata.normalize("NFKC", text))
    except ValueError:
        size = -1
    if not 0 <= size <= 1_000_000:
        return None, [_wrong("quota", "请写数字，单位 GB，例如 200；不填为平台的默认值。")]
    return round(size * GIBIBYTE), []


def _ways(values: Mapping[str, str], stages: Sequence[str], errors: list[FieldError]) -> dict[str, Any]:
    """system, stages and what is reviewed as columns. Invalid with the `errors` found so far and its own."""
    system = values.get("system", "") or None
    wrong = list(errors)
    if system is not None and not vocabulary.check("system", system):
        wrong.append(_wrong("system", "请选择其中一种。"))
    if any(not vocabulary.check("stage", stage) for stage in stages):
        wrong.append(_wrong("stages", "请在列出的学段里选择。"))
    if wrong:
        raise _invalid(wrong)
    return {
        "system": system,
        "stages": [entry.code for entry in vocabulary.entries("stage") if entry.code in stages],
        "waives_review": bool(values.get("waives_review")),
        "reviews_sharing": bool(values.get("reviews_sharing")),
    }


def _wrong(field: str, words: str) -> FieldError:
    return FieldError(field, words)


def _invalid(errors: list[FieldError]) -> Invalid:
    return wrong_fields(errors)
