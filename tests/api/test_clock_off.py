"""A machine's clock is a day off: what another machine begins it goes on with, and it takes nothing away."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from service.library import checking, cleaning, integrity, receiving, uploads
from service.library.checking import Mark
from service.wiring import Backends
from service.worker import Worker
from tests.api.api_client import Api, serve
from tests.factories import Clock, begin_upload

DAY = timedelta(days=1)


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with serve(tmp_path, Clock(datetime.now(UTC))) as made:
        yield made


def off(api: Api, days: int) -> Backends:
    """The library on a machine whose clock is so many days off."""
    return replace(api.library.backends, clock=lambda: api.library.clock.now + days * DAY)


@pytest.mark.parametrize("days", [-1, 1])
def test_a_worker_a_day_off_does_what_is_to_be_done(api: Api, days: int) -> None:
    lesson = api.library.draft("t_helper", "秋天的雨")
    api.attached(lesson, "教案.txt", "落叶归根".encode())
    elsewhere = off(api, days)
    Worker(elsewhere).run(until_idle=True)

    files = api.person().get(f"/resources/{lesson}/files").json()["items"]
    assert [file["state"] for file in files] == ["ready"]
    assert api.person().ids("/search", q="落叶") == {lesson}
    found = checking.check(api.library.backends.reading, api.library.backends.writing, Mark("1/1"))
    assert list(found) == []


@pytest.mark.parametrize("days", [-1, 1])
def test_an_upload_is_gone_on_with_by_a_machine_a_day_off(api: Api, days: int) -> None:
    upload_id = begin_upload(api.library, 6, "教案.txt")
    elsewhere, caller = off(api, days), api.library.caller("t_helper")
    for backends, data in ((api.library.backends, b"abc"), (elsewhere, b"def")):
        begun = receiving.begin(partial(backends.writing, caller), upload_id)
        begun.store(data)
        begun.complete()
        begun.release()
    assert uploads.expire(elsewhere.writing) == 0
    with api.library.writing("t_helper") as work:
        taken = uploads.take(work, upload_id)
        with work.objects.open(taken.object_key) as stored:
            assert stored.read() == b"abcdef"


def test_a_sweep_a_day_ahead_takes_nothing_that_is_being_written(api: Api) -> None:
    objects = api.library.backends.objects
    objects.put("files/new", [b"abc"])  # its row is about to be written
    ahead = off(api, 2)
    integrity.sweep(ahead.reading, ahead.writing, "objects")
    Worker(ahead).run(until_idle=True)
    assert objects.stat("files/new").size == 3

    lesson = api.library.draft("t_helper")
    file_id = api.library.attach("t_helper", lesson, "教案.txt", b"abc")
    with api.library.reading("t_helper") as work:
        key = next(known.key for known in integrity.all_known(work) if known.file_id == file_id)
    cleaning.discard(ahead.reading, ahead.writing, key)
    assert objects.stat(key).size == 3
