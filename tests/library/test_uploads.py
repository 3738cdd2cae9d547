"""Uploads below HTTP: what a crash leaves, how leases end, how an upload is handed over."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from service.errors import Conflict, Gone, Locked, NotFound, Unavailable
from service.library import leases, receiving, uploads
from service.library.digests import Digests
from service.models import Upload, UploadPart
from service.storage import Objects, Part, Stat, StoreDown
from service.wiring import Backends
from service.work import Work
from tests.factories import Library, begin_upload, library

PIECES = [b"first piece, ", b"second piece, ", b"third piece"]
WHOLE = b"".join(PIECES)


@pytest.fixture
def school(tmp_path: Path) -> Iterator[Library]:
    made = library(tmp_path)
    yield made
    made.close()


def create(school: Library, length: int = len(WHOLE), name: str = "教案.txt") -> str:
    return begin_upload(school, length, name)


def send(school: Library, upload_id: str, *pieces: bytes, offset: int = 0, who: str = "t_helper") -> None:
    begun = receiving.begin(lambda: school.writing(who), upload_id, offset)
    try:
        for piece in pieces:
            begun.store(piece)
        begun.complete()
    finally:
        begun.release()


class Killed(BaseException):
    """The process died here."""


class Doom:
    """Dies before or after one of the steps it is told of, counted from 0."""

    def __init__(self, step: int) -> None:
        self.left = step
        self.dead = False

    def __call__(self) -> None:
        if self.left == 0:
            self.dead = True
        if self.dead:
            raise Killed
        self.left -= 1


class Doomed:
    """The store of a process that may die around each durable step."""

    def __init__(self, objects: Objects, doom: Doom) -> None:
        self._objects, self._doom = objects, doom

    def append(self, handle: str, parts: Any, data: bytes, number: int) -> Part:
        self._doom()
        part = self._objects.append(handle, parts, data, number)
        self._doom()
        return part

    def finish(self, handle: str, parts: Any) -> Stat:
        self._doom()
        stat = self._objects.finish(handle, parts)
        self._doom()
        return stat

    def __getattr__(self, name: str) -> Any:
        return getattr(self._objects, name)


def dying(school: Library, doom: Doom) -> Callable[[], Any]:
    """Opens units of work in a process that may die before or after each commit, and around each write."""
    caller = school.caller("t_helper")
    objects: Any = Doomed(school.backends.objects, doom)
    backends: Backends = replace(school.backends, objects=objects)

    @contextmanager
    def writing() -> Iterator[Work]:
        with backends.writing(caller) as work:
            yield work
            work.session.flush()
            doom()
        doom()

    return writing


@pytest.fixture
def new_process(school: Library, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """What the death of a process leaves in the next one's memory: no hashes, and no leases."""

    def died() -> None:
        monkeypatch.setattr(receiving, "DIGESTS", Digests())
        monkeypatch.setattr(leases, "_HELD", set())

    return died


def resume(school: Library, upload_id: str) -> None:
    """What a client does: ask where it is, send the rest. Asking finishes what has all its bytes."""
    with school.reading("t_helper") as work:
        offset = uploads.state(work, upload_id).offset
    if offset < len(WHOLE):
        send(school, upload_id, WHOLE[offset:], offset=offset)
    else:
        receiving.settle(lambda: school.writing("t_helper"), upload_id)


def attempt(writing: Callable[[], Any], upload_id: str) -> None:
    """The whole upload as one request of three parts."""
    begun = receiving.begin(writing, upload_id, 0)
    try:
        for piece in PIECES:
            begun.store(piece)
        begun.complete()
    finally:
        begun.release()


STEPS = 20
"""Before and after: the lease, three parts and their rows, the object, its record, the end of the lease."""


def test_these_are_all_the_steps_there_are(school: Library) -> None:
    counting = Doom(-1)

    attempt(dying(school, counting), create(school))

    assert -1 - counting.left == STEPS


@pytest.mark.parametrize("step", range(STEPS))
def test_an_upload_survives_the_death_of_its_process_at_every_step(
    school: Library, new_process: Callable[[], None], step: int
) -> None:
    upload_id = create(school)

    with pytest.raises(Killed):
        attempt(dying(school, Doom(step)), upload_id)
    new_process()
    resume(school, upload_id)

    with school.writing("t_helper") as work:
        taken = uploads.take(work, upload_id)
        assert taken.sha256 == hashlib.sha256(WHOLE).hexdigest()
        with work.objects.open(taken.object_key) as stored:
            assert stored.read() == WHOLE
        assert [found.key for found in work.objects.list()] == [taken.object_key]


