"""What is damaged or lost is found, withheld and reported, and comes back when it is whole again."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlmodel import col

from service.errors import Unavailable
from service.library import contents, integrity
from service.models import AuditEntry, Derived, File
from service.worker import Worker
from tests.api.test_files import pdf
from tests.factories import Library, library

CONTENT = b"the bytes of a lesson plan"


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Library]:
    found = library(tmp_path)
    yield found
    found.close()


def attach(made: Library, name: str = "教案.txt") -> tuple[str, str]:
    ident = made.draft("t_helper")
    return ident, made.attach("t_helper", ident, name, CONTENT)


def key_of(made: Library, file_id: str) -> str:
    with made.backends.reading() as work:
        return work.session.get_one(File, file_id).object_key


def overwrite(made: Library, key: str, content: bytes) -> None:
    """As a failing disk would."""
    made.backends.objects.delete(key)
    made.backends.objects.put(key, [content])


def scrub(made: Library) -> None:
    integrity.scrub(made.backends.reading, made.backends.writing, "objects")


def withheld(made: Library, file_id: str) -> str:
    with made.backends.reading() as work:
        return work.session.get_one(File, file_id).withheld


@pytest.mark.parametrize("content", [CONTENT[:-1], CONTENT[:-1] + b"X", None])
def test_what_is_not_as_it_was_is_withheld_until_it_is_again(made: Library, content: bytes | None) -> None:
    ident, file = attach(made)
    key = key_of(made, file)
    made.backends.objects.delete(key)
    if content is not None:
        made.backends.objects.put(key, [content])
    scrub(made)
    assert withheld(made, file) == ("missing" if content is None else "damaged")
    with made.reading("t_helper") as work, pytest.raises(Unavailable):
        contents.original(work, ident, file)
    overwrite(made, key, CONTENT)
    scrub(made)
    assert withheld(made, file) == ""
    with made.reading("t_helper") as work:
        assert contents.original(work, ident, file).key == key
        actions = set(work.session.scalars(select(col(AuditEntry.action))))
    assert {"file.quarantine", "file.release"} <= actions


def test_those_verified_longest_ago_come_first(made: Library) -> None:
    made.backends.settings.scrub_days = 30
    ident = made.draft("t_helper")
    ids = [made.attach("t_helper", ident, f"{n}.txt", b"%d" % n) for n in range(integrity.LEAST + 5)]
    scrub(made)
    with made.backends.reading() as work:
        left = set(work.session.scalars(select(col(File.id)).where(col(File.checked_at).is_(None))))
    assert len(left) == 5
    made.clock.tick(hours=1)
    scrub(made)
    with made.backends.reading() as work:
        later = work.session.scalars(select(col(File.id)).where(col(File.checked_at) == made.clock.now))
        assert left <= set(later) <= set(ids)


def test_a_damaged_page_image_is_made_anew(made: Library) -> None:
    file = made.attach("t_helper", made.draft("t_helper"), "试卷.pdf", pdf(2), "application/pdf")
    Worker(made.backends).run(until_idle=True)
    with made.backends.reading() as work:
        before = work.session.get_one(Derived, (file, "page", 2)).object_key
    overwrite(made, before, b"rot")
    scrub(made)
    Worker(made.backends).run(until_idle=True)
    with made.backends.reading() as work:
        after = work.session.get_one(Derived, (file, "page", 2))
        assert after.object_key != before
        assert (
            integrity.verify(
                work.objects, integrity.Known(file, "page", 2, after.object_key, after.size, after.sha256)
            ).state
            == "good"
        )
    assert before not in {stat.key for stat in made.backends.objects.list()}


def test_a_virus_is_not_forgiven_by_whole_bytes(made: Library) -> None:
    _ident, file = attach(made)
    with made.backends.writing() as work:
        work.session.get_one(File, file).withheld = "virus: Test"
    scrub(made)
    assert withheld(made, file) == "virus: Test"


def test_what_no_row_refers_to_is_swept_after_a_day(made: Library, tmp_path: Path) -> None:
    _ident, file = attach(made)
    for key in ("files/0first", "files/lost", "zz/last"):
        made.backends.objects.put(key, [b"nobody's"])
    made.clock.now = made.backends.clock()
    with made.backends.reading() as work:
        assert list(integrity.unreferenced(work)) == []
    _ahead(made, days=2)
    with made.backends.reading() as work:
        assert [stat.key for stat in integrity.unreferenced(work)] == [
            "files/0first",
            "files/lost",
            "zz/last",
        ]
    integrity.sweep(made.backends.reading, made.backends.writing, "objects")
    Worker(made.backends).run(until_idle=True)
    assert len(list(made.backends.objects.list("files/"))) == 3, "they are looked at once more"
    made.clock.tick(hours=1)
    Worker(made.backends).run(until_idle=True)
    assert [stat.key for stat in made.backends.objects.list("files/")] == [key_of(made, file)]


def _ahead(made: Library, days: int) -> None:
    """The library's clock so many days after the store's."""
    made.clock.now = datetime.now(UTC) + timedelta(days=days)
