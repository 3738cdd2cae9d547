"""Several parts of one upload on their way into a store that takes them at once, at the level of the use-case."""

import hashlib
import random
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import pytest

from service.library import receiving, uploads
from service.library.receiving import PART
from service.storage import Part
from service.storage.s3 import S3Objects
from service.work import Work
from tests import stacks
from tests.factories import Library, begin_upload, library

WHOLE = random.Random(5).randbytes(2 * PART + 100)
PIECES = (WHOLE[:PART], WHOLE[PART : 2 * PART], WHOLE[2 * PART :])


@pytest.fixture
def school(tmp_path: Path) -> Iterator[Library]:
    """On a store that takes two parts at once."""
    objects = S3Objects(stacks.bucket("minio", tmp_path))
    objects.prepare()
    made = library(tmp_path)
    made.backends = replace(made.backends, objects=objects)
    yield made
    made.close()


def begun(school: Library, upload_id: str) -> receiving.Receiving:
    def writing() -> AbstractContextManager[Work]:
        return school.writing("t_helper")

    return receiving.begin(writing, upload_id)


def recorded(school: Library, upload_id: str) -> list[Part]:
    with school.reading("t_helper") as work:
        return uploads.parts_of(work, upload_id)


def is_whole(school: Library, upload_id: str) -> bool:
    with school.writing("t_helper") as work:
        taken = uploads.take(work, upload_id)
        with work.objects.open(taken.object_key) as stored:
            return stored.read() == WHOLE and taken.sha256 == hashlib.sha256(WHOLE).hexdigest()


def test_a_part_has_no_row_before_the_one_in_front_of_it(school: Library) -> None:
    upload_id = begin_upload(school, len(WHOLE), "film.mp4")
    request = begun(school, upload_id)
    first, second = request.take(PIECES[0]), request.take(PIECES[1])

    request.write(second)
    assert recorded(school, upload_id) == []
    request.write(first)
    assert [part.n for part in recorded(school, upload_id)] == [1, 2]

    request.store(PIECES[2])
    assert request.complete().complete
    request.release()
    assert is_whole(school, upload_id)


def test_what_stands_behind_a_part_that_failed_is_sent_again_under_another_number(school: Library) -> None:
    upload_id = begin_upload(school, len(WHOLE), "film.mp4")
    broken = begun(school, upload_id)
    _failed, second = broken.take(PIECES[0]), broken.take(PIECES[1])
    broken.write(second)
    broken.release()

    request = begun(school, upload_id)
    assert request.offset == 0
    for piece in PIECES:
        request.store(piece)
    assert [part.n for part in recorded(school, upload_id)] == [3, 4, 0]
    request.complete()
    request.release()
    assert is_whole(school, upload_id)


def test_a_request_of_one_part_uses_one_number(school: Library) -> None:
    upload_id = begin_upload(school, len(WHOLE), "film.mp4")
    for piece in PIECES[:2]:
        request = begun(school, upload_id)
        request.store(piece)
        request.release()
    assert [part.n for part in recorded(school, upload_id)] == [1, 2]