def test_a_writer_has_the_number_of_its_next_part_for_itself(school: Library) -> None:
    """It stops for longer than its lease; what it writes when it wakes up is not in the place of another's part."""
    upload_id = create(school)
    numbers = []

    class Counted(Doomed):
        def append(self, handle: str, parts: Any, data: bytes, number: int) -> Part:
            part = super().append(handle, parts, data, number)
            if part.n:
                numbers.append(number)
            return part

    caller = school.caller("t_helper")
    objects: Any = Counted(school.backends.objects, Doom(-1))
    backends = replace(school.backends, objects=objects)
    late = receiving.begin(lambda: backends.writing(caller), upload_id, 0)
    school.clock.tick(minutes=2)
    begun = receiving.begin(lambda: backends.writing(caller), upload_id, 0)
    for piece in PIECES[:2]:
        begun.store(piece)
    with pytest.raises(Locked):
        late.store(b"late")
    checksum = receiving.Checksum("sha1", hashlib.sha1(PIECES[2], usedforsecurity=False).digest())
    begun.release()
    begun = receiving.begin(lambda: backends.writing(caller), upload_id, None, checksum)
    for start in range(len(PIECES[2])):
        begun.store(PIECES[2][start : start + 1])
    begun.complete()
    begun.release()

    assert numbers == sorted(set(numbers))
    assert 1 not in numbers, "it is the late one's"
    with school.writing("t_helper") as work:
        assert uploads.take(work, upload_id).sha256 == hashlib.sha256(WHOLE).hexdigest()


def test_a_new_process_hashes_what_the_old_one_received(
    school: Library, new_process: Callable[[], None]
) -> None:
    upload_id = create(school)
    send(school, upload_id, PIECES[0])
    new_process()
    resume(school, upload_id)

    with school.reading("t_helper") as work:
        assert work.session.get_one(Upload, upload_id).sha256 == hashlib.sha256(WHOLE).hexdigest()


def test_a_database_that_goes_at_the_last_commit_is_told_and_the_upload_ends_later(school: Library) -> None:
    upload_id, down = create(school), False

    @contextmanager
    def writing() -> Iterator[Work]:
        with school.writing("t_helper") as work:
            yield work
            if down:  # as a commit whose connection is lost ends the session
                work.session.rollback()
                raise Unavailable("down")

    begun = receiving.begin(writing, upload_id)
    begun.store(WHOLE)
    down = True
    with pytest.raises(Unavailable):
        begun.complete()
    down = False
    begun.release()

    assert receiving.settle(lambda: school.writing("t_helper"), upload_id).complete
    with school.writing("t_helper") as work:
        assert uploads.take(work, upload_id).sha256 == hashlib.sha256(WHOLE).hexdigest()


def test_a_lease_that_nobody_ends_runs_out_after_a_minute(school: Library) -> None:
    upload_id = create(school)
    receiving.begin(lambda: school.writing("t_helper"), upload_id)

    school.clock.tick(seconds=59)
    with pytest.raises(Locked):
        send(school, upload_id, WHOLE)
    school.clock.tick(seconds=2)
    send(school, upload_id, WHOLE)


def test_a_lease_ends_with_its_process(school: Library) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    with school.writing("t_helper") as work:
        own = leases.new(work)
        of = {pid: own.replace(str(os.getpid()), str(pid)) for pid in (ended.pid, os.getppid())}

    elsewhere = of[ended.pid].replace(f"-{leases.machine()}-", "-0000000-")
    assert not leases.orphaned(elsewhere), "another machine's processes are not known here"
    assert not leases.orphaned(own)
    assert leases.orphaned(of[ended.pid])
    assert not leases.orphaned(of[os.getppid()])
    leases.end(own)
    assert leases.orphaned(own)


def test_a_lease_that_is_used_is_renewed(school: Library) -> None:
    upload_id = create(school)
    begun = receiving.begin(lambda: school.writing("t_helper"), upload_id)
    for piece in PIECES:
        school.clock.tick(seconds=50)
        begun.store(piece)
        with pytest.raises(Locked):
            send(school, upload_id, b"")
    assert begun.complete().complete


def test_an_upload_being_written_is_not_expired_under_the_writer(school: Library) -> None:
    upload_id = create(school)
    school.clock.tick(days=7, seconds=-10)
    begun = receiving.begin(lambda: school.writing("t_helper"), upload_id)
    school.clock.tick(seconds=20)

    assert uploads.expire(school.backends.writing) == 0
    with pytest.raises(Gone):
        begun.store(WHOLE)
    begun.release()
    assert uploads.expire(school.backends.writing) == 1


