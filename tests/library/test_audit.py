"""The audit log: sealed batches, and whatever was done to a sealed row is found."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update
from sqlmodel import col

from service.library import audit
from service.models import AuditEntry, AuditSeal
from tests.factories import Library, library


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Library]:
    opened = library(tmp_path)
    yield opened
    opened.close()


def note(place: Library, *subjects: str) -> None:
    """A row for each subject, a second apart, so that ids follow the order of writing."""
    for subject in subjects:
        place.clock.tick(seconds=1)
        with place.writing("t_helper") as work:
            work.session.add(
                AuditEntry(
                    id=f"{place.clock.now.timestamp():026.6f}",
                    at=work.now,
                    actor=work.caller.actor,
                    action="resource.read",
                    subject=subject,
                    detail={"n": 1, "名称": "秋天的雨"},
                )
            )


def seal(place: Library, wait: float = 120) -> int:
    place.clock.tick(seconds=wait)
    with place.writing("platform") as work:
        return audit.seal(work)


def broken(place: Library) -> list[str]:
    with place.reading("platform") as work:
        return audit.broken_seals(work)


def rows(place: Library) -> list[AuditEntry]:
    with place.reading("platform") as work:
        return list(work.session.scalars(select(AuditEntry).order_by(col(AuditEntry.id))))


def seals(place: Library) -> list[AuditSeal]:
    with place.reading("platform") as work:
        return list(work.session.scalars(select(AuditSeal).order_by(col(AuditSeal.last_id))))


@pytest.fixture
def sealed(place: Library) -> Library:
    """Three batches of two rows."""
    for pair in (("a", "b"), ("c", "d"), ("e", "f")):
        note(place, *pair)
        assert seal(place) == 2
    assert broken(place) == []
    return place


def test_each_row_is_sealed_once(sealed: Library) -> None:
    assert [row.rows for row in seals(sealed)] == [2, 2, 2]
    assert seal(sealed) == 0
    assert len({row.hash for row in seals(sealed)}) == 3


def test_rows_that_another_process_may_still_precede_wait(place: Library) -> None:
    note(place, "a")
    assert seal(place, wait=59) == 0
    assert seal(place, wait=1) == 1


def test_rows_after_the_last_seal_break_nothing(sealed: Library) -> None:
    note(sealed, "g")
    assert broken(sealed) == []


@pytest.mark.parametrize(
    "values",
    [{"subject": "x"}, {"actor": "x"}, {"action": "x"}, {"outcome": "refused"}, {"detail": {"n": 2}}],
    ids=lambda values: next(iter(values)),
)
def test_a_changed_row_is_found(sealed: Library, values: dict[str, object]) -> None:
    changed, end = rows(sealed)[2:4]
    with sealed.writing(None) as work:
        work.session.execute(update(AuditEntry).where(col(AuditEntry.id) == changed.id).values(**values))
    assert broken(sealed) == [end.id]


def test_a_changed_time_is_found(sealed: Library) -> None:
    changed, end = rows(sealed)[2:4]
    with sealed.writing(None) as work:
        work.session.get_one(AuditEntry, changed.id).at = sealed.clock.now
    assert broken(sealed) == [end.id]


def test_a_removed_row_is_found(sealed: Library) -> None:
    end = rows(sealed)[3]
    with sealed.writing(None) as work:
        work.session.execute(delete(AuditEntry).where(col(AuditEntry.id) == end.id))
    assert broken(sealed) == [end.id]


def test_a_row_that_was_slipped_in_is_found(sealed: Library) -> None:
    before, end = rows(sealed)[2:4]
    with sealed.writing(None) as work:
        work.session.add(AuditEntry(id=before.id[:-1] + "5", at=before.at, actor="x", action="x"))
    assert broken(sealed) == [end.id]


def test_a_removed_seal_breaks_the_next_one(sealed: Library) -> None:
    _first, middle, last = seals(sealed)
    with sealed.writing(None) as work:
        work.session.execute(delete(AuditSeal).where(col(AuditSeal.last_id) == middle.last_id))
    assert broken(sealed) == [last.last_id]


def test_a_changed_seal_is_found_and_breaks_the_next_one(sealed: Library) -> None:
    _first, middle, last = seals(sealed)
    with sealed.writing(None) as work:
        work.session.get_one(AuditSeal, middle.last_id).hash = "0" * 64
    assert broken(sealed) == [middle.last_id, last.last_id]


def test_a_refusal_is_written_down_and_sealed_too(place: Library) -> None:
    with place.writing("t_lonely") as work:
        audit.refused(work, "resource.read", "0" * 60)
    assert seal(place) == 1
    (row,) = rows(place)
    assert (row.outcome, len(row.subject)) == ("refused", 40)
    assert broken(place) == []
