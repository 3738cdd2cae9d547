"""Schools as everybody sees them."""

import json
from typing import Any

from sqlalchemy import String, cast, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from service.errors import NotFound
from service.models import Organisation
from service.work import Work

City = aliased(Organisation)


def schools(
    work: Work, *, city: str | None = None, text: str = "", after: str = "", limit: int = 50
) -> list[Any]:
    """Schools by pinyin; former names are found too. Closed ones are left out."""
    query = (
        select(Organisation, col(City.name))
        .outerjoin(City, col(City.id) == col(Organisation.city_id))
        .where(
            col(Organisation.level) == "school",
            col(Organisation.closed_at).is_(None),
            col(Organisation.name_order) + col(Organisation.id) > after,
        )
    )
    if city is not None:
        query = query.where(col(Organisation.city_id) == city)
    if text:
        former = cast(col(Organisation.former_names), String)
        written = json.dumps(text)[1:-1]  # as the column holds it: Chinese in escapes
        query = query.where(
            or_(
                col(Organisation.name).contains(text, autoescape=True),
                former.contains(written, autoescape=True),
            )
        )
    rows = work.session.execute(
        query.order_by(col(Organisation.name_order) + col(Organisation.id)).limit(limit)
    )
    return [(school, city_name) for school, city_name in rows]


def school(work: Work, school_id: str) -> tuple[Organisation, str | None]:
    """A school and its city's name; NotFound for anything else. Closed and merged ones are found."""
    found = work.session.get(Organisation, school_id)
    if found is None or found.level != "school":
        raise NotFound(
            "没有找到这所学校。请核对地址，或从“结对”重新查找。",
            english="There is no such school. Check the address.",
        )
    city = work.session.get(Organisation, found.city_id) if found.city_id else None
    return found, city.name if city else None


def school_shape(school: Organisation, city_name: str | None) -> dict[str, Any]:
    """A school as the API shows it."""
    return {
        "id": school.id,
        "name": school.name,
        "former_names": school.former_names,
        "code": school.code,
        "city": city_name,
        "city_id": school.city_id,
        "county_id": school.county_id,
        "category": school.category,
        "system": school.system,
        "stages": school.stages,
    }


def schools_of(work: Work, organisation_id: str) -> list[str]:
    """Ids of the schools of a side: a school itself with those merged into it, or all that lie in a city or county."""
    query = select(col(Organisation.id)).where(
        col(Organisation.level) == "school",
        or_(
            col(Organisation.id) == organisation_id,
            col(Organisation.succeeded_by) == organisation_id,
            col(Organisation.city_id) == organisation_id,
            col(Organisation.county_id) == organisation_id,
        ),
    )
    return list(work.session.scalars(query))
