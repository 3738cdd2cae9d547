"""The demo goes in whole, once, and comes out without a trace."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlmodel import SQLModel, col

from service.library import accounts, callers, demo, regions, resources, sharing
from service.library.demo import content, people
from service.models import (
    AuditEntry,
    AuditSeal,
    Change,
    Counter,
    Harvested,
    Job,
    Organisation,
    Partnership,
    Person,
    Resource,
)
from service.permissions import VISIBLE, Caller, seen_by
from service.wiring import Backends, open_backends
from service.work import Work
from service.worker import Worker
from tests import stacks

ACCOUNTS = "demo-accounts.json"


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backends]:
    """A library with the demo in it; tests only read it."""
    backends = _open(tmp_path_factory.mktemp("demo"))
    demo.seed(backends.reading, backends.writing, backends.settings.data_dir / ACCOUNTS)
    yield backends
    backends.close()


def _open(folder: Path) -> Backends:
    backends = open_backends(stacks.settings(folder))
    backends.database.migrate()
    with backends.writing() as work:
        regions.load(work)
    return backends


def _accounts(backends: Backends) -> list[dict[str, str | None]]:
    found: list[dict[str, str | None]] = json.loads((backends.settings.data_dir / ACCOUNTS).read_text())[
        "accounts"
    ]
    return found


def _person(work: Work, username: str) -> Caller:
    ident = work.session.scalars(select(col(Person.id)).where(col(Person.username) == username)).one()
    caller = callers.person(work.session, ident, work.now)
    assert caller is not None
    return caller


def _keys(work: Work, username: str | None) -> set[str]:
    """The demo resources that a person (None: nobody) sees."""
    caller = _person(work, username) if username else callers.anonymous()
    found = work.session.scalars(select(col(Resource.key)).where(VISIBLE), seen_by(caller, work.now))
    return {str(key).removeprefix("demo-") for key in found}


def test_every_piece_is_loaded_in_its_state_and_marked(seeded: Backends) -> None:
    with seeded.reading() as work:
        found = {row.key: row for row in work.session.scalars(select(Resource))}

    assert {key: row.status for key, row in found.items()} == {
        f"demo-{piece.slug}": piece.status for piece in content.load()
    }
    assert all(row.demo and row.children_clear for row in found.values())


def test_the_accounts_file_is_private_and_its_passwords_open_the_accounts(seeded: Backends) -> None:
    path = seeded.settings.data_dir / ACCOUNTS
    first = _accounts(seeded)[0]
    with seeded.reading() as work:
        account = accounts.look_up(work, str(first["username"]), "127.0.0.1")

    assert path.stat().st_mode & 0o777 == 0o600
    assert accounts.verify(account, str(first["password"]))
    assert set(first) == {"username", "password", "name", "role", "school", "school_id", "city", "side"}


def test_schools_officers_and_the_platform_are_told_apart_in_the_accounts_file(seeded: Backends) -> None:
    found = {account["username"]: account for account in _accounts(seeded)}

    assert (found["qd-teacher"]["side"], found["qd-teacher"]["city"]) == ("helper", "青岛市")
    assert (found["hz-admin"]["side"], found["hz-admin"]["city"]) == ("aided", "菏泽市")
    assert (found["ta-teacher"]["side"], found["ta-teacher"]["city"]) == (None, "泰安市")
    assert (found["hz-officer"]["side"], found["hz-officer"]["school_id"]) == ("aided", None)
    assert (found["admin"]["side"], found["admin"]["city"]) == (None, None)
    assert found["qd-teacher"]["school_id"] == found["qd-admin"]["school_id"]


def test_seeding_again_changes_nothing_and_gives_the_same_accounts(seeded: Backends) -> None:
    with seeded.reading() as work:
        before = work.session.execute(select(func.count()).select_from(AuditEntry)).scalar_one()
    again = demo.seed(seeded.reading, seeded.writing, seeded.settings.data_dir / ACCOUNTS)
    with seeded.reading() as work:
        after = work.session.execute(select(func.count()).select_from(AuditEntry)).scalar_one()

    assert again == _accounts(seeded)
    assert after == before


def test_each_sees_what_was_shared_with_her(seeded: Backends) -> None:
    with seeded.reading() as work:
        nobody, helper, aided, alone = (
            _keys(work, name) for name in (None, "qd-teacher", "hz-teacher", "ta-teacher")
        )

    assert "autumn-rain" in nobody & alone
    assert "autumn-rain-village" in helper & aided
    assert "autumn-rain-worksheet" in helper & aided
    assert not {"autumn-rain-village", "autumn-rain-worksheet", "sea-and-plain"} & alone
    assert "idiom-animals" in alone - helper - aided


def test_the_team_shares_a_draft_that_its_schools_colleagues_do_not_see(seeded: Backends) -> None:
    with seeded.reading() as work:
        assert "maths-reading" in _keys(work, "qb-teacher")
        assert "maths-reading" not in _keys(work, "qb-admin")


def test_what_was_submitted_awaits_its_schools_administrator(seeded: Backends) -> None:
    with seeded.reading() as work:
        assert "binary-codes" in _keys(work, "qb-admin")
        assert "binary-codes" not in _keys(work, None)


def test_everybody_of_the_demo_is_marked_in_her_name(seeded: Backends) -> None:
    with seeded.reading() as work:
        persons = work.session.scalars(select(col(Person.name)).where(col(Person.demo))).all()
        schools = work.session.scalars(select(col(Organisation.name)).where(col(Organisation.demo))).all()

    assert len(persons) == len(people.ACCOUNTS)
    assert all(name.endswith(people.MARK) for name in (*persons, *schools))


def test_removing_the_demo_leaves_nothing_but_base_data_audit_and_feed_and_it_can_be_loaded_again(
    tmp_path: Path,
) -> None:
    backends = _open(tmp_path)
    try:
        with backends.reading() as work:
            before = _counts(work)
        first = demo.seed(backends.reading, backends.writing, tmp_path / ACCOUNTS)
        with backends.writing() as work:
            work.caller = _person(work, "hz-teacher")
            resource_id = resources.create(work, {"kind": "lesson_case", "title": "试着写的一份"})
            work.session.flush()
            wanted = sharing.Wanted(audience="paired")
            sharing.give(work, resource_id, wanted)
            accounts.open_session(work, str(work.caller.person_id))

        gone = demo.remove(backends.reading, backends.writing)
        Worker(backends).run(until_idle=True)
        with backends.reading() as work:
            after = _counts(work)
            lost = work.session.scalars(select(Change).order_by(col(Change.number).desc()).limit(gone)).all()
            objects, indexed = list(work.objects.list()), list(work.index.ids())
        again = demo.seed(backends.reading, backends.writing, tmp_path / ACCOUNTS)
    finally:
        backends.close()

    assert gone == len(content.load()) + 1
    assert after == before
    assert all(row.after == [] for row in lost)
    assert objects == []
    assert indexed == []
    assert [account["username"] for account in again] == [account["username"] for account in first]
    assert again[0]["password"] != first[0]["password"]


_LASTING = (AuditEntry, AuditSeal, Change, Counter, Harvested, Job)


def _counts(work: Work) -> dict[str, int]:
    """Rows by table, but for audit, feed (harvesters are told of what went, too) and jobs."""
    tables = [
        table
        for table in SQLModel.metadata.sorted_tables
        if table.name not in {kept.__tablename__ for kept in _LASTING}
    ]
    return {
        table.name: work.session.execute(select(func.count()).select_from(table)).scalar_one()
        for table in tables
    }


def test_the_six_pairs_of_cities_stay_when_the_demo_goes(seeded: Backends) -> None:
    with seeded.reading() as work:
        rows = work.session.execute(select(col(Partnership.level), col(Partnership.demo)).distinct()).all()

    assert set(rows) == {("city", False), ("county", True), ("school", True)}
