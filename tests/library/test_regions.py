"""The province that every library begins with."""

from pathlib import Path

from sqlalchemy import func, select
from sqlmodel import col

from service.library import regions, vocabulary
from service.models import Organisation, Partnership
from service.wiring import open_backends
from tests import stacks


def test_the_province_has_sixteen_cities_and_every_county_lies_in_one_of_them() -> None:
    rows = list(regions.regions())
    cities = {row.id for row in rows if row.level == "city"}
    counties = [row for row in rows if row.level == "county"]

    assert len(cities) == 16
    assert len(counties) > 130
    assert {row.parent_id for row in counties} == cities


def test_loading_twice_is_loading_once(tmp_path: Path) -> None:
    backends = open_backends(stacks.settings(tmp_path))
    try:
        backends.database.migrate()
        for _ in range(2):
            with backends.writing() as work:
                regions.load(work)
        with backends.reading() as work:
            found = work.session.execute(select(func.count()).select_from(Organisation)).scalar_one()
            pairs = work.session.scalars(select(Partnership)).all()
    finally:
        backends.close()

    assert found == len(list(regions.regions()))
    assert {(pair.helper_id, pair.aided_id) for pair in pairs} == set(vocabulary.city_pairs())
    assert {(pair.level, pair.status) for pair in pairs} == {("city", "active")}


def test_a_region_that_was_renamed_keeps_its_name(tmp_path: Path) -> None:
    backends = open_backends(stacks.settings(tmp_path))
    try:
        backends.database.migrate()
        with backends.writing() as work:
            regions.load(work)
            work.session.execute(
                select(Organisation).where(col(Organisation.id) == "371700")
            ).scalar_one().name = "曹州市"
        with backends.writing() as work:
            regions.load(work)
            name = work.session.get_one(Organisation, "371700").name
    finally:
        backends.close()

    assert name == "曹州市"