class Watched(Doomed):
    """A store that writes to the database itself whenever it is asked to begin or to drop something: in vain while the
    caller holds the writers' turn."""

    def __init__(self, school: Library) -> None:
        super().__init__(school.backends.objects, Doom(-1))
        self._school, self.asked = school, list[str]()

    def _write(self, what: str) -> None:
        with self._school.backends.writing() as work:
            work.audit(what)
        self.asked.append(what)

    def stage(self, key: str) -> str:
        self._write("stage")
        return self._objects.stage(key)

    def discard(self, handle: str) -> None:
        self._write("discard")
        self._objects.discard(handle)

    def delete(self, key: str) -> None:
        self._write("delete")
        self._objects.delete(key)


def test_nobody_waits_to_write_while_the_store_begins_or_drops_an_upload(school: Library) -> None:
    watched: Any = Watched(school)
    school.backends.objects = watched

    cancelled, over = create(school), create(school)
    uploads.terminate(lambda: school.writing("t_helper"), cancelled)
    school.clock.tick(days=8)
    assert uploads.expire(school.backends.writing) == 1

    assert watched.asked == ["stage", "stage", *["discard", "delete"] * 2]
    with school.backends.reading() as work:
        assert work.session.get(Upload, cancelled) is work.session.get(Upload, over) is None


class Down(Doomed):
    """A store that does not answer."""

    def discard(self, handle: str) -> None:
        raise StoreDown("gone")


def test_an_upload_is_cancelled_while_the_store_is_down_and_its_bytes_go_later(school: Library) -> None:
    upload_id = create(school)
    send(school, upload_id, WHOLE)
    there, down = school.backends.objects, Down(school.backends.objects, Doom(-1))
    school.backends.objects = down  # type: ignore[assignment]
    uploads.terminate(lambda: school.writing("t_helper"), upload_id)

    with school.reading("t_helper") as work:
        assert uploads.limits(work).used == 0
    with school.writing("t_helper") as work, pytest.raises(Gone):
        uploads.take(work, upload_id)
    with pytest.raises(Unavailable):
        uploads.expire(school.backends.writing)
    school.backends.objects = there
    assert uploads.expire(school.backends.writing) == 1
    assert list(there.list()) == []


def test_a_complete_upload_is_handed_over_once_and_counts_as_its_schools(school: Library) -> None:
    upload_id = create(school, name="a/教案.txt")
    with school.writing("t_helper") as work, pytest.raises(Conflict):
        uploads.take(work, upload_id)
    send(school, upload_id, *PIECES)

    with school.writing("t_aided") as work, pytest.raises(NotFound):
        uploads.take(work, upload_id)
    with school.writing("t_helper") as work:
        taken = uploads.take(work, upload_id)
    with school.writing("t_helper") as work, pytest.raises(NotFound):
        uploads.take(work, upload_id)

    assert (taken.name, taken.length, taken.media_type) == ("教案.txt", len(WHOLE), "text/plain")
    with school.reading("t_helper") as work:
        assert work.session.query(UploadPart).count() == 0
        assert uploads.limits(work).used == 0, "its bytes count once they are attached"


def test_a_stage_that_was_lost_is_told_and_not_papered_over(school: Library) -> None:
    upload_id = create(school)
    send(school, upload_id, PIECES[0])
    with school.reading("t_helper") as work:
        work.objects.discard(work.session.get_one(Upload, upload_id).handle)

    with pytest.raises(Gone):
        send(school, upload_id, PIECES[1], offset=len(PIECES[0]))


def test_of_the_running_hashes_the_longest_unused_gives_way() -> None:
    kept = Digests(kept=2)
    for name in ("a", "b", "c"):
        kept.put(name, 3, hashlib.sha256(name.encode()))

    assert kept.take("a", 3) is None
    assert kept.take("b", 4) is None
    found = kept.take("c", 3)
    assert found is not None
    assert found.digest() == hashlib.sha256(b"c").digest()
    assert kept.take("c", 3) is None


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 字节"), (1023, "1023 字节"), (1024, "1 KB"), (1536 * 1024, "1.5 MB"), (200 * 1024**3, "200 GB")],
)
def test_sizes_are_written_as_people_read_them(size: int, words: str) -> None:
    assert uploads.in_words(size) == words
