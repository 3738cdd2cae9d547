"""Erasure required by law: gone from every version, told to those who had it, and done by the platform alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from service.errors import NotFound
from service.library import erasing, resources, versions
from service.library.erasing import Erased
from service.models import AuditEntry, Change, File, PageText, Resource
from service.worker import Worker
from tests.factories import Library, library


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Library]:
    found = library(tmp_path)
    yield found
    found.close()


def published(made: Library) -> tuple[str, str]:
    """A published resource of two versions, both with one file."""
    ident = made.draft("t_helper", "秋天的雨")
    file = made.attach("t_helper", ident, "照片.txt", "秋天".encode())
    for summary in ("一", "二"):
        with made.writing("t_helper") as work:
            resources.update(work, ident, {"summary": summary})
            versions.submit(work, ident)
        with made.writing("a_helper") as work:
            versions.publish(work, ident)
    Worker(made.backends).run(until_idle=True)
    return ident, file


def test_a_file_goes_from_every_version_with_its_text_and_bytes(made: Library) -> None:
    ident, file = published(made)
    with made.writing("platform") as work:
        erasing.erase(work, Erased(ident, file), "监护人要求")
    Worker(made.backends).run(until_idle=True)
    with made.reading("t_helper") as work:
        assert resources.view(work, ident)[0]["files"] == []
        assert work.session.scalars(select(File)).all() == []
        assert work.session.scalars(select(PageText)).all() == []
    assert list(made.backends.objects.list()) == []


def test_a_resource_goes_and_those_who_had_it_are_told(made: Library) -> None:
    ident, _file = published(made)
    with made.writing("platform") as work:
        erasing.erase(work, Erased(ident), "监护人要求")
    Worker(made.backends).run(until_idle=True)
    with made.backends.reading() as work:
        assert work.session.get(Resource, ident) is None
        last = work.session.scalars(select(Change).order_by(col(Change.number).desc()).limit(1)).one()
        assert (last.resource_id, last.after) == (ident, [])
        assert last.before
        assert ident not in dict(work.index.ids())
        entry = work.session.scalars(select(AuditEntry).where(col(AuditEntry.action) == erasing.ERASED)).one()
        assert (entry.subject, entry.detail["reason"]) == (ident, "监护人要求")
    assert list(made.backends.objects.list()) == []


@pytest.mark.parametrize("name", ["t_helper", "a_helper", "o_370200"])
def test_nobody_but_the_platform_erases(made: Library, name: str) -> None:
    ident, _file = published(made)
    with pytest.raises(NotFound), made.writing(name) as work:
        erasing.erase(work, Erased(ident), "要求")
    with made.backends.reading() as work:
        assert work.session.execute(select(func.count()).select_from(Resource)).scalar_one() == 1


def test_what_is_not_there_is_not_erased(made: Library) -> None:
    ident, _file = published(made)
    for erased in (Erased("none"), Erased(ident, "none")):
        with pytest.raises(NotFound), made.writing("platform") as work:
            erasing.erase(work, erased, "要求")
