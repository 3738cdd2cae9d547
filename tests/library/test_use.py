"""Openings and downloads are counted for readers alone, by month and school, and lost by no failure."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, text

from service.library import use, versions
from service.models import Use
from tests.factories import Clock, Library, library


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Library]:
    found = library(tmp_path, Clock(datetime(2026, 9, 30, 15, 59, tzinfo=UTC)))
    yield found
    found.close()


def published(made: Library) -> str:
    ident = made.draft("t_helper")
    made.share("t_helper", ident, f"pair:{made.pairs['school']}")
    with made.writing("t_helper") as work:
        versions.submit(work, ident)
    with made.writing("a_helper") as work:
        versions.publish(work, ident)
    return ident


def note(made: Library, name: str | None, ident: str, *, download: bool = False) -> bool:
    with made.reading(name) as work:
        return use.note(work, made.backends.uses, ident, download=download)


def rows(made: Library) -> set[tuple[str, str, int, int]]:
    made.backends.write_uses()
    with made.reading("platform") as work:
        found = work.session.scalars(select(Use)).all()
        schools = {ident: name for name, ident in made.schools.items()}
        return {(schools.get(row.school_id, ""), row.month, row.views, row.downloads) for row in found}


def test_a_month_begins_at_midnight_in_shandong(made: Library) -> None:
    ident = published(made)
    note(made, "t_aided", ident)
    made.clock.tick(minutes=1)
    note(made, "t_aided", ident)
    assert rows(made) == {("aided", "2026-09", 1, 0), ("aided", "2026-10", 1, 0)}


def test_those_who_write_it_and_those_who_cannot_see_it_are_no_readers(made: Library) -> None:
    ident = published(made)
    for name in ("t_helper", "t_lonely", None):
        assert not note(made, name, ident, download=True)
    note(made, "t_helper", made.draft("t_helper"))
    assert rows(made) == set()


def test_a_download_is_written_at_once_and_openings_with_it_or_after_a_minute(made: Library) -> None:
    ident = published(made)
    assert not note(made, "t_aided", ident)
    assert note(made, "t_aided", ident, download=True)
    made.backends.write_uses()
    assert not note(made, "a_aided", ident)
    made.clock.tick(minutes=1)
    assert note(made, "a_aided", ident)
    assert rows(made) == {("aided", "2026-09", 2, 1), ("aided", "2026-10", 1, 0)}


def test_what_could_not_be_written_is_written_the_next_time(made: Library) -> None:
    ident = published(made)
    note(made, "t_aided", ident)
    with made.writing(None) as work:
        work.session.execute(text("ALTER TABLE resource_use RENAME TO away"))
    made.backends.write_uses()
    with made.writing(None) as work:
        work.session.execute(text("ALTER TABLE away RENAME TO resource_use"))
    assert rows(made) == {("aided", "2026-09", 1, 0)}


def test_counts_of_what_is_gone_are_let_go(made: Library) -> None:
    made.backends.uses.add(("gone", "", "2026-09", "views"), made.clock())
    assert rows(made) == set()


def test_counts_are_written_when_the_library_closes(made: Library, tmp_path: Path) -> None:
    ident = published(made)
    note(made, "t_aided", ident)
    made.backends.close()
    with made.reading("platform") as work:
        assert use.total(work, ident) == use.Total(views=1, downloads=0, schools=1)
