"""What becomes of documents and films: each step is kept, each end is told, nothing waits for ever."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from service import jobs
from service.library import conversions, extraction
from service.models import Conversion, Derived, File, Job
from service.worker import Worker
from tests.extract import documents
from tests.extract.test_legacy import stand_in
from tests.factories import Library, library
from tests.films import film
from tests.needs import need

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Library]:
    found = library(tmp_path / "data")
    found.backends.settings.convert = True
    yield found
    found.close()


def work_on(made: Library) -> None:
    Worker(made.backends).run(until_idle=True)


def state(made: Library, file_id: str) -> dict[str, Any]:
    with made.backends.reading() as work:
        return conversions.of(work, [file_id])[file_id]


def kinds(made: Library, file_id: str) -> dict[str, int]:
    """Kind of what was made → how many."""
    with made.backends.reading() as work:
        rows = list(work.session.scalars(select(col(Derived.kind)).where(col(Derived.file_id) == file_id)))
    return {kind: rows.count(kind) for kind in rows}


def attach(made: Library, path: Path, media_type: str) -> str:
    return made.attach("t_helper", made.draft("t_helper"), path.name, path.read_bytes(), media_type)


def test_a_film_gets_a_poster_its_length_and_what_browsers_play(made: Library, tmp_path: Path) -> None:
    ident = attach(made, film(tmp_path / "课.mkv", size=(1280, 720)), "video/matroska")
    work_on(made)
    assert state(made, ident) == {
        "state": "ready", "step": 3, "steps": 3, "doing": "", "reason": "", "pages": None,
    }  # fmt: skip
    assert kinds(made, ident) == {"thumbnail": 1, "play": 1}
    with made.backends.reading() as work:
        assert 1.8 < float(work.session.get_one(File, ident).details["seconds"]) < 2.3


def test_a_conversion_that_was_interrupted_goes_on_where_it_was(made: Library, tmp_path: Path) -> None:
    ident = attach(made, film(tmp_path / "课.mkv"), "video/matroska")
    work_on(made)
    with made.backends.reading() as work:
        before = {(row.kind, row.object_key) for row in work.session.scalars(select(Derived))}
    with made.backends.writing() as work:
        conversions.again(work, ident)
    work_on(made)
    with made.backends.reading() as work:
        assert {(row.kind, row.object_key) for row in work.session.scalars(select(Derived))} == before
    assert len(list(made.backends.objects.list("derived/"))) == len(before)


def test_what_cannot_be_converted_says_why(made: Library) -> None:
    ident = made.attach("t_helper", made.draft("t_helper"), "坏.mp4", b"no film", "video/mp4")
    work_on(made)
    found = state(made, ident)
    assert (found["state"], "未能转换" in found["reason"]) == ("failed", True)


def test_without_the_program_a_document_says_so_and_is_converted_once_it_is_there(
    made: Library, tmp_path: Path
) -> None:
    made.backends.extractor.soffice = None
    ident = attach(made, documents.word(tmp_path / "教案.docx"), WORD)
    work_on(made)
    assert (state(made, ident)["state"], state(made, ident)["reason"]) == ("absent", conversions.ABSENT)
    program = stand_in(tmp_path, f'mkdir "$out"; cp "{documents.pdf(tmp_path / "made.pdf")}" "$out/file.pdf"')
    made.backends.extractor.soffice = program
    work_on(made)
    assert (state(made, ident)["state"], state(made, ident)["pages"]) == ("ready", 2)
    assert kinds(made, ident) == {"thumbnail": 1, "pdf": 1, "page": 2}


def test_files_of_an_earlier_release_are_caught_up_with(made: Library, tmp_path: Path) -> None:
    made.backends.settings.convert = False
    ident = attach(made, film(tmp_path / "课.mkv"), "video/matroska")
    work_on(made)
    with made.backends.reading() as work:
        assert work.session.get(Conversion, ident) is None
    made.backends.settings.convert = True
    work_on(made)
    assert state(made, ident)["state"] == "ready"


@pytest.mark.parametrize("name", ["extract", "convert"])
def test_what_was_tried_too_often_is_told_as_failed(made: Library, tmp_path: Path, name: str) -> None:
    ident = attach(made, film(tmp_path / "课.mkv"), "video/matroska")
    if name == "convert":
        work_on(made)
        with made.backends.writing() as work:
            conversions.again(work, ident)
    with made.backends.reading() as work:
        made.backends.objects.delete(work.session.get_one(File, ident).object_key)
    for _ in range(jobs.TRIES):
        work_on(made)
        made.clock.tick(minutes=5)
    with made.backends.reading() as work:
        assert set(work.session.scalars(select(col(Job.state)).where(col(Job.name) == name))) == {"buried"}
        told = work.session.get_one(File if name == "extract" else Conversion, ident)
        assert (told.state, "试过几次" in told.reason) == ("failed", True)


def test_a_file_that_ends_every_worker_is_told_as_failed_too(made: Library, tmp_path: Path) -> None:
    ident = attach(made, film(tmp_path / "课.mkv"), "video/matroska")
    for _ in range(jobs.TRIES):  # claimed by one that died
        with made.backends.writing() as work:
            assert jobs.claim(work.session, work.now, ["extract"])
        made.clock.tick(minutes=5)
    work_on(made)
    with made.backends.reading() as work:
        told = work.session.get_one(File, ident)
        assert (told.state, "试过几次" in told.reason) == ("failed", True)
    with made.backends.writing() as work:
        extraction.again(work, ident)
    work_on(made)
    with made.backends.reading() as work:
        assert work.session.get_one(File, ident).state == "ready"


@pytest.mark.slow
def test_a_lesson_plan_is_seen_page_by_page(made: Library, tmp_path: Path) -> None:
    made.backends.extractor.soffice = str(need("soffice"))
    ident = attach(made, documents.word(tmp_path / "教案.docx"), WORD)
    work_on(made)
    assert kinds(made, ident) == {"thumbnail": 1, "pdf": 1, "page": 1}


def test_a_slow_job_leaves_the_others_their_threads(made: Library, tmp_path: Path) -> None:
    """A document whose program waits for a sign; texts attached after it are read meanwhile."""
    sign = tmp_path / "sign"
    made.backends.extractor.soffice = stand_in(tmp_path, f'until [ -e "{sign}" ]; do sleep 0.1; done')
    first = [attach(made, documents.word(tmp_path / f"{n}.docx"), WORD) for n in range(3)]
    worker = Worker(made.backends)
    worker.start()
    try:
        later = made.attach("t_helper", made.draft("t_helper"), "一.txt", "第一课".encode())
        while _file_state(made, later) != "ready" or _running(made) == 0:
            worker.wake()
        assert (_running(made), len(first)) == (1, 3)
    finally:
        sign.touch()
        worker.stop()


def _file_state(made: Library, file_id: str) -> str:
    with made.backends.reading() as work:
        return work.session.get_one(File, file_id).state


def _running(made: Library) -> int:
    with made.backends.reading() as work:
        return len(work.session.scalars(select(Conversion).where(col(Conversion.state) == "running")).all())
