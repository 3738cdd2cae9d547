"""Base data: the province, its cities and counties, and the six partnerships of cities."""

from collections.abc import Container, Iterator
from datetime import datetime

from sqlalchemy import select
from sqlmodel import col

from service.library import vocabulary
from service.library.collation import sort_key
from service.models import Organisation, Partnership
from service.work import SHANGHAI, Work

PROVINCE = "370000"
PAIRED_ON = datetime(2019, 1, 18, tzinfo=SHANGHAI)
"""The date of 鲁教厅办发〔2019〕5号, which paired the cities."""


def load(work: Work) -> None:
    """Write the regions and the cities' partnerships that are not there yet; those that are stay as they are."""
    known = set(work.session.scalars(select(col(Organisation.id)).where(col(Organisation.level) != "school")))
    work.session.add_all(regions(known))
    work.session.flush()
    for helper, aided in vocabulary.city_pairs():
        if work.session.get(Partnership, pair_id(helper, aided)) is None:
            work.session.add(
                Partnership(
                    id=pair_id(helper, aided),
                    level="city",
                    helper_id=helper,
                    aided_id=aided,
                    starts=PAIRED_ON,
                    status="active",
                )
            )
    work.session.flush()


def pair_id(helper: str, aided: str) -> str:
    """The id of the cities' partnership, the same in every library."""
    return f"city{helper}{aided}"


def regions(known: Container[str] = ()) -> Iterator[Organisation]:
    """Province, cities and counties as rows, parents first, without those that are known.

    A county lies in the city that its code's first four digits name; a city's city is itself.
    """
    for region in vocabulary.regions():
        if region.code in known:
            continue
        city = None if region.level == "province" else f"{region.code[:4]}00"
        yield Organisation(
            id=region.code,
            level=region.level,
            parent_id={"province": None, "city": PROVINCE, "county": city}[region.level],
            city_id=city,
            code=region.code,
            name=region.name,
            name_order=sort_key(region.name),
        )
